"""The turn path without a platform, and its floor: the same rows in a bare aiosqlite loop with group commit.

    python -m tests.bench.storage product --fans 200 --seconds 3

Each fan writes, waits for the answer and writes again. The floor does what no turn can do without: store the message
durably, read the window, and store the reply with its turn and its delivery; a writer task does the statements of all
who wait, through aiosqlite's public API, in one transaction with synchronous=FULL. Both use the product's schema.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite

from adapters import storage
from adapters.bus.local import LocalBus
from bots import avatars, clock, duties, house, logs
from bots.settings import LimitSettings, Settings
from core.avatar import Avatar
from core.briefing import Mind
from core.engine import Engine
from core.model import Abilities, AccountId, AvatarId, Completion, Incoming, Outgoing, Place, Prompt, Sender, Usage
from core.ports import ChatModel
from tests.bench import talk
from tests.bench.gauge import cpu_seconds, resident
from tests.fakes import FakeLibrary, FakeRecaller, FakeReceipts

ACCOUNT = AccountId("bench:1")
REPLY = "Well, let me think about flour, butter and sugar today. "
CONTEXT = 8192  # tokens, the product's default
WARM = 0.5  # seconds

Ask = Callable[[int, int, str], Awaitable[str]]  # fan, number of the message and its text → the answer


# ── the product ──────────────────────────────────────────────────────────────────────────────────


class Echo:
    """A model that answers at once, with what it was asked last."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """See ``core.ports.ChatModel``."""
        yield REPLY + prompt.messages[-1].content.rpartition("\n")[2]
        yield Completion("stop", Usage(prompt.estimated_tokens, 40, estimated=True), "echo")


class Mouth:
    """A channel that hands each message to the one who waits for it."""

    def __init__(self) -> None:
        self.heard: dict[str, asyncio.Queue[str]] = {}
        self._sent = 0

    def abilities(self, place: Place) -> Abilities:
        """See ``core.ports.Channel``."""
        return Abilities(text_limit=4096, typing_lasts=0.0)

    async def typing(self, place: Place) -> None:
        """See ``core.ports.Channel``."""

    async def send(self, place: Place, outgoing: Outgoing) -> str:
        """See ``core.ports.Channel``."""
        self._sent += 1
        self.heard[place.chat].put_nowait(outgoing.text)
        return str(self._sent)

    async def edit(self, place: Place, receipt: str, text: str) -> None:
        """See ``core.ports.Channel``."""
        raise AssertionError("nothing is edited here")

    async def open_thread(self, place: Place, title: str) -> Place:
        """See ``core.ports.Channel``."""
        return place

    async def draft(self, place: Place, key: int, text: str) -> None:
        """See ``core.ports.Channel``."""
        raise AssertionError("nothing is previewed here")


@asynccontextmanager
async def product(
    folder: Path, model: ChatModel, *, context: int = CONTEXT, max_tokens: int = 400, temperature: float = 0.7
) -> AsyncIterator[Ask]:
    """The engine on its storage, with the sample avatar and no limits."""
    settings = Settings(data_dir=folder, limits=LimitSettings(per_minute=0, per_day=0))
    avatar = Avatar.prepare(
        AvatarId("maya"),
        avatars.load("maya", folder),
        model,
        context=context,
        max_tokens=max_tokens,
        temperature=temperature,
        secrets=(),
    )
    async with storage.open_storage(house.database_url(settings), house.rules(settings, avatar)) as store:
        engine = Engine(
            inbox=store.inbox,
            turns=store.turns,
            leases=store.leases,
            mind=Mind(FakeLibrary(), FakeReceipts(), FakeRecaller()),
            dispatch=duties.dispatch(store),
            doors=store.doors,
            reception=duties.reception(store),
            bus=LocalBus(),
            clock=clock.SystemClock(),
        )
        mouth = Mouth()
        engine.connect(ACCOUNT, avatar, mouth)

        async def ask(fan: int, number: int, text: str) -> str:
            place = Place(ACCOUNT, str(fan))
            heard = mouth.heard.setdefault(place.chat, asyncio.Queue())
            await engine.accept(Incoming(place, str(number), Sender(str(fan), "Ann"), text, datetime.now(UTC)))
            return await heard.get()

        async with house.working(engine):
            yield ask


# ── the floor ────────────────────────────────────────────────────────────────────────────────────

_CONVERSATION = """
INSERT INTO conversation (avatar_id, account, chat, thread, business, shared, due_at, created_at)
VALUES ('maya', 'bench:1', ?, '', '', 0, ?, ?)
ON CONFLICT (avatar_id, account, chat, thread, business) DO UPDATE SET due_at = excluded.due_at RETURNING id"""
_FAN = """
INSERT INTO fan (avatar_id, platform, platform_user, name, language, first_seen, last_seen)
VALUES ('maya', 'bench', ?, 'Ann', '', ?, ?)
ON CONFLICT (avatar_id, platform, platform_user) DO UPDATE SET last_seen = excluded.last_seen RETURNING id"""
_MESSAGE = """
INSERT INTO message (avatar_id, conversation_id, fan_id, platform_message, text, command, argument, attachment,
                     language, sent_at, received_at, state, tokens)
