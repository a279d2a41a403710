"""Announcements inside one process."""

from __future__ import annotations

import asyncio

from core.model import Announcement


class LocalBus:
    """The port Bus for a single process: a queue. What is lost when the process dies, the sweep finds."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Announcement] = asyncio.Queue()

    async def announce(self, news: Announcement) -> None:
        """See ``core.ports.Bus``."""
        self._queue.put_nowait(news)

    async def next(self) -> Announcement:
        """See ``core.ports.Bus``."""
        return await self._queue.get()
