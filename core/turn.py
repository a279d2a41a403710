"""One turn, top to bottom: what was said, what to say, and bringing it to the fan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import ceil

import structlog

from core import admission, answering, asking, autonomy, briefing, care, commands, gate, honesty, pleading, takeover
from core.admission import Admitted
from core.autonomy import Dial
from core.avatar import Avatar
from core.briefing import Briefing, Mind
from core.budgets import LEAN
from core.controls import Doors
from core.delivery import Preview, Split, deliver
from core.errors import ModelRejected, ModelUnavailable
from core.handovers import Talks
from core.knowledge import unmarked
from core.model import (
    Claim,
    Completion,
    Hold,
    Outcome,
    Pending,
    Place,
    Post,
    Refusal,
    Reply,
    Usage,
    Used,
)
from core.persona import Persona
from core.ports import Channel, Clock, Inbox, Turns
from core.screening import Screening
from core.split import split

log = structlog.get_logger()

UNITS = (("day", 86400, 48 * 3600), ("hour", 3600, 3600), ("minute", 60, 60), ("second", 1, 0))  # seconds; from when


class Attempt:
    """The part of a turn that may be broken off because more has arrived: until something was shown or stored."""

    def __init__(self) -> None:
        self.interrupted = False
        self._scope: asyncio.Timeout | None = None
        self._closed = False

    def open(self) -> asyncio.Timeout:
        """From here on an interruption ends what is inside, as TimeoutError; one that came before, at once."""
        self._scope = asyncio.timeout(0 if self.interrupted else None)
        return self._scope

    def close(self) -> None:
        """From here on what arrives waits for the next turn."""
        self._closed = True

    def interrupt(self) -> None:
        """More has arrived: begin again with all of it, if nothing was shown yet."""
        if self._closed or self.interrupted:
            return
        self.interrupted = True
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())


@dataclass(frozen=True, slots=True)
class Stage:
    """What a turn is played with."""

    avatar: Avatar
    channel: Channel
    inbox: Inbox
    turns: Turns
    mind: Mind
    clock: Clock
    doors: Doors
    talks: Talks
    screening: Screening = field(default_factory=Screening)
    hurry: Callable[[], None] = lambda: None  # called when there is something to say elsewhere


async def play(stage: Stage, claim: Claim, attempt: Attempt) -> bool:
    """Answer everything in the claim, bring the answer to the fan, and end the turn.

    Returns:
        True if more is waiting in this conversation, also when the attempt was interrupted by it.

    Raises:
        FanUnreachable: The reply is stored, but cannot be delivered; the turn is not ended yet.
        StorageUnavailable: Nothing is lost; the turn stays claimed until its lease runs out.
    """
    if claim.budget >= LEAN:
        stage = replace(stage, avatar=stage.avatar.lean())
    deliveries = claim.deliveries
    reply_to = claim.pending[-1].message if claim.place.shared and claim.pending else None
    if claim.reply is None:
        abilities = stage.channel.abilities(claim.place)
        cut = partial(split, limit=abilities.text_limit, measure=abilities.measure)
        reply = await _reply(stage, claim, attempt, cut, reply_to)
        if reply is None:
            return True
        reply = replace(reply, posts=(*reply.posts, *_warnings(claim)))
        log.info("turn.decided", turn=claim.turn, outcome=reply.outcome.value, **reply.note)
        deliveries = tuple(await stage.turns.store(claim, reply, cut(reply.text) if reply.text else ()))
        if reply.posts:
            stage.hurry()
    last = await deliver(claim, deliveries, stage.channel, stage.turns, reply_to)
    return await stage.turns.finish(claim, last, now=stage.clock.now())


async def _reply(stage: Stage, claim: Claim, attempt: Attempt, cut: Split, reply_to: str | None) -> Reply | None:
    """What to say, shown as it grows; None when interrupted."""
    if claim.post is not None:
        attempt.close()
        return takeover.posted(claim.post)
    if claim.hold is not None:
        attempt.close()
        return await _leave(stage, claim, claim.hold)
    async with Preview(claim, stage.channel, stage.turns, cut, reply_to=reply_to, shown=attempt.close) as preview:
        return await _decide(stage, claim, attempt, preview)


async def _leave(stage: Stage, claim: Claim, hold: Hold) -> Reply:
    """A person answers: commands are obeyed, and help in a crisis waits for nobody; the rest is the person's."""
    said, _, talk = await _obey(stage, claim)
    left = takeover.held(hold, "\n\n".join(said), talk)
    if (urgent := care.in_crisis(claim)) is None:
        return left
    helped = care.helplines(stage.avatar.persona, claim, *urgent, said=left.text)
    return replace(helped, outcome=Outcome.HELD, posts=(*helped.posts, *left.posts))


