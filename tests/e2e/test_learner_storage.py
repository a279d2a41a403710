"""The learner on a real SQLite file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from adapters.llm.scripted import Script, ScriptedModel
from adapters.storage import Rules, Storage, open_storage
from core.learner import Learner
from core.limits import Limits, Rate
from core.model import AvatarId, Claim, DeliveryState, Incoming, Outcome, Prompt, Receipt, Reply, Sender
from tests.fakes import DM, FakeClock

MAYA = AvatarId("maya")
NOTHING = '{"facts": []}'
CELLO = {"message": 1, "subject": "fan", "statement": "plays the cello", "kind": "identity", "from": "", "until": ""}
UNLIMITED = Limits(Rate(0, timedelta(minutes=1)), Rate(0, timedelta(days=1)))
RULES = Rules(avatar=lambda _account: MAYA, limits=UNLIMITED, window=200, estimate=len)
WAIT = timedelta(minutes=6)  # after which a conversation has come to rest


@asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[Storage]:
    async with open_storage(f"sqlite+aiosqlite:///{folder / 'maya.db'}", RULES) as storage:
        yield storage


async def hears(storage: Storage, clock: FakeClock, text: str) -> Claim:
    """A message comes and is answered; the turn's claim."""
    message = f"m{clock.now().timestamp()}"
    news = await storage.inbox.accept(Incoming(DM, message, Sender("ann", "Ann"), text, clock.now()), now=clock.now())
    assert news is not None
    claim = await storage.turns.claim(news.conversation, "w1", now=clock.now())
    assert claim is not None
    reply = Reply("How nice to hear!", Outcome.ANSWERED, remembered="How nice to hear!")
    (delivery,) = await storage.turns.store(claim, reply, ("How nice to hear!",))
    await storage.turns.finish(claim, Receipt(delivery.id, DeliveryState.SENT, f"r{message}"), now=clock.now())
    clock.advance(seconds=WAIT.total_seconds())
    return claim


async def test_a_move_that_was_told_months_later_is_what_the_database_holds(tmp_path: Path) -> None:
    clock = FakeClock()
    async with stored(tmp_path) as storage:
        learner = Learner(lessons=storage.lessons, clock=clock)
        learner.teach(MAYA, None, room=0)
        await hears(storage, clock, "Hi, my name is Ann and I live in Bonn")
        assert await learner.once() == 1
        clock.advance(days=90)
        claim = await hears(storage, clock, "I moved to Oslo last week!")
        assert await learner.once() == 1
        assert [fact.statement for fact in await storage.memory.facts(claim)] == ["is called Ann", "lives in Oslo"]
        assert await learner.once() == 0


async def test_what_leaves_the_window_is_summed_up_in_the_database(tmp_path: Path) -> None:
    clock = FakeClock()
    async with stored(tmp_path) as storage:
        learner = Learner(lessons=storage.lessons, clock=clock)
        learner.teach(MAYA, ScriptedModel(otherwise=summing), room=4000)
        for day in range(12):
            claim = await hears(storage, clock, f"My cello lesson number {day} went well and I was happy")
            await learner.once()
            clock.advance(days=1)
        summary = await storage.memory.summary(claim.conversation)
        assert summary is not None
        assert summary.text == "Ann told of her cello lesson, which went well."


def summing(prompt: Prompt) -> Script:
    return NOTHING if prompt.schema else "Ann told of her cello lesson, which went well."


async def test_forgetting_while_a_lesson_is_read_leaves_nothing_of_it(tmp_path: Path) -> None:
    clock, gate = FakeClock(), asyncio.Event()
    async with stored(tmp_path) as storage:
        claim = await hears(storage, clock, "I live in Bonn and I play the cello")
        model = ScriptedModel([gate, json.dumps({"facts": [{**CELLO, "lasting": True, "confidence": 0.8}]})])
        learner = Learner(lessons=storage.lessons, clock=clock)
        learner.teach(MAYA, model, room=4000)
        studying = asyncio.create_task(learner.once())
        await model.asked(1)
        await storage.forgetting.forget_everything(MAYA, claim.pending[0].fan, now=clock.now())
        gate.set()
        assert await studying == 0
        assert await storage.memory.facts(claim) == []
        assert await storage.memory.summary(claim.conversation) is None
