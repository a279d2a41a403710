"""What is remembered, kept in memory, for tests of what searches it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.memory import Episode, Fact, FactId, FactKind, Scope, Summary
from core.model import AvatarId, Claim, ConversationId, FanId, MessageId, Pending, Said, TurnId
from core.text import estimate_tokens
from tests.fakes import DM, NOON

MAYA = AvatarId("maya")
TALK = ConversationId(1)
ANN = FanId(1)


@dataclass
class FakeMemory:
    """As ``core.memories.Memory``, of one conversation; a method fails as long as ``faults`` names an error for it."""

    kept: dict[MessageId, Episode] = field(default_factory=dict)
    known: list[Fact] = field(default_factory=list)
    short: Summary | None = None
    faults: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def say(self, text: str, *, fan: int | None = ANN, at: datetime = NOON, name: str = "Ann") -> MessageId:
        """One more message of the past."""
        key = MessageId(max(self.kept, default=0) + 1)
        who = None if fan is None else FanId(fan)
        self.kept[key] = Episode(key, TALK, who, name if fan else "", text, at, estimate_tokens(text))
        return key

    async def facts(self, claim: Claim) -> Sequence[Fact]:
        self._called("facts")
        return list(self.known)

    async def episodes(self, claim: Claim, *, after: MessageId, limit: int) -> Sequence[Episode]:
        self._called("episodes")
        if after > max(self.kept, default=0) - 2 * limit:  # a database goes along its index too
            return [self.kept[key] for key in self._numbers(after) if key in self.kept][:limit]
        return [one for key, one in sorted(self.kept.items()) if key > after][:limit]

    def _numbers(self, after: MessageId) -> list[MessageId]:
        return [MessageId(number) for number in range(after + 1, max(self.kept, default=0) + 1)]

    async def fetch(self, claim: Claim, messages: Collection[MessageId]) -> Sequence[Episode]:
        self._called("fetch")
        return [self.kept[key] for key in messages if key in self.kept]

    async def summary(self, conversation: ConversationId) -> Summary | None:
        self._called("summary")
        return self.short

    def _called(self, method: str) -> None:
        self.calls.append(method)
        if method in self.faults:
            raise self.faults[method]


@dataclass
class FakeMessageVectors:
    """As ``core.memories.MessageVectors``, for the messages of a ``FakeMemory``."""

    memory: FakeMemory
    vectors: dict[str, dict[MessageId, bytes]] = field(default_factory=dict)

    async def missing(self, avatar: AvatarId, model: str, *, after: MessageId, limit: int) -> Sequence[Episode]:
        made = self.vectors.get(model, {})
        return [one for key, one in sorted(self.memory.kept.items()) if key > after and key not in made][:limit]

    async def add(self, avatar: AvatarId, model: str, vectors: Mapping[MessageId, bytes]) -> None:
        there = {key: blob for key, blob in vectors.items() if key in self.memory.kept}
        self.vectors.setdefault(model, {}).update(there)

    async def all(self, claim: Claim, model: str, *, after: MessageId, limit: int) -> Mapping[MessageId, bytes]:
        made = sorted(self.vectors.get(model, {}).items())
        return dict([(key, blob) for key, blob in made if key > after and key in self.memory.kept][:limit])


def claim(text: str = "?", *, window: Sequence[Said] = (), conversation: ConversationId = TALK) -> Claim:
    """A turn of Ann's."""
    pending = Pending(MessageId(10**9), "now", ANN, "Ann", text, NOON)
    return Claim(TurnId(1), conversation, MAYA, DM, 1, (pending,), (), tuple(window))


def fact(number: int, statement: str, kind: FactKind = FactKind.PREFERENCE, **more: object) -> Fact:
    """A fact about Ann, learned as many days ago as a hundred less its number."""
    said_at = NOON - timedelta(days=100 - number)
    return Fact(FactId(number), ANN, kind, statement, said_at, Scope.HERE, **more)  # type: ignore[arg-type] # of a Fact