VALUES ('maya', ?, ?, ?, ?, '', '', '', '', ?, ?, 'pending', 20) ON CONFLICT DO NOTHING"""
_WINDOW = "SELECT id, fan_id, text, sent_at FROM message WHERE conversation_id = ? ORDER BY id DESC LIMIT 20"
_TURN = """
INSERT INTO turn (avatar_id, conversation_id, generation, state, reply, remembered, outcome, model, prompt_tokens,
                  completion_tokens, cached_tokens, estimated, note, created_at, claimed_at, finished_at)
VALUES ('maya', ?, 1, 'done', ?, ?, 'answered', 'echo', 1000, 40, 0, 1, '{}', ?, ?, ?) RETURNING id"""
_ANSWERED = (
    "UPDATE message SET state = 'answered', turn_id = ? WHERE conversation_id = ? AND state = 'pending' RETURNING id"
)
_REPLY = """
INSERT INTO message (avatar_id, conversation_id, text, command, argument, attachment, language, sent_at, received_at,
                     state, turn_id, tokens)
VALUES ('maya', ?, ?, '', '', '', '', ?, ?, 'answered', ?, 40)"""
_DELIVERY = """
INSERT INTO delivery (avatar_id, turn_id, part, idempotency_key, text, state, receipt, attempts)
VALUES ('maya', ?, 0, ?, ?, 'sent', ?, 1)"""
_DONE = "UPDATE conversation SET due_at = NULL, generation = generation + 1 WHERE id = ?"

Work = Callable[[], Awaitable[Any]]


class Writer:
    """Does everything that waits in one transaction, and meanwhile collects the next."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._came = asyncio.Event()

    async def do(self, work: Work) -> Any:
        """Have this done; durable on return."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        self._came.set()
        return await done

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._came.wait()
            self._came.clear()
            batch, self._waiting = self._waiting, []
            try:
                await self.connection.execute("BEGIN IMMEDIATE")
                results = [await work() for work, _ in batch]
                await self.connection.execute("COMMIT")
            except aiosqlite.Error as exc:
                for _, done in batch:
                    done.set_exception(exc)
                raise
            for (_, done), result in zip(batch, results, strict=True):
                done.set_result(result)

    async def one(self, statement: str, *values: object) -> Any:
        """The first column of the first row."""
        (row,) = await self.connection.execute_fetchall(statement, values)
        return row[0]

    async def accept(self, fan: int, number: int, text: str, at: int) -> int:
        """Store a message; its conversation."""
        where = await self.one(_CONVERSATION, str(fan), at, at)
        who = await self.one(_FAN, str(fan), at, at)
        await self.connection.execute(_MESSAGE, (where, who, str(number), text, at, at))
        return int(where)

    async def answer(self, where: int, reply: str, at: int) -> None:
        """Read the window and store the reply with all that belongs to it."""
        await self.connection.execute_fetchall(_WINDOW, (where,))
        turn = await self.one(_TURN, where, reply, reply, at, at, at)
        await self.one(_ANSWERED, turn, where)
        await self.connection.execute(_REPLY, (where, reply, at, at, turn))
        await self.connection.execute(_DELIVERY, (turn, f"sd{turn}", reply, str(turn)))
        await self.connection.execute(_DONE, (where,))


@asynccontextmanager
async def floor(folder: Path) -> AsyncIterator[Ask]:
    """The bare loop."""
    path = folder / "floor.db"
    async with storage.open_database(f"sqlite:///{path}"):
        pass  # that made the tables
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            await connection.execute(f"PRAGMA {pragma}")
        writer = Writer(connection)

        async def ask(fan: int, number: int, text: str) -> str:
            at, reply = time.time_ns() // 1000, REPLY + text
            where = await writer.do(lambda: writer.accept(fan, number, text, at))
            await writer.do(lambda: writer.answer(where, reply, at))
            return reply

        work = asyncio.create_task(writer.run())
        try:
            yield ask
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


# ── a run ────────────────────────────────────────────────────────────────────────────────────────


async def measure(kind: str, fans: int, seconds: float) -> dict[str, float]:
    """Turns finished, seconds, processor seconds and MiB of one run.

    Raises:
        RuntimeError: A fan got another's answer.
    """
    pid, finished = os.getpid(), 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        async with product(home, Echo()) if kind == "product" else floor(home) as ask:

            async def converse(fan: int) -> None:
                nonlocal finished
                number = 0
                while True:
                    number += 1
                    text = talk.message(f"token-f{fan}-n{number}")
                    if not (await ask(fan, number, text)).endswith(text):
                        raise RuntimeError("a fan got another's answer")
                    finished += 1

            conversations = [asyncio.create_task(converse(fan)) for fan in range(fans)]
            await asyncio.sleep(WARM)
            turns, cpu, start = finished, cpu_seconds(pid), time.monotonic()
            await asyncio.sleep(seconds)
            turns, cpu, took = finished - turns, cpu_seconds(pid) - cpu, time.monotonic() - start
            for task in conversations:
                task.cancel()
            for outcome in await asyncio.gather(*conversations, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome
    return {"turns": turns, "seconds": took, "cpu": cpu, "rss": resident(pid)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The turn path without a platform, or its floor.")
    parser.add_argument("kind", choices=("product", "floor"))
    parser.add_argument("--fans", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    logs.configure("warning", "console", ())
    print(json.dumps(asyncio.run(measure(asked.kind, asked.fans, asked.seconds))))
