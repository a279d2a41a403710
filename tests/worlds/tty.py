"""Somebody at a terminal: a command on a pseudo-terminal of its own, what it shows there, and what is typed.

    async with at_terminal("stagedoor", "new", cwd=folder, env=env) as person:
        await person.sees("What do fans call you?")
        person.types("Maya")
        assert await person.ended() == 0

``types("\\x03", end="")`` is Ctrl-C: the terminal itself makes a signal of it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
CTRL_C = "\x03"
# The child makes the terminal its own first, so that Ctrl-C reaches it, and becomes the command then.
STARTER = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


@dataclass(slots=True)
class Person:
    """Who sits there."""

    process: asyncio.subprocess.Process
    _terminal: int
    _shown: bytes = b""
    _seen: int = 0  # characters of what was shown that were waited for
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def types(self, text: str, end: str = "\n") -> None:
        """Type something, and press Enter."""
        os.write(self._terminal, f"{text}{end}".encode())

    async def sees(self, pattern: str, *, within: float = 40.0) -> re.Match[str]:
        """Wait until something is shown that was not waited for before."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: re.search(pattern, self.shown) is not None)
        match = re.search(pattern, self.shown)
        assert match is not None
        self._seen += match.end()
        return match

    @property
    def shown(self) -> str:
        """What was shown and not yet waited for, without control sequences."""
        return CONTROL.sub("", self._shown.decode(errors="replace"))[self._seen :]

    async def ended(self, *, within: float = 40.0) -> int:
        """Wait for the end; the exit code."""
        async with asyncio.timeout(within):
            return await self.process.wait()

    async def read(self) -> None:
        """Note what is shown, until nobody has the terminal open any more."""
        loop = asyncio.get_running_loop()
        while True:
            ready = asyncio.Event()
            loop.add_reader(self._terminal, ready.set)
            try:
                await ready.wait()
            finally:
                loop.remove_reader(self._terminal)
            try:
                more = os.read(self._terminal, 65536)
            except OSError:  # how Linux says that the other side is closed
                return
            async with self._changed:
                self._shown += more
                self._changed.notify_all()


@asynccontextmanager
async def at_terminal(command: Path, *arguments: str, cwd: Path, env: Mapping[str, str]) -> AsyncIterator[Person]:
    """A command whose input, output and errors are one terminal; killed at the end if it still runs."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, b"\x28\x00\x78\x00\x00\x00\x00\x00")  # 40 lines of 120 columns
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        STARTER,
        str(command),
        *arguments,
        cwd=cwd,
        env={**env, "TERM": "xterm"},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    person = Person(process, terminal)
    reading = asyncio.create_task(person.read())
    try:
        yield person
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        os.close(terminal)
