"""The nouns of the desk: conversations that a person holds, fans who ask for one, and replies that wait for leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.model import AvatarId, ConversationId, FanId, Place, Said, TurnId


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation, as those at the desk are told of it."""

    conversation: ConversationId
    place: Place
    fan: FanId | None  # whose DM it is; None: it is shared
    name: str  # the fan's; empty: it is shared

    @property
    def ref(self) -> str:
        """What it is called in commands."""
        return f"talk:{self.conversation}"


@dataclass(frozen=True, slots=True)
class Brief:
    """What a person is told who takes a conversation over."""

    talk: Talk
    summary: str  # of what was said long ago; empty: there is none
    said: tuple[Said, ...]  # last, oldest first


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that waits for a person."""

    talk: Talk
    reason: str
    asked_at: datetime


DraftState = Literal["waiting", "sent", "edited", "discarded"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply that waits for leave, or for its time."""

    turn: TurnId  # by which it is known
    avatar: AvatarId
    talk: Talk
    text: str  # Markdown as the fan would see it
    remembered: str  # of it, in the window
    dial: str  # the setting by which it waits, in a few words
    made_at: datetime
    send_at: datetime | None  # None: not before somebody says so


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of the drafts of one setting."""

    dial: str
    sent: int  # unchanged
    edited: int
    discarded: int
