"""The ports of the desk. Each method is one transaction and raises ``StorageUnavailable``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.controls import Switchboard
from core.handover import Acceptance, Brief, Draft, DraftState, Talk, Waiting
from core.model import AvatarId, ConversationId, FanId, Hold, Place, Post
from core.ports import Outbox


class Holds(Protocol):
    """Which conversations a person answers in the avatar's place.

    Exactly one of them answers each message: where a hold begins or ends, the turn under way is given up, and what it
    was to answer waits for whoever answers now, unless something of its answer is, or may be, visible.
    """

    async def take(self, hold: Hold, *, posts: Sequence[Post] = ()) -> bool:
        """Begin a hold, and say this with it; False if somebody holds the conversation already."""

    async def release(self, hold: Hold, *, posts: Sequence[Post] = (), now: datetime) -> bool:
        """End a hold, and say this with it; False if it has ended already.

        What was brought to the person since their last words is for the avatar to answer again.
        """

    async def say(self, hold: Hold, post: Post, *, now: datetime) -> bool:
        """Have the person's words said, and the hold go on for as long as it may be silent; False if it has ended."""

    async def spoke(self, hold: Hold, message: str, text: str) -> None:
        """Note what the person has said in the place itself, where ``message`` is its id there, once.

        The hold begins with it; one that runs already goes on until this one's end.
        """

    async def opened(self, hold: Hold, thread: Place, posts: Sequence[Post], *, now: datetime) -> bool:
        """Note where a hold is answered from, and say this with it; False if it has ended or was opened before."""

    async def all(self, avatar: AvatarId) -> Sequence[Hold]:
        """Every hold of an avatar that runs, oldest first."""

    async def running(self) -> Sequence[Hold]:
        """Every hold of every avatar that runs, for whoever keeps the desks."""

    async def brief(self, avatar: AvatarId, conversation: ConversationId) -> Brief | None:
        """What there is to know of a conversation; None: there is none."""


class Talks(Protocol):
    """Finds conversations for those at the desk, and keeps which of them wait for a person."""

    async def of_fan(self, avatar: AvatarId, fan: FanId) -> Talk | None:
        """The DM in which a fan wrote last."""

    async def at(self, avatar: AvatarId, place: Place) -> Talk | None:
        """The conversation of a place."""

    async def numbered(self, avatar: AvatarId, conversation: ConversationId) -> Talk | None:
        """The conversation of this number."""

    async def brought(self, avatar: AvatarId, place: Place, message: str) -> ConversationId | None:
        """The conversation whose fan's words a message shows that was said at a desk; None: it shows no fan's."""

    async def asked(self, avatar: AvatarId, conversation: ConversationId) -> datetime | None:
        """When a person was last asked for in a conversation; what asks is stored with a reply (``Reply.plea``)."""

    async def put_off(self, avatar: AvatarId, conversation: ConversationId) -> datetime | None:
        """When a reply was last put off in a conversation; what puts one off is stored with it (``Reply.deferred``)."""

    async def waiting(self, avatar: AvatarId) -> Sequence[Waiting]:
        """The conversations that wait for a person, oldest first."""

    async def dismiss(self, avatar: AvatarId, conversation: ConversationId) -> bool:
        """Let a conversation wait no more; False if it doesn't."""


class Drafts(Protocol):
    """Replies that wait for leave, or for their time. They are stored with their turns (``Reply.draft``)."""

    async def waiting(self, avatar: AvatarId) -> Sequence[Draft]:
        """Those that wait, oldest first."""

    async def due(self, now: datetime) -> Sequence[Draft]:
        """Those of all avatars whose time has come."""

    async def decide(self, draft: Draft, state: DraftState, *, post: Post | None = None, now: datetime) -> bool:
        """Send a draft, in these words, or discard it; False if that was decided before."""

    async def rates(self, avatar: AvatarId) -> Sequence[Acceptance]:
        """What became of the drafts, by the settings that had them wait."""


@dataclass(frozen=True, slots=True)
class Counter:
    """What the desk works with."""

    holds: Holds
    talks: Talks
    drafts: Drafts
    outbox: Outbox
    switchboard: Switchboard
