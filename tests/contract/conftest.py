"""Storage on each database that it is for, and a fan who talks through it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.storage import Rules, Storage, open_storage
from core.limits import Limits, Rate
from core.model import (
    AccountId,
    AvatarId,
    Claim,
    ConversationId,
    Delivery,
    DeliveryState,
    Incoming,
    Outcome,
    Place,
    Receipt,
    Reply,
    Sender,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ACCOUNT = AccountId("telegram:1")
DM = Place(ACCOUNT, "ann")
SHARED = Place(ACCOUNT, "group", shared=True)
UNLIMITED = Limits(Rate(0, timedelta(minutes=1)), Rate(0, timedelta(days=1)))
RULES = Rules(avatar=lambda _account: AvatarId("maya"), limits=UNLIMITED, window=1000, estimate=len)


@dataclass
class Talk:
    """A fan, a worker and a clock that only moves when told to."""

    storage: Storage
    now: datetime = NOON
    worker: str = "w1"
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def says(
        self, text: str, *, place: Place = DM, fan: str = "ann", message: str | None = None, command: str = ""
    ) -> ConversationId:
        """A message arrives that was not known; the conversation that it is in."""
        sender = Sender(fan, fan.title(), "de")
        known_as = message or f"auto{next(self.numbers)}"
        incoming = Incoming(place, known_as, sender, text, self.now, command=command)
        accepted = await self.storage.inbox.accept(incoming, now=self.now)
        assert accepted is not None
        return accepted.conversation

    async def claims(self, conversation: ConversationId, worker: str | None = None) -> Claim:
        claim = await self.storage.turns.claim(conversation, worker or self.worker, now=self.now)
        assert claim is not None
        return claim

    async def cannot_claim(self, conversation: ConversationId, worker: str | None = None) -> bool:
        return await self.storage.turns.claim(conversation, worker or self.worker, now=self.now) is None

    async def stores(self, claim: Claim, text: str, *parts: str) -> tuple[Delivery, ...]:
        reply = Reply(text, Outcome.ANSWERED, remembered=text)
        return tuple(await self.storage.turns.store(claim, reply, parts or (text,)))

    async def answers(self, claim: Claim, text: str) -> bool:
        """Store, send and finish; whether more is waiting."""
        for delivery in await self.stores(claim, text):
            await self.storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, f"r{delivery.id}"))
        return await self.finishes(claim)

    async def finishes(self, claim: Claim) -> bool:
        return await self.storage.turns.finish(claim, now=self.now)

    async def exchange(self, text: str, answer: str, place: Place = DM, fan: str = "ann") -> ConversationId:
        conversation = await self.says(text, place=place, fan=fan)
        await self.answers(await self.claims(conversation), answer)
        return conversation

    async def due(self) -> list[ConversationId]:
        return list(await self.storage.leases.due([ACCOUNT], now=self.now))

    async def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """What is in a table, by id."""
        query = sa.select(table).order_by(*table.primary_key.columns)
        return await self.storage.database.read(lambda c: [dict(row) for row in c.execute(query).mappings()])


def texts(claim: Claim) -> list[str]:
    """What a claim has to answer."""
    return [one.text for one in claim.pending]


def said(claim: Claim) -> list[str]:
    """What a claim's window holds."""
    return [one.text for one in claim.window]


def limited(minute: int, day: int = 0) -> Rules:
    return replace(RULES, limits=Limits(Rate(minute, timedelta(minutes=1)), Rate(day, timedelta(days=1))))


@pytest.fixture
def rules() -> Rules:
    """Overridden where a test is about a rule."""
    return RULES


@pytest.fixture
async def talk(url: str, rules: Rules) -> AsyncIterator[Talk]:
    async with open_storage(url, rules) as storage:
        yield Talk(storage)
