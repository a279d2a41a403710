"""Manners on the web: what robots.txt allows, and not too fast."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.robotparser import RobotFileParser

from yarl import URL

LONGEST_FILE = 500 * 1024  # bytes; the standard asks for at least that
SLOWEST = 30.0  # seconds between two requests that a site may ask for
MOST_SITES = 1_000  # remembered

Load = Callable[[URL], Awaitable[str]]
"""Gets the text of a robots.txt; empty where there is none."""


class Robots:
    """What the sites' robots.txt files say to us; each is asked for once."""

    def __init__(self, load: Load, agent: str) -> None:
        self._load = load
        self._agent = agent
        self._rules: dict[URL, RobotFileParser] = {}

    async def rules(self, url: URL) -> tuple[bool, float]:
        """Whether this page may be fetched, and the seconds between two requests that the site asks for."""
        rules = await self._of(url.origin())
        delay = rules.crawl_delay(self._agent)
        return rules.can_fetch(self._agent, str(url)), min(float(delay or 0), SLOWEST)

    async def _of(self, origin: URL) -> RobotFileParser:
        if origin not in self._rules:
            rules = RobotFileParser()
            rules.parse((await self._load(origin / "robots.txt")).splitlines())
            if len(self._rules) == MOST_SITES:
                self._rules.clear()
            self._rules[origin] = rules
        return self._rules[origin]


class Pace:
    """One request after another for each host, with time between them.

    Args:
        interval: Seconds between the beginnings of two requests to one host.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._next: dict[str, float] = {}

    async def turn(self, host: str, at_least: float = 0.0) -> None:
        """Wait until this host may be asked again."""
        now = asyncio.get_running_loop().time()
        due = max(self._next.get(host, now), now)
        self._next[host] = due + max(self._interval, at_least)
        await asyncio.sleep(due - now)
