"""A person and the avatar at once, step by step in generated orders: exactly one of them answers each message.

The real turn, the real database; between any two calls of a port whoever the schedule names goes on.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.storage import Rules, Storage, open_storage
from core import takeover
from core.avatar import Avatar, message_tokens
from core.briefing import Mind
from core.errors import ChannelUnavailable
from core.limits import Limits, Rate
from core.model import Abilities, Completion, Hold, Outgoing, Place, Prompt, Usage
from core.turn import Attempt, Stage, play
from tests.e2e.test_engine import MAYA, PERSONA
from tests.fakes import ACCOUNT, DM, FakeChannel, FakeClock, FakeLibrary, FakeRecaller, incoming

DESK = Place(ACCOUNT, "desk", shared=True, community="server")
MESSAGES, TAKEOVERS, SEEDS = 5, 4, 60
REST = "with more to say"  # in the second part of each reply


class Schedule:
    """Lets one actor at a time make its next step, as drawn."""

    def __init__(self, draw: Callable[[int], int]) -> None:
        self.draw = draw
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._running: set[str] = set()
        self._changed = asyncio.Event()

    async def step(self, name: str) -> None:
        """Wait for one's turn."""
        future = self._waiting[name] = asyncio.get_running_loop().create_future()
        self._rest(name)
        await future

    def _rest(self, name: str) -> None:
        self._running.discard(name)
        self._changed.set()

    async def run(self, **actors: Awaitable[None]) -> None:
        """Play all actors to their ends."""
        self._running = set(actors)
        tasks = [asyncio.ensure_future(self._act(name, actor)) for name, actor in actors.items()]
        async with asyncio.timeout(60):
            while not all(task.done() for task in tasks):
                while self._running:
                    self._changed.clear()
                    await self._changed.wait()
                if self._waiting:
                    names = sorted(self._waiting)
                    chosen = names[self.draw(len(names) - 1)]
                    self._running.add(chosen)
                    self._waiting.pop(chosen).set_result(None)
                else:
                    await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    async def _act(self, name: str, actor: Awaitable[None]) -> None:
        try:
            await actor
        finally:
            self._rest(name)


class Stepped:
    """A port whose every call is one step of an actor."""

    def __init__(self, port: Any, name: str, schedule: Schedule) -> None:
        self._port, self._name, self._schedule = port, name, schedule

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)
        if not asyncio.iscoroutinefunction(call):
            return call

        async def stepped(*args: Any, **kwargs: Any) -> Any:
            await self._schedule.step(self._name)
            return await call(*args, **kwargs)

        return stepped


class Moody(FakeChannel):
    """Refuses for a moment, whenever drawn."""

    def __init__(self, draw: Callable[[int], int]) -> None:
        super().__init__(Abilities(text_limit=24, typing_lasts=0.0))
        self._draw, self.refusals = draw, 4

    async def send(self, place: Place, outgoing: Outgoing) -> str:
        if place == DM and self.refusals and self._draw(3) == 0:
            self.refusals -= 1
            raise ChannelUnavailable("flood", retry_after=0.0)
        return await super().send(place, outgoing)


class Echo:
    """Says which messages it answers, in two parts."""

    asked, answers = "", 0

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        self.answers += 1
        yield f"re: {self.asked}\n\n{REST} {self.answers}"
        yield Completion("stop", Usage(), "echo")


