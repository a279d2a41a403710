"""What an avatar remembers of its fans: the nouns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from core.model import ConversationId, FanId, MessageId

FactId = NewType("FactId", int)
NoteId = NewType("NoteId", int)


class FactKind(StrEnum):
    """What a fact is about."""

    IDENTITY = "identity"  # name, work, where they live
    PREFERENCE = "preference"
    RELATIONSHIP = "relationship"  # people and animals in their life
    EVENT = "event"  # something that happened
    PLAN = "plan"  # something that is to happen
    BOUNDARY = "boundary"  # what they don't want


class Scope(StrEnum):
    """Where a memory may be used. None is ever used for another fan or another avatar."""

    HERE = "here"  # in the fan's DMs on this account; of a shared place: there and in the fan's DMs
    COMMUNITY = "community"  # anywhere in the server it was said in, and in the fan's DMs
    EVERYWHERE = "everywhere"  # wherever this fan talks with this avatar, linked platforms included


@dataclass(frozen=True, slots=True)
class Fact:
    """A small dated statement about a fan. What replaced it is noted; it is never changed silently."""

    id: FactId
    fan: FanId
    kind: FactKind
    statement: str  # "has a dog called Rex", as data: never an instruction
    said_at: datetime
    scope: Scope
    subject: str = ""  # whom it is about, if not the fan: "her sister Ana"
    holds_from: datetime | None = None  # of an event or plan: when; relative dates are resolved
    holds_until: datetime | None = None
    confidence: float = 1.0  # 0 to 1
    source: MessageId | None = None  # the message it was learned from; None: the fan had it noted
    replaced_by: FactId | None = None  # a newer fact that contradicts it, or says the same


@dataclass(frozen=True, slots=True)
class Learned:
    """A fact to be."""

    fan: FanId
    kind: FactKind
    statement: str
    said_at: datetime
    source: MessageId | None
    scope: Scope
    subject: str = ""
    holds_from: datetime | None = None
    holds_until: datetime | None = None
    confidence: float = 1.0
    replaces: tuple[FactId, ...] = ()  # facts of the same fan that it contradicts or repeats


@dataclass(frozen=True, slots=True)
class Episode:
    """One message of the past."""

    id: MessageId
    conversation: ConversationId
    fan: FanId | None  # None: the avatar spoke
    name: str  # of the fan
    text: str
    sent_at: datetime
    tokens: int  # estimate


@dataclass(frozen=True, slots=True)
class Summary:
    """What of a conversation has left the window, in short."""

    text: str
    upto: MessageId  # the last message in it
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Lesson:
    """Messages of one conversation that nothing was learned from yet, held by one learner for a while."""

    conversation: ConversationId
    shared: bool
    unlearned: tuple[Episode, ...]  # oldest first
    left: tuple[Episode, ...]  # have left the window since the summary was made, oldest first
    summary: Summary | None
    facts: tuple[Fact, ...]  # that hold, of the fans who speak in it, within its scope
    generation: int = 0  # the fence: an older lesson is not kept


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was forgotten at a fan's wish."""

    messages: int = 0  # of the fan
    replies: int = 0  # turns in which the avatar had answered them
    facts: int = 0


@dataclass(frozen=True, slots=True)
class Visitor:
    """One fan as the creator's audience list shows them; nothing that they said."""

    id: FanId
    platform: str
    name: str
    first_seen: datetime
    last_seen: datetime
    messages: int  # that are kept
    tags: tuple[str, ...] = ()  # that the creator has given them, in the order of the alphabet
    notes: int = 0  # that the creator keeps about them
    open: bool = False  # the fan lets the creator read the facts about them


@dataclass(frozen=True, slots=True)
class CreatorNote:
    """What a creator has noted about a fan for themselves. The avatar knows nothing of it; the fan may ask for it."""

    id: NoteId
    text: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Recollection:
    """What came back for one answer, best first, within the budget."""

    facts: tuple[Fact, ...] = ()
    episodes: tuple[Episode, ...] = ()  # in the order in which they were said
    summary: str = ""
