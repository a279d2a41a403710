"""The terminal as a platform: one person at a keyboard, or lines from a pipe."""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text

from core import commands
from core.model import Abilities, AccountId, Answer, AvatarId, File, Incoming, Outgoing, Place, Sender

NO_LIMIT = 1_000_000  # a terminal scrolls


def account(avatar: AvatarId) -> AccountId:
    """The terminal's account of an avatar."""
    return AccountId(f"terminal:{avatar}")


class Host(Protocol):
    """Who answers what is typed."""

    async def answer(self, incoming: Incoming) -> bool:
        """Accept a message and return when everything that there is to say to it was said."""

    async def command(self, incoming: Incoming) -> Answer:
        """See ``core.ports.Intake``."""


class Terminal:
    """Speaks on a console (the port Channel) and brings what is typed to the avatar.

    On a terminal, replies are rendered while they grow; into a pipe goes plain text, each reply once.

    Args:
        console: Where replies are shown.
        avatar: Who answers.
        name: The name shown before each reply on a terminal.
        fan: Who types.
    """

    def __init__(self, console: Console, avatar: AvatarId, *, name: str, fan: str) -> None:
        self._console, self._name, self._fan = console, name, fan
        self._live: Live | None = None
        self.place = Place(account(avatar), chat=fan)
        self.replies: list[str] = []  # what was said since the last question
        self._last = ""  # the message that commands about a reply are about

    # ── the port Channel ─────────────────────────────────────────────────────────────────────────

    def abilities(self, place: Place) -> Abilities:  # noqa: ARG002 - one terminal has one place
        """See ``core.ports.Channel``."""
        return Abilities(NO_LIMIT, drafts=self._console.is_terminal, preview_interval=0.08, typing_lasts=0.0)

    async def typing(self, place: Place) -> None:
        """A terminal has no typing sign; see ``core.ports.Channel``."""

    async def send(self, place: Place, outgoing: Outgoing) -> str:  # noqa: ARG002 - one terminal has one place
        """See ``core.ports.Channel``."""
        self._last = outgoing.key
        self._print(outgoing.text)
        return outgoing.key

    def _print(self, text: str) -> None:
        self.replies.append(text)
        if not self._console.is_terminal:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            self._show(text)
            if self._live is not None:
                self._live.stop()
                self._live = None
            self._console.print()

    async def edit(self, place: Place, receipt: str, text: str) -> None:
        """Show the newer text below: what was printed stays; see ``core.ports.Channel``."""
        await self.send(place, Outgoing(text, receipt))

    async def open_thread(self, place: Place, title: str) -> Place:  # noqa: ARG002 - there are none
        """See ``core.ports.Channel``."""
        return place

    async def draft(self, place: Place, key: int, text: str) -> None:  # noqa: ARG002 - one terminal has one place
        """See ``core.ports.Channel``."""
        self._show(text)

    def _show(self, text: str) -> None:
        if self._live is None:
            self._console.print(Text(f"{self._name} (AI):", style="bold magenta"))
            self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="visible")
            self._live.start()
        self._live.update(Markdown(text), refresh=True)

    # ── the person ───────────────────────────────────────────────────────────────────────────────

    async def converse(self, host: Host, lines: AsyncIterator[str]) -> None:
        """Ask line after line, each after the reply to the one before, until the input ends."""
        self._prompt()
        async for line in lines:
            if line.strip():
                await self.ask(host, line.strip())
            self._prompt()

    async def ask(self, host: Host, line: str) -> None:
        """Ask one thing and return when the answer has been shown; what is about a reply is about the last one."""
        self.replies.clear()
        name, argument = commands.parse(line)
        text = "" if name else line
        sender = Sender(self._fan, self._fan)
        said = Incoming(self.place, uuid.uuid4().hex, sender, text, datetime.now(UTC), name, argument)
        if name in commands.AT_ONCE:
            answer = await host.command(replace(said, about=self._last))
            self._print("\n".join((answer.text, *map(_written, answer.files))))
        else:
            await host.answer(said)

    def _prompt(self) -> None:
        if self._console.is_terminal:
            self._console.print(Text("you: ", style="bold cyan"), end="")


def _written(file: File) -> str:
    """Write a file into the working directory, for its owner's eyes, and say where; no other file is replaced."""
    name = Path(file.name)
    for number in itertools.count(1):
        path = Path.cwd() / (name if number == 1 else f"{name.stem}-{number}{name.suffix}")
        try:
            path.touch(mode=0o600, exist_ok=False)
            path.write_bytes(file.content)
        except FileExistsError:
            continue
        except OSError as exc:
            return f"{path} cannot be written: {exc.strerror}"
        return f"Written: {path}"
    raise AssertionError  # the numbers do not end


async def stdin_lines() -> AsyncIterator[str]:
    """The lines of standard input until it ends.

    A thread of its own reads them: files and terminals cannot be waited for in the same way, and a thread that is
    blocked in reading must not keep the program from ending.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        try:
            for line in sys.stdin:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)
        except RuntimeError:  # the loop is closed: the program has ended while a line was being typed
            return

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line
