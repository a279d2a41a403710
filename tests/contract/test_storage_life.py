"""Many made-up lives of a conversation, on both databases: nothing is lost, doubled or reordered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.storage import Storage, open_storage
from adapters.storage.schema import message, turn
from core.model import Claim, ConversationId, DeliveryState, Outcome, Place, Receipt, Reply
from tests.contract.conftest import ACCOUNT, RULES, Talk

WORKERS = ("w1", "w2")
OFTEN = ["says", "says", "waits", *((verb, worker) for verb in ("claims", "claims", "stores") for worker in WORKERS)]
SELDOM = [
    "edits",
    "retracts",
    "resets",
    *((verb, worker) for verb in ("finishes", "dies", "lets go") for worker in WORKERS),
]
STEPS = st.lists(st.sampled_from([*OFTEN, *OFTEN, *SELDOM]), min_size=20, max_size=80)


@dataclass
class Life:
    """One conversation, what its workers hold in mind, and what must be true of it."""

    talk: Talk
    place: Place
    where: ConversationId | None = None
    held: dict[str, Claim] = field(default_factory=dict)  # what each worker believes to hold
    expected: dict[str, str] = field(default_factory=dict)  # messages that must still be answered, by their text
    owner: str = ""  # whose claim is the newest
    answered: list[str] = field(default_factory=list)
    written: int = 0

    @property
    def newest(self) -> str:
        return f"{self.place.chat}-{self.written}"

    async def step(self, step: str | tuple[str, str]) -> None:
        if isinstance(step, str):
            await getattr(self, step)()
        else:
            verb, worker = step
            await getattr(self, verb.replace(" ", "_"))(worker)

    async def says(self) -> None:
        self.written += 1
        self.expected[self.newest] = self.newest
        self.where = await self.talk.says(self.newest, place=self.place, message=self.newest, fan=self.place.chat)

    async def edits(self) -> None:
        if await self.talk.storage.inbox.revise(self.place, self.newest, f"{self.newest}!") is not None:
            assert self.newest in self.expected
            self.expected[self.newest] = f"{self.newest}!"

    async def retracts(self) -> None:
        unanswered = await self.talk.storage.inbox.retract(self.place, self.newest) is not None
        assert unanswered == (self.newest in self.expected)
        self.expected.pop(self.newest, None)

    async def resets(self) -> None:
        await self.talk.storage.inbox.reset(self.place, "interaction", now=self.talk.now)
        self.expected.clear()
        self.owner = ""

    async def waits(self) -> None:
        self.talk.later(61)

    async def claims(self, worker: str) -> None:
        if self.where is None:
            return
        claim = await self.talk.storage.turns.claim(self.where, worker, now=self.talk.now)
        if claim is None:
            return
        self.held[worker], self.owner = claim, worker
        if claim.reply is None:
            assert {one.message: one.text for one in claim.pending} == self.expected

    async def stores(self, worker: str) -> None:
        if worker not in self.held:
            return
        claim = self.held[worker]
        reply = Reply("reply", Outcome.ANSWERED, f"to {len(claim.pending)}")
        before = await self.state_of(claim)
        stored = await self.talk.storage.turns.store(claim, reply, ["reply"])
        assert not stored or worker == self.owner, "a stale turn has spoken"
        if stored and before == "open":
            answered = [one.message for one in claim.pending if one.message in self.expected]
            self.answered += answered
            for known_as in answered:
                del self.expected[known_as]

    async def state_of(self, claim: Claim) -> str:
        return next(str(row["state"]) for row in await self.talk.rows(turn) if row["id"] == claim.turn)

    async def finishes(self, worker: str) -> None:
        claim = self.held.get(worker)
        if claim is None or await self.state_of(claim) == "open":
            return
        await self.talk.finishes(claim)
        del self.held[worker]

    async def dies(self, worker: str) -> None:
        self.held.pop(worker, None)

    async def lets_go(self, worker: str) -> None:
        await self.talk.storage.leases.release(worker)

    async def ends(self) -> None:
        """Every worker is gone; a new one finds all that is left, and answers each message once."""
        self.talk.later(61)
        for _ in range(3):
            for where in await self.talk.due():
                claim = await self.talk.storage.turns.claim(where, "last", now=self.talk.now)
                if claim is None or where != self.where:
                    continue
                self.held["last"], self.owner = claim, "last"
                await self.stores("last")
                for delivery in claim.deliveries:
                    await self.talk.storage.turns.record(Receipt(delivery.id, DeliveryState.SENT, "r"))
                await self.talk.finishes(claim)
        assert self.expected == {}
        assert len(self.answered) == len(set(self.answered))
        assert self.answered == sorted(self.answered, key=lambda known_as: int(known_as.rpartition("-")[2]))
        rows = [row for row in await self.talk.rows(message) if row["conversation_id"] == self.where]
        assert {row["state"] for row in rows} <= {"answered", "retracted", "dropped"}


@pytest.fixture
def number() -> list[int]:
    return [0]


def test_whatever_happens_every_message_is_answered_once(url: str, number: list[int]) -> None:
    async def live(storage: Storage, steps: list[str | tuple[str, str]]) -> None:
        number[0] += 1
        life = Life(Talk(storage), Place(ACCOUNT, f"life{number[0]}"))
        for step in steps:
            await life.step(step)
        await life.ends()

    with asyncio.Runner() as runner:
        opening = open_storage(url, RULES)
        storage = runner.run(opening.__aenter__())
        try:

            @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
            @given(STEPS)
            def whatever(steps: list[str | tuple[str, str]]) -> None:
                runner.run(live(storage, steps))

            whatever()
        finally:
            runner.run(opening.__aexit__(None, None, None))
