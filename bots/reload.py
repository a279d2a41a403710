"""A saved change of an avatar's files, noticed while the avatar runs and taken over only if it is sound."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bots import avatars
from core.errors import ConfigError, Unavailable
from core.persona import Persona

log = structlog.get_logger()

LOREBOOK = "lorebook.toml"
TICK = 0.4  # seconds; a change is taken over at the second look that finds it, so within about a second

Switch = Callable[[Persona, str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Look:
    """What stood in an avatar's files at one moment; None where there was no file to read."""

    avatar: bytes | None
    lorebook: bytes | None


def look(path: Path) -> Look:
    """Read the file of an avatar and its lorebook as they are now.

    All of it, every time: times and sizes miss a change that is quick enough, and these files are small.
    """
    return Look(_content(path), _content(path.with_name(LOREBOOK)))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


async def _pause() -> None:
    await asyncio.sleep(TICK)


@dataclass(slots=True)
class Watch:
    """Watches the files of one avatar.

    A file that is replaced, deleted and made again, or saved in pieces is waited for until it has stayed the same for
    one tick. What is then broken is told once, and the avatar stays what it was.

    Args:
        path: The avatar's file; its lorebook lies beside it.
        live: The look from which the running avatar was made; taken before its files were read, so that no change is
            missed in between.
        switch: Makes the running avatar what the file says (given as persona and text), from the next turn on, and
            returns what to tell, such as "version 3 is live". A ConfigError from it, such as a broken lorebook's,
            means that nothing was switched; Unavailable, that it is worth another try.
        tell: Says a line to whoever started the program.
        tick: Waits until it is time for the next look.
    """

    path: Path
    live: Look
    switch: Switch
    tell: Callable[[str], None]
    tick: Callable[[], Awaitable[None]] = _pause
    _seen: Look = field(init=False)  # at the last look
    _settled: Look = field(init=False)  # what was last taken over or found broken

    def __post_init__(self) -> None:
        self._seen = self._settled = self.live

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.tick()
            now = await asyncio.to_thread(look, self.path)
            if now == self._seen and now != self._settled:
                await self._take(now)
            self._seen = now

    async def _take(self, now: Look) -> None:
        """Take over files that have stayed the same for a while."""
        avatar = self.path.parent.name
        try:
            if now == self.live:
                said = "as it was before"
            else:
                said = await self._switched(now)
                self.live = now
        except ConfigError as exc:
            log.error("reload.refused", avatar=avatar, reason=str(exc))
            self.tell(f"{exc}\n{avatar} goes on as it was.")
        except Unavailable as exc:
            log.warning("reload.put_off", avatar=avatar, reason=str(exc))
            return
        else:
            log.info("reload.done", avatar=avatar)
            self.tell(f"{avatar}: {said}.")
        self._settled = now

    async def _switched(self, now: Look) -> str:
        if now.avatar is None:
            raise ConfigError(f"{self.path} is gone or cannot be read.")
        text = avatars.decoded(now.avatar, self.path)
        return await self.switch(avatars.checked(text, self.path), text)
