"""The nouns of moderation: people as platforms know them, what holds against them, and cases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from core.model import AvatarId, FanId, Place, TurnId

Deed = Literal["warn", "mute", "unmute", "ban", "unban", "note", "ignore", "spam", "report"]
Barred = Literal["mute", "ban", "ignore"]  # for whom it holds is not answered; "ignore" is what the code itself does


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a platform knows them: what was done about them outlives what they have the avatar forget."""

    platform: str  # "telegram"
    user: str  # the platform's id
    name: str = ""  # as they call themselves; empty: unknown, or forgotten


@dataclass(frozen=True, slots=True)
class Sanction:
    """Something holds against a person: what they write is kept as refused, and never answered."""

    kind: Barred
    community: str  # where it holds: the server's id, or the group's chat; empty: wherever the avatar is
    until: datetime | None  # None: until it is lifted
    case: int  # the number of the case by which it came; 0: the code did it without one


@dataclass(frozen=True, slots=True)
class Case:
    """One entry of an avatar's moderation log."""

    avatar: AvatarId
    kind: Deed
    person: Person  # whom it is about; of a report: who made it
    community: str  # where it holds, and whose moderators see it; empty: wherever the avatar is
    by: str  # see ``core.control.Actor.name``; "stagedoor" for the code itself
    reason: str
    at: datetime
    until: datetime | None = None  # of a mute
    place: str = ""  # see ``Place.key``: of a report, where the reply is
    turn: TurnId | None = None  # of a report: the turn of the reply; None: it was forgotten since
    number: int = 0  # from 1 for each avatar; given when it is kept
    closed_at: datetime | None = None  # None: it is open
    closed_by: str = ""
    outcome: str = ""  # how it came out


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a report is about, as it is kept now."""

    place: Place
    question: str  # what the fan wrote who made the report, or whoever was answered
    reply: str  # Markdown
    fan: FanId | None  # who asked; None: that was forgotten since
    name: str  # theirs
    receipts: tuple[str, ...]  # the platform's ids of the reply's messages


class Reported(NamedTuple):
    """What became of a report."""

    case: Case | None  # None: nothing was kept
    why: Literal["new", "known", "no reply", "too many"]


def community_of(place: Place) -> str:
    """The community that a place belongs to: its server, or the group itself; empty for private chats."""
    return place.community or (place.chat if place.shared else "")


_MENTION = re.compile(r"<@!?(\d{1,20})>|tg://user\?id=(\d{1,20})", re.ASCII)


def mentioned(text: str) -> str:
    """The platform's id in a mention, or the text itself."""
    match = _MENTION.fullmatch(text)
    return match[1] or match[2] if match else text