async def _decide(stage: Stage, claim: Claim, attempt: Attempt, preview: Preview) -> Reply | None:
    """What to say; None when interrupted."""
    persona, now = stage.avatar.persona, stage.clock.now()
    if (urgent := care.in_crisis(claim)) is not None:
        attempt.close()
        said, _, _ = await _obey(stage, claim)
        return care.helplines(persona, claim, *urgent, said="\n\n".join(said))
    admitted = await admission.admit(stage.doors, persona, claim, now)
    start, talk = await _opened(stage, admitted)
    pleaded = await pleading.hear(stage.talks, stage.mind.receipts, persona, admitted.claim, talk, now=now)
    start = replace(start, plea=pleaded.plea, posts=pleaded.posts)
    if pleaded.said:
        start = replace(start, text=_joined(start.text, pleaded.said), outcome=Outcome.FIXED)
    if pleaded.answered:
        talk = []
    if start.text or talk:
        fans = care.due(claim, now)
        told = care.disclosure(persona, claim, now, asked=bool(start.remembered)) if fans else ""
        start = replace(start, text=_joined(told, start.text), disclosed=fans)
    if not talk:
        attempt.close()
        return start
    return await _consider(stage, admitted.claim, start, talk, preview=preview, attempt=attempt)


async def _opened(stage: Stage, admitted: Admitted) -> tuple[Reply, list[Pending]]:
    """What is said before, or instead of, what the model writes; and what is left for the model to answer."""
    persona, claim = stage.avatar.persona, admitted.claim
    opening, used, talk = await _obey(stage, claim)
    outcome = Outcome.COMMAND if opening else Outcome.IGNORED
    opening += admitted.notices
    opening += [_notice(persona, refusal, stage.clock.now()) for refusal in claim.refusals]
    if outcome is Outcome.IGNORED and (claim.refusals or admitted.refused):
        outcome = Outcome.REFUSED
    readable = [message for message in talk if message.text]
    questions = [message.text for message in readable if honesty.asks_if_human(message.text, name=persona.name)]
    remembered = ""
    if questions:
        remembered = honesty.truth(persona.name, questions[-1])
        opening.append(remembered)
        readable = [one for one in readable if not honesty.only_asks_if_human(one.text, name=persona.name)]
        outcome = Outcome.FIXED
    elif talk and not readable:
        opening.append(persona.say(persona.texts.unreadable))
        outcome = Outcome.FIXED
    said, note = _joined(*opening), admitted.reasons
    return Reply(said, outcome, remembered, used=used, refused=admitted.refused, note=note), readable


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


async def _consider(
    stage: Stage, claim: Claim, reply: Reply, readable: Sequence[Pending], *, preview: Preview, attempt: Attempt
) -> Reply | None:
    """Have the model answer what is left, unless it is for nobody to answer; None when interrupted."""
    try:
        async with attempt.open():
            briefed, judged = await asyncio.gather(
                briefing.brief(stage.avatar, stage.mind, claim, readable, now=stage.clock.now()),
                stage.screening.of_fans(claim.window, readable),
            )
            if judged.flagged:
                attempt.close()
                return care.flagged(stage.avatar.persona, claim, reply, readable, judged)
            return await _write(stage, claim, readable, reply, briefed, preview=preview, attempt=attempt)
    except TimeoutError:
        if not attempt.interrupted:
            raise
        log.info("turn.interrupted", turn=claim.turn)
        return None


async def command(stage: Stage, place: Place, name: str, *, fan: int = 0) -> tuple[str, tuple[Used, ...]]:
    """What a command says, and what of the creator's content it shows; what it *does* is done by the caller."""
    match name:
        case commands.SOURCES.name:
            return await briefing.sources(stage.avatar, stage.mind.receipts, place), ()
        case commands.DISCOVER.name:
            return await briefing.discover(stage.avatar, stage.mind, place, stage.clock.now())
    return commands.answer(name, stage.avatar.persona, fan=fan), ()


