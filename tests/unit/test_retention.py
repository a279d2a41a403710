"""bots.retention: what has been kept for long enough is forgotten, whatever the database does meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from bots import retention
from core.errors import StorageUnavailable
from core.model import AvatarId
from tests.fakes import NOON, FakeClock
from tests.fakes_rights import FakeKept

MAYA = AvatarId("maya")


class Forgetful(FakeKept):
    """Notes from which moment on everything is kept; ``broken`` makes it fail."""

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.before: list[datetime] = []
        self.looked = asyncio.Event()
        self.broken = broken

    async def sweep(self, avatar: AvatarId, *, now: datetime) -> None:
        self.looked.set()
        if self.broken:
            raise StorageUnavailable("the database is locked")
        await super().sweep(avatar, now=now)

    async def forget_older(self, avatar: AvatarId, before: datetime, *, now: datetime) -> int:
        self.before.append(before)
        return 3


async def test_what_is_older_than_the_days_that_are_set_is_forgotten() -> None:
    kept = Forgetful()
    await retention.look(kept, MAYA, 30, FakeClock())
    assert kept.before == [NOON - timedelta(days=30)]


async def test_with_no_days_nothing_is_forgotten_but_what_was_put_off_is_finished() -> None:
    kept = Forgetful()
    await retention.look(kept, MAYA, 0, FakeClock())
    assert kept.before == []
    assert kept.swept == 1


async def test_a_database_that_does_not_answer_puts_it_off_and_ends_nothing() -> None:
    kept = Forgetful(broken=True)
    task = asyncio.create_task(retention.keep_to(kept, MAYA, 30, FakeClock()))
    async with asyncio.timeout(20):
        await kept.looked.wait()
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert kept.before == []
