"""Forgetting what has been kept for long enough, once a day."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from core.errors import StorageUnavailable
from core.memories import Forgetting
from core.model import AvatarId
from core.ports import Clock

log = structlog.get_logger()

EVERY = timedelta(days=1)
AGAIN = timedelta(minutes=10)  # where the database did not answer


async def keep_to(forgetting: Forgetting, avatar: AvatarId, days: int, clock: Clock) -> None:
    """At once, and then daily, forget what is older than so many days, and finish what forgetting was put off.

    Args:
        forgetting: Forgets.
        avatar: Whose memory.
        days: How long everything is kept; 0: for ever.
        clock: Wall time.
    """
    while True:
        wait = EVERY
        try:
            await look(forgetting, avatar, days, clock)
        except StorageUnavailable as exc:
            log.warning("retention.put_off", avatar=avatar, reason=str(exc))
            wait = AGAIN
        await asyncio.sleep(wait.total_seconds())


async def look(forgetting: Forgetting, avatar: AvatarId, days: int, clock: Clock) -> None:
    """Do it once.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    now = clock.now()
    await forgetting.sweep(avatar, now=now)
    if days:
        gone = await forgetting.forget_older(avatar, now - timedelta(days=days), now=now)
        log.info("retention.done", avatar=avatar, messages=gone)