async def _obey(stage: Stage, claim: Claim) -> tuple[list[str], tuple[Used, ...], list[Pending]]:
    """Run the commands; give back their answers, what these show, and the talk that is left to answer."""
    said: list[str] = []
    shown: tuple[Used, ...] = ()
    talk: list[Pending] = []
    for message in claim.pending:
        if not message.command or message.command == commands.HUMAN.name:
            talk.append(message)
            continue
        if message.command == commands.RESET.name:
            await stage.inbox.reset(claim.place, message.message, now=stage.clock.now())
            talk.clear()
        text, used = await command(stage, claim.place, message.command, fan=message.fan)
        said.append(text)
        shown += used
    return said, shown, talk


def _warnings(claim: Claim) -> tuple[Post, ...]:
    """What the desk is to hear of the budget."""
    desk = takeover.DESK.of(claim.controls) if claim.warnings else None
    return tuple(Post(desk, text, key=key) for key, text in claim.warnings.items()) if desk else ()


def _notice(persona: Persona, refusal: Refusal, now: datetime) -> str:
    """One friendly line for a fan who ran into a limit."""
    seconds = max((refusal.lifts_at - now).total_seconds(), 1)
    name, size = next((name, size) for name, size, least in UNITS if seconds >= least)
    count = ceil(seconds / size)
    text = persona.texts.busy if refusal.crowd else persona.texts.limit
    return persona.say(text, wait=f"{count} {name}{'s' if count > 1 else ''}")


async def _write(
    stage: Stage,
    claim: Claim,
    talk: Sequence[Pending],
    start: Reply,
    briefed: Briefing,
    *,
    preview: Preview,
    attempt: Attempt,
) -> Reply:
    """Have the model answer, showing it as it grows, and screen what it wrote."""
    avatar, strict = stage.avatar, stage.avatar.persona.strictness == "strict"
    by = autonomy.dial(claim.controls, claim.place, talk)
    checked = strict or (avatar.quotes and briefed.passages) or stage.screening.guards or by.mode != "auto"
    gap = briefed.asked if briefed.gap else ""
    opening = f"{start.text}\n\n" if start.text else ""
    words = gate.blocked(claim.controls, claim.place)
    if strict and gap:
        attempt.close()
        return answering.no_answer(avatar.persona, start, gap)
    spoken = ""
    completion = Completion("other", Usage(estimated=True), "")

    def sayable() -> str:
        text = avatar.screen.check(spoken, final=False, minor=briefed.minor).text
        if not text or words.find(text):
            return ""
        return opening + (unmarked(text) if briefed.passages else text)

    try:
        async with aclosing(answering.pieces(avatar, claim, talk, briefed)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Completion):
                    completion = piece
                    break
                spoken += piece
                if not checked:  # then it can be shown while it grows
                    preview.offer(sayable)
    except (ModelUnavailable, ModelRejected) as exc:
        log.error("turn.model.failed", turn=claim.turn, reason=str(exc))
        await preview.settle()
        attempt.close()
        shown = spoken if preview.shown and not words.find(spoken) else ""
        return answering.excuse(avatar, start, shown, opening, minor=briefed.minor)
    await preview.settle()
    attempt.close()
    reply = answering.answered(avatar, start, spoken, completion, briefed, gap=gap)
    return await _released(stage, claim, talk, start, reply)


async def _released(stage: Stage, claim: Claim, talk: Sequence[Pending], start: Reply, reply: Reply) -> Reply:
    """The reply as it may leave: without blocked words, as classifiers judge it, and as the creator's dial stands."""
    persona, by = stage.avatar.persona, autonomy.dial(claim.controls, claim.place, talk)
    if gate.blocked(claim.controls, claim.place).find(reply.text.removeprefix(start.text)):
        reply = care.deflected(persona, start, reply, "blocked")
    judged = await stage.screening.of_reply(claim.window, talk, reply.text.removeprefix(start.text).strip())
    if judged.flagged:
        return care.deflected(persona, start, reply, ",".join(sorted(judged.flagged)))
    return reply if by.mode == "auto" else await _put_off(stage, claim, start, reply, by)


async def _put_off(stage: Stage, claim: Claim, start: Reply, reply: Reply, by: Dial) -> Reply:
    """The reply waits; the fan is told so once a day."""
    now = stage.clock.now()
    told = not asking.is_new(await stage.talks.put_off(claim.avatar, claim.conversation), now)
    return autonomy.deferred(claim, start, reply, by, desk=takeover.DESK.of(claim.controls), now=now, told=told)
