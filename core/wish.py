"""What a fan wants done with what is kept of them, and what it takes to do it: the nouns of the fan's rights."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from core.memories import Fans, Forgetting, Links, Notes, Privacy
from core.memory import Fact, FactId
from core.model import AccountId, AvatarId, FanId, Place

_PAGE = 500  # facts read at once


@dataclass(frozen=True, slots=True)
class Rights:
    """What the fan's rights are served with."""

    notes: Notes
    forgetting: Forgetting
    privacy: Privacy
    fans: Fans
    links: Links
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))  # what codes that confirm are made with
    pace: dict[tuple[AccountId, str], datetime] = field(default_factory=dict)  # who has asked lately, for the limit


@dataclass(frozen=True, slots=True)
class Wish:
    """One command of one fan, in a place that nobody else reads."""

    rights: Rights
    avatar: AvatarId
    fan: FanId
    place: Place
    argument: str  # cleaned
    now: datetime


async def facts_of(wish: Wish) -> list[Fact]:
    """Every fact that holds of the fan who asks, newest first."""
    found: list[Fact] = []
    while page := await wish.rights.notes.facts(
        wish.avatar, wish.fan, after=found[-1].id if found else FactId(0), limit=_PAGE
    ):
        found += page
    return found[::-1]


def day(moment: datetime) -> str:
    """A date as people write it, such as 3 May 2026."""
    return f"{moment.day} {moment:%b %Y}"


def counted(number: int, what: str) -> str:
    """A number of things, such as "1 message" or "2 messages"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
