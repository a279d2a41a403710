"""What is said to keep a fan safe, composed for a turn: help in a crisis, disclosure, and nothing that must not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core import crisis, honesty, takeover
from core.control import Setting
from core.model import Claim, FanId, Outcome, Pending, Post, Reply
from core.persona import Persona
from core.screening import Judgement

NOTICE: Setting[bool] = Setting(
    "crisis notice", bool, False
)  # whether the desk is told that somebody was shown helplines

_TOLD = {
    "suicide": "A fan has written something that sounds like thoughts of suicide.",
    "self_harm": "A fan has written something that sounds like self-harm.",
    "other": "A fan has written that they worry about somebody's life.",
}
_SHOWN = (
    "They were shown helplines with a fixed safety message; the avatar did not answer. Who it was is not passed on."
)


def in_crisis(claim: Claim) -> tuple[crisis.Kind, Pending] | None:
    """The gravest that fans have just written, and in which message; None: nothing of the kind."""
    talk = [one for one in claim.pending if not one.command]
    found = [(kind, one) for one in talk if (kind := crisis.look(one.text))]
    for fan in dict.fromkeys(one.fan for one in talk):  # a sentence may be broken up into several messages
        own = [one for one in talk if one.fan == fan]
        if len(own) > 1 and (kind := crisis.look(" ".join(one.text for one in own))):
            found.append((kind, own[-1]))
    return min(found, key=lambda one: crisis.ORDER.index(one[0]), default=None)


def helplines(persona: Persona, claim: Claim, kind: crisis.Kind, message: Pending, *, said: str = "") -> Reply:
    """The fixed reply to a crisis. No model is asked, and the persona does not speak.

    Args:
        persona: Who does not speak.
        claim: The turn.
        kind: What was found.
        message: In which message.
        said: What commands in this turn were answered with.
    """
    text = crisis.notice(persona.name, kind, language=message.language, region=persona.crisis_region)
    posts: tuple[Post, ...] = ()
    desk = takeover.DESK.of(claim.controls)
    if desk is not None and NOTICE.of(claim.controls):
        posts = (Post(desk, f"{_TOLD[kind]} {_SHOWN}", key=f"crisis/{claim.turn}"),)
    whole = "\n\n".join(part for part in (said, text) if part)
    return Reply(whole, Outcome.FIXED, remembered=text, crisis=kind, posts=posts, note={"crisis": kind})


def due(claim: Claim, now: datetime) -> tuple[FanId, ...]:
    """The fans in this turn who are to hear that this is an AI."""
    return tuple(
        dict.fromkeys(
            one.fan
            for one in claim.pending
            if honesty.due(one.disclosed_at, now, talking_since=one.talking_since, minor=one.minor)
        )
    )


def disclosure(persona: Persona, claim: Claim, now: datetime, *, asked: bool) -> str:
    """What they hear, and in a long talk the suggestion to take a break.

    Args:
        persona: Who speaks.
        claim: The turn, with fans who are due.
        now: The present.
        asked: They hear the truth in this turn anyway, because they have asked for it.
    """
    long = [
        one
        for one in claim.pending
        if honesty.long_talk(one.disclosed_at, now, talking_since=one.talking_since, minor=one.minor)
    ]
    told = "" if asked else honesty.disclosure(persona.name, persona.say(persona.texts.disclosure))
    rest = honesty.rest(long[-1].language) if long else ""
    return " ".join(part for part in (told, rest) if part)


def flagged(persona: Persona, claim: Claim, start: Reply, talk: Sequence[Pending], judgement: Judgement) -> Reply:
    """What is said where a classifier objects to what fans wrote."""
    if judgement.crisis:
        return replace(helplines(persona, claim, "suicide", talk[-1], said=start.text), disclosed=start.disclosed)
    return deflected(persona, start, start, ",".join(sorted(judgement.flagged)))


def deflected(persona: Persona, start: Reply, reply: Reply, why: str) -> Reply:
    """Something else instead of what must not be said.

    Args:
        persona: Who speaks.
        start: What is said in any case.
        reply: The whole reply.
        why: For the receipt.
    """
    text = persona.say(persona.texts.deflect)
    said, remembered = (
        "\n\n".join(part for part in (earlier, text) if part) for earlier in (start.text, start.remembered)
    )
    note = {**reply.note, "screened": ",".join(filter(None, (str(reply.note.get("screened", "")), why)))}
    outcome = reply.outcome if reply is not start else Outcome.FIXED
    return replace(reply, text=said, remembered=remembered, outcome=outcome, used=start.used, note=note)