class Race:
    """One conversation with one worker, a fan and a person."""

    def __init__(self, store: Storage, draw: Callable[[int], int]) -> None:
        self.store, self.schedule, self.clock = store, Schedule(draw), FakeClock()
        self.channel, self.model = Moody(draw), Echo()
        self.said: list[int] = []
        avatar = Avatar.prepare(MAYA, PERSONA, self.model, context=4096, max_tokens=99, temperature=0, secrets=())
        self.stage = Stage(
            avatar,
            self._stepped(self.channel, "worker"),
            store.inbox,
            self._stepped(store.turns, "worker"),
            Mind(FakeLibrary(), store.receipts, FakeRecaller()),
            self.clock,
            store.doors,
            store.talks,
        )

    def _stepped(self, port: Any, name: str) -> Any:
        return Stepped(port, name, self.schedule)

    def now(self) -> datetime:
        self.clock.advance(seconds=1)
        return self.clock.now()

    async def fan(self) -> None:
        for number in range(1, MESSAGES + 1):
            await self.schedule.step("fan")
            await self.store.inbox.accept(incoming(f"q{number}", message=f"q{number}"), now=self.now())

    async def person(self) -> None:
        """Take, say something, release; a few times."""
        for number in range(TAKEOVERS):
            await self.schedule.step("person")
            talk = await self.store.talks.at(MAYA, DM)
            if talk is None:
                continue
            now = self.now()
            hold = Hold(MAYA, talk.conversation, DM, "Maya", now, now + timedelta(hours=1), DESK, DESK)
            assert await self.store.holds.take(hold, posts=[takeover.taken(PERSONA, hold)])
            allowed = self.own_words() | await self.under_way()
            await self.schedule.step("person")
            words = takeover.spoken(hold, f"word {number}", f"w{number}")
            assert await self.store.holds.say(hold, words, now=self.now())
            self.said.append(number)
            await self.schedule.step("person")
            assert self.own_words() <= allowed, "the avatar spoke although a person had taken over"
            assert await self.store.holds.release(hold, posts=takeover.goodbye(PERSONA, hold), now=self.now())

    def own_words(self) -> set[str]:
        """What the avatar itself has said to the fan."""
        return {text for text in self.channel.said("ann") if text.startswith(("re: ", REST))}

    async def under_way(self) -> set[str]:
        """Parts of its replies that had leave and may be visible at any moment."""
        query = sa.text(
            "select d.text from delivery d join turn t on t.id = d.turn_id"
            " where d.begun and d.state = 'pending' and t.outcome = 'answered' and t.state = 'stored'"
        )
        return await self.store.database.read(lambda c: {text for (text,) in c.execute(query)})

    async def worker(self, rounds: int) -> None:
        turns = self.stage.turns
        for _ in range(rounds):
            await self.schedule.step("worker")
            for where in await self.store.leases.due([ACCOUNT], now=self.clock.now()):
                claim = await turns.claim(where, "w", now=self.now())
                if claim is not None:
                    self.model.asked = " ".join(one.text for one in claim.pending)
                    await play(self.stage, claim, Attempt())

    async def outcomes(self) -> dict[str, str]:
        """How each message was answered, as the database has it."""
        query = sa.text(
            "select m.text, m.state || ' ' || coalesce(t.outcome, '') from message m left join turn t"
            " on t.id = m.turn_id where m.fan_id is not null"
        )
        return await self.store.database.read(lambda c: {text: state for text, state in c.execute(query)})  # noqa: C416


def rules() -> Rules:
    unlimited = Limits(Rate(0, timedelta(minutes=1)), Rate(0, timedelta(days=1)))
    return Rules(avatar=lambda _: MAYA, limits=unlimited, window=400, estimate=message_tokens)


async def race(folder: Path, draw: Callable[[int], int]) -> None:
    """Play it out, and once more without the fan and the person; then hold against each other who answered what."""
    async with open_storage(f"sqlite:///{folder}/race.db", rules()) as store:
        one = Race(store, draw)
        await one.schedule.run(fan=one.fan(), person=one.person(), worker=one.worker(30))
        await one.schedule.run(worker=one.worker(20))
        answers = await one.outcomes()
        shown, desk = ("\n".join(one.channel.said(chat)) for chat in ("ann", "desk"))
        for number in range(1, MESSAGES + 1):
            how = answers[f"q{number}"]
            assert how in {"answered answered", "answered held"}, answers
            by_avatar = len(re.findall(rf"re: [q\d ]*q{number}\b", shown))
            assert by_avatar == (how == "answered answered"), (number, answers, shown)
            assert how == "answered answered" or f"q{number}" in desk
        for word in range(TAKEOVERS):
            assert shown.count(f"**Maya:** word {word}") == one.said.count(word)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_exactly_one_party_answers_each_message_in_whatever_order_things_happen(seed: int, tmp_path: Path):
    chance = random.Random(seed)
    await race(tmp_path, lambda most: chance.randint(0, most))
