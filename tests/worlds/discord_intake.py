"""What stands behind a Discord account in these tests: notes everything, answers where it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from adapters.discord import DiscordAccount
from core.model import AccountId, Answer, Incoming, Place
from tests.worlds.discord import FakeDiscord

Heard = Callable[[Incoming], Awaitable[None]]
Obey = Callable[[Incoming], Awaitable[Answer]]


class NotingIntake:
    """An ``Intake`` in memory that takes a message once, as the real one does.

    Attributes:
        accepted, revised, retracted: What was taken in, in order.
        repeated: How often a message came that was known.
        commanded: Commands whose answer was asked for.
        seen: What ``last_seen`` tells.
        answer, fault: What every command is answered with, or fails with.
        draft: Goes with the answer to a command that says nothing more.
        obey: Has commands carried out instead, once the gate is open.
        heard: Ids of the chats in which everything is meant for the avatar.
        gate: Commands wait for it.
        on_accept: Awaited with every new message.
        changed: Called after everything.
    """

    def __init__(self) -> None:
        self.accepted: list[Incoming] = []
        self.revised: list[tuple[Place, str, str]] = []
        self.retracted: list[tuple[Place, str]] = []
        self.commanded: list[Incoming] = []
        self.repeated = 0
        self.seen: dict[str, str] = {}
        self.answer = "Here is what I can do."
        self.draft = ""
        self.obey: Obey | None = None
        self.heard: set[str] = set()
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.on_accept: Heard | None = None
        self.changed: Callable[[], None] = lambda: None

    @property
    def texts(self) -> list[str]:
        """The texts taken in, in order."""
        return [incoming.text for incoming in self.accepted]

    async def accept(self, incoming: Incoming) -> bool:
        """Take a message, once."""
        if any((known.place, known.message) == (incoming.place, incoming.message) for known in self.accepted):
            self.repeated += 1
            self.changed()
            return False
        self.accepted.append(incoming)
        if self.on_accept is not None:
            await self.on_accept(incoming)
        self.changed()
        return True

    async def revise(self, place: Place, message: str, text: str) -> None:
        """Note an edit."""
        self.revised.append((place, message, text))
        self.changed()

    async def retract(self, place: Place, message: str) -> None:
        """Note a deletion."""
        self.retracted.append((place, message))
        self.changed()

    async def command(self, incoming: Incoming) -> Answer:
        """Answer a command, or fail with ``fault``."""
        self.commanded.append(incoming)
        self.changed()
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        if self.obey is not None:
            return await self.obey(incoming)
        return Answer(self.answer, draft="" if incoming.argument or incoming.given.get("text") else self.draft)

    def hears(self, place: Place) -> bool:
        """Whether a test has put the chat into ``heard``."""
        return bool({place.chat, place.parent} & self.heard)

    async def spoke(self, place: Place, message: str, text: str, sent_at: datetime) -> None:
        """Nobody has a chat of their own on Discord."""
        raise AssertionError(f"spoke in {place.chat}")

    async def last_seen(self, account: AccountId) -> Mapping[str, str]:
        """What a test has put into ``seen``."""
        assert account.startswith("discord:")
        return self.seen


@asynccontextmanager
async def running(world: FakeDiscord, intake: NotingIntake, **options: object) -> AsyncGenerator[DiscordAccount]:
    """The world's bot, online until the block ends; its failure fails the test."""
    intake.changed = world.notify
    account = DiscordAccount(world.token, api_url=world.api_url, **options)  # type: ignore[arg-type]
    task = asyncio.create_task(account.run(intake))
    task.add_done_callback(lambda _: world.notify())
    try:
        await world.until(lambda: world.gateway.connected or task.done())
        yield account
    finally:
        failed = task.done()
        task.cancel()
        if failed:
            await task
        with suppress(asyncio.CancelledError):
            await task
