"""Readers behind walls: whatever a file does to its reader, it costs that item only, and bounded time and memory."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from adapters.ingest.links import Link
from adapters.ingest.reading import Item, Wishes
from adapters.ingest.wire import LONGEST_LINE, OUT_OF_MEMORY, Answer, key_of, order, understood
from core.content import Document, Skipped

log = structlog.get_logger()

WORKER = "adapters.ingest.worker"
DEADLINE = 120.0  # seconds that a worker may take over one item; time in which we are slow does not count
MEMORY = 1024 * 2**20  # bytes
ITEMS = 500  # that one worker reads before a fresh one takes over, since libraries collect memory
DEATH_SHOWS_WITHIN = 1.0  # seconds after its last word
LONG_LINE = 64 * 1024  # bytes; what is longer is understood on a thread
TOO_SLOW = "takes too long to read (more than {seconds:.0f} s): split it, or leave it out"
TOO_LARGE = "needs too much memory to read (more than {megabytes:.0f} MB): split it, or leave it out"
CRASHED = "could not be read: its reader crashed ({how}); the file may be damaged: open it and save it anew"


class _Failed(Exception):
    """The worker could not do it; the text says why, for the creator."""


class Sandbox:
    """Reads items in worker processes; enter it before use, leave it to end them.

    Several items may be read at the same time, each in a worker of its own. Workers are kept for the next item.

    Args:
        deadline: Seconds that reading one item may take.
        memory: Bytes that one worker may have.
        module: What a worker runs.
    """

    def __init__(self, *, deadline: float = DEADLINE, memory: int = MEMORY, module: str = WORKER) -> None:
        self._deadline = deadline
        self._memory = memory
        self._module = module
        self._idle: list[_Worker] = []

    async def read(self, item: Item, wishes: Wishes) -> AsyncGenerator[Document | Skipped]:
        """Yield what is in an item, cleaned, as it is found.

        What fails, also half-way, ends with one ``Skipped`` that has ``failed``; nothing is raised for it. Who leaves
        early closes the generator (``aclosing``): its worker is ended.
        """
        try:
            async with aclosing(self._answers("read", item, wishes)) as answers:
                async for answer in answers:
                    if not isinstance(answer, Link):
                        yield answer
        except _Failed as exc:
            yield Skipped(key_of(item.key), str(exc), failed=True)

    async def links(self, item: Item) -> AsyncGenerator[Link | Skipped]:
        """Yield the addresses that a feed or sitemap points to; nothing for other items."""
        try:
            async with aclosing(self._answers("links", item, Wishes())) as answers:
                async for answer in answers:
                    if not isinstance(answer, Document) and (isinstance(answer, Skipped) or answer.url):
                        yield answer
        except _Failed as exc:
            yield Skipped(key_of(item.key), str(exc), failed=True)

    async def _answers(self, task: str, item: Item, wishes: Wishes) -> AsyncGenerator[Answer]:
        worker = self._idle.pop() if self._idle else await self._hired()
        reusable = False
        try:
            async with aclosing(worker.answers(order(task, item, wishes))) as answers:
                async for answer in answers:
                    yield answer
            reusable = worker.items < ITEMS
        finally:
            if reusable:
                self._idle.append(worker)
            else:
                await worker.kill()

    async def _hired(self) -> _Worker:
        return await _Worker.start(self._module, self._deadline, self._memory)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            await self._idle.pop().kill()


@dataclass(slots=True)
class _Worker:
    """One process and what is asked of it."""

    process: Process
    deadline: float
    memory: int
    items: int = 0

    @classmethod
    async def start(cls, module: str, deadline: float, memory: int) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",  # neither the working directory nor variables decide what is imported
            "-Xutf8",
            "-m",
            module,
            str(memory),
            str(math.ceil(deadline)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={"LC_ALL": "C.UTF-8"},  # no tokens, no keys, no proxies
            start_new_session=True,  # a process group that can be killed as one
            limit=LONGEST_LINE,
        )
        return cls(process, deadline, memory)

    async def answers(self, asked: bytes) -> AsyncGenerator[Answer]:
        """Yield the answers to one order.

        Raises:
            _Failed: The worker died, took too long or said what it must not.
        """
        assert self.process.stdin is not None
        self.items += 1
        left = self.deadline
        loop = asyncio.get_running_loop()
        self.process.stdin.write(asked)
        while True:
            begun = loop.time()
            line = await self._line(left)
            left -= loop.time() - begun
            try:
                answer = await asyncio.to_thread(understood, line) if len(line) > LONG_LINE else understood(line)
            except ValueError as exc:
                raise _Failed(CRASHED.format(how="its answer made no sense")) from exc
            if answer is None:
                return
            yield answer

    async def _line(self, within: float) -> bytes:
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(max(within, 0)):
                line = await self.process.stdout.readline()
        except TimeoutError as exc:
            raise _Failed(TOO_SLOW.format(seconds=self.deadline)) from exc
        except ValueError as exc:  # a line beyond the limit
            raise _Failed(CRASHED.format(how="its answer has no end")) from exc
        if not line.endswith(b"\n"):
            raise _Failed(await self._cause())
        return line

    async def _cause(self) -> str:
        """Why the worker is no more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DEATH_SHOWS_WITHIN):
                await self.process.wait()
        await self.kill()
        code = self.process.returncode
        log.warning("ingest.worker.died", code=code)
        if code == -signal.SIGXCPU:
            return TOO_SLOW.format(seconds=self.deadline)
        if code == OUT_OF_MEMORY:
            return TOO_LARGE.format(megabytes=self.memory / 2**20)
        return CRASHED.format(how=f"signal {-code}" if code is not None and code < 0 else f"code {code}")

    async def kill(self) -> None:
        """End the process and whatever it may have started."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()
