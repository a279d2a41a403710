"""An ``Intake`` that writes down what it is told, and can be made to take its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from core.model import AccountId, Answer, Incoming, Place


class RecordingIntake:
    """Keeps everything in order; ``hold`` makes ``accept`` wait until ``let_go``."""

    def __init__(self) -> None:
        self.accepted: list[Incoming] = []  # stored
        self.offered: list[Incoming] = []  # stored or about to be
        self.revised: list[tuple[Place, str, str]] = []
        self.retracted: list[tuple[Place, str]] = []
        self.heard: set[str] = set()  # keys of places in which everything is brought in
        self.spoken: list[tuple[Place, str, str]] = []
        self.commanded: list[Incoming] = []  # whose answer was asked for
        self.answer = Answer("Here you are.")
        self.faults: list[Exception] = []  # raised by the next calls, against the port's promise
        self._open = asyncio.Event()
        self._open.set()
        self._changed = asyncio.Condition()

    def hold(self) -> None:
        """From now on nothing is stored."""
        self._open.clear()

    def let_go(self) -> None:
        """Store what waits."""
        self._open.set()

    async def accept(self, incoming: Incoming) -> bool:
        """Store a message, duplicates too."""
        self.offered.append(incoming)
        await self._tell()
        await self._open.wait()
        if self.faults:
            raise self.faults.pop(0)
        self.accepted.append(incoming)
        await self._tell()
        return True

    async def revise(self, place: Place, message: str, text: str) -> None:
        """Note an edit."""
        self.revised.append((place, message, text))
        await self._tell()

    async def retract(self, place: Place, message: str) -> None:
        """Note a deletion."""
        self.retracted.append((place, message))
        await self._tell()

    async def command(self, incoming: Incoming) -> Answer:
        """Answer at once, or fail with the next of ``faults``."""
        self.commanded.append(incoming)
        await self._tell()
        if self.faults:
            raise self.faults.pop(0)
        return self.answer

    def hears(self, place: Place) -> bool:
        """What ``heard`` says."""
        return place.key in self.heard

    async def spoke(self, place: Place, message: str, text: str, sent_at: datetime) -> None:
        """Note what an owner wrote."""
        self.spoken.append((place, message, text))
        await self._tell()

    async def last_seen(self, account: AccountId) -> Mapping[str, str]:
        """Telegram keeps updates itself."""
        raise AssertionError(account)

    async def until(self, condition: Callable[[], bool], *, deadline: float = 5.0) -> None:
        """Wait until something was told.

        Raises:
            TimeoutError: It was not.
        """
        async with asyncio.timeout(deadline), self._changed:
            await self._changed.wait_for(condition)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
