"""A person answers in the avatar's place: what the fan is told, and what goes from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from core.control import Setting
from core.handover import Brief, Talk
from core.model import Action, Hold, Outcome, Pending, Place, Post, Reply, Said
from core.persona import Persona

DESK: Setting[Place | None] = Setting("desk", Place | None, None)
SILENCE = Setting("silence", timedelta, timedelta(minutes=30))  # of the person, after which the avatar answers again
HOURS = Setting("hours", str, "")  # in which people answer, in the creator's words
PAUSE = Setting(
    "own_chat_pause", timedelta, timedelta(minutes=30)
)  # where the creator has written in a chat of their own

RELEASE = (Action("Release", "talk release", style="good"),)

_TAKEN = "**{by}** is here now and answers you in person. I, the AI, am silent until they leave."
_RELEASED = "**{by}** has left. From here on it's me again, the AI."
_OVER = "Released. The avatar answers again; what is written here stays here."
_LAPSED = f"{_OVER} (Nothing was written for a while.)"
_OPENED = """**{name}** ({ref}) · {where}

What you write here goes to {name}, and what {name} writes comes here. The avatar is silent there until you \
`/talk release`, or have written nothing for {silence}."""


def taken(persona: Persona, hold: Hold) -> Post:
    """Tells the fan that a person answers from now on."""
    return Post(hold.place, persona.say(_TAKEN, by=hold.by))


def goodbye(persona: Persona, hold: Hold, *, lapsed: bool = False) -> tuple[Post, ...]:
    """Tells the fan that the avatar answers again, and the thread at the desk that it is over.

    Nothing where the creator has only written in a chat of their own: the next reply says that it is an AI's.
    """
    desk = (Post(hold.thread, _LAPSED if lapsed else _OVER),) if hold.thread else ()
    return () if hold.place.business and not desk else (Post(hold.place, persona.say(_RELEASED, by=hold.by)), *desk)


def spoken(hold: Hold, text: str, message: str) -> Post:
    """A person's words for the fan, who sees that a person wrote them.

    Args:
        hold: By which the person speaks.
        text: Their words.
        message: The platform's id of the message at the desk: however often it arrives, it is said once.
    """
    key = f"said/{hold.thread.key if hold.thread else hold.place.key}/{message}"
    return Post(hold.place, f"**{hold.by}:** {text}", remembered=text, by=hold.by, key=key)


def relayed(hold: Hold, talk: Sequence[Pending]) -> tuple[Post, ...]:
    """What fans wrote, for the person at the desk; nothing where they read along."""
    if hold.thread is None:
        return ()
    posts = []
    for (fan, name), said in groupby(talk, key=lambda one: (one.fan, one.name)):
        text = "\n".join(one.text or f"[sent a {one.attachment}]" for one in said)
        posts.append(Post(hold.thread, f"**{name}:** {text}", fan=fan, about=hold.conversation))
    return tuple(posts)


def held(hold: Hold, said: str, talk: Sequence[Pending]) -> Reply:
    """How a turn ends while a person answers: commands are obeyed, the rest is the person's."""
    return Reply(said, Outcome.HELD, posts=relayed(hold, talk), note={"relayed": len(talk)})


def posted(post: Post) -> Reply:
    """How a turn ends that says a post."""
    return Reply(post.text, Outcome.POSTED, remembered=post.remembered, actions=post.actions)


# ── for the person at the desk ───────────────────────────────────────────────────────────────────


def title(talk: Talk) -> str:
    """What a thread at the desk is called; at most 90 characters."""
    return f"{(talk.name or 'Shared place')[:60]} · {talk.ref}"


def told(persona: Persona, brief: Brief, hold: Hold) -> str:
    """What the person is told at the start: who this is, and what was said."""
    talk = brief.talk
    platform = talk.place.account.partition(":")[0].title()
    silence = span(hold.until - hold.since)
    name = talk.name or "the fans there"
    parts = [_OPENED.format(name=name, ref=talk.ref, where=platform, silence=silence)]
    if brief.summary:
        parts.append(f"**Before that**\n{brief.summary}")
    if brief.said:
        parts.append("**Last**\n" + "\n".join(_line(persona, one) for one in brief.said))
    return "\n\n".join(parts)


def _line(persona: Persona, said: Said) -> str:
    who = said.name or f"{persona.name}'s AI"
    return f"{who}: {said.text}"


def span(length: timedelta) -> str:
    """A length of time, in its largest whole unit."""
    minutes = max(round(length.total_seconds() / 60), 1)
    count, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
    return f"{count} {unit}{'s' if count > 1 else ''}"
