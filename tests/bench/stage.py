"""The processes of one load: the fake model, and for each bot a fake Telegram with its fans."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.crowd import Order, Outcome

ROOT = Path(__file__).parents[2]
GRACE = 30.0  # seconds that a process gets to end
IN_FLIGHT = 512  # requests at the model: no bot is to queue for it
LINE = 1 << 26  # bytes of the longest line that a crowd may print
LAG = "lag.json"  # where a bot leaves what was seen of its event loop
CROWD_LOG, BOT_LOG = "crowd.log", "bot.log"
BOTS = ("floor a", "floor b", "stagedoor")


@dataclass(frozen=True, slots=True)
class Load:
    """A model's pace."""

    name: str
    first_token: float  # seconds
    rate: float  # tokens per second; 0: all at once
    tokens: int

    @property
    def takes(self) -> float:
        """Seconds from the question to the last token."""
        return self.first_token + ((self.tokens - 1) / self.rate if self.rate else 0.0)


@dataclass(frozen=True, slots=True)
class Contestant:
    """One bot, with the fans that write to it."""

    name: str
    bot: asyncio.subprocess.Process
    crowd: asyncio.subprocess.Process
    home: Path  # its working directory
    model: str  # address

    @property
    def lag(self) -> Path:
        """Written when the bot ends."""
        return self.home / LAG

    @property
    def log(self) -> Path:
        """What the bot had to say."""
        return self.home / BOT_LOG

    async def play(self, *, fans: int, warm: float, measure: float, load: Load) -> Outcome:
        """One run."""
        if self.bot.returncode is not None:
            raise RuntimeError(f"{self.name} has ended with exit code {self.bot.returncode}")
        order = Order(self.bot.pid, fans, warm, measure, load.takes, load.tokens, self.model)
        assert self.crowd.stdin is not None
        self.crowd.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        return Outcome(**await heard(self.crowd))


@contextlib.asynccontextmanager
async def set_up(load: Load, folder: Path) -> AsyncIterator[list[Contestant]]:
    """All bots at one model, each with a Telegram of its own; at the end, everything is stopped.

    Args:
        load: The model's pace.
        folder: For logs, databases and what the bots leave behind.
    """
    async with contextlib.AsyncExitStack() as stack:
        pace = ("--first-token", str(load.first_token), "--rate", str(load.rate), "--tokens", str(load.tokens))
        model = await stack.enter_async_context(process("tests.bench.pace", *pace, log=folder / "model.log"))
        model_url = f"http://127.0.0.1:{await heard(model)}/v1"
        homes = [folder / name.replace(" ", "-") for name in BOTS]
        for home in homes:
            home.mkdir()
        crowds = [await stack.enter_async_context(process("tests.bench.crowd", log=home / CROWD_LOG)) for home in homes]
        yield [
            Contestant(
                name,
                await stack.enter_async_context(_bot(name, home, await heard(crowd), model_url)),
                crowd,
                home,
                model_url,
            )
            for name, home, crowd in zip(BOTS, homes, crowds, strict=True)
        ]


def _bot(
    name: str, home: Path, telegram: Mapping[str, str], model_url: str
) -> contextlib.AbstractAsyncContextManager[asyncio.subprocess.Process]:
    """One of ``BOTS`` as a process."""
    lag, log = ("--lag", str(home / LAG)), home / BOT_LOG
    if name != "stagedoor":
        where = ("--token", telegram["token"], "--base-url", telegram["base_url"], "--model-url", model_url)
        return process("tests.bench.floors", name[-1], *where, *lag, log=log, home=home)
    settings = {
        "STAGEDOOR_DATA_DIR": str(home),
        "STAGEDOOR_TELEGRAM__TOKEN": telegram["token"],
        "STAGEDOOR_TELEGRAM__BASE_URL": telegram["base_url"],
        "STAGEDOOR_MODEL__BASE_URL": model_url,
        "STAGEDOOR_MODEL__IN_FLIGHT": str(IN_FLIGHT),
        "STAGEDOOR_EMBEDDINGS__BUILT_IN": "false",  # it may be installed, for the other benchmarks
        "STAGEDOOR_LIMITS__PER_MINUTE": "0",
        "STAGEDOOR_LIMITS__PER_DAY": "0",
    }
    return process("tests.bench.launch", *lag, log=log, home=home, settings=settings)


@contextlib.asynccontextmanager
async def process(
    module: str, *arguments: str, log: Path, home: Path = ROOT, settings: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A module as a process of its own; terminated at the end, and killed if that does not help.

    Args:
        module: What to run.
        arguments: Of its command line.
        log: Where its standard error goes.
        home: Its working directory, so that no ``.env`` of the checkout is read.
        settings: Settings of the product; those of the caller's environment are not passed on.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STAGEDOOR_")}
    environment |= {"PYTHONPATH": str(ROOT), **(settings or {})}
    with log.open("wb") as errors:
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            stdin=asyncio.subprocess.PIPE if module == "tests.bench.crowd" else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=home,
            limit=LINE,
        )
    try:
        yield started
    finally:
        await _end(started)


async def _end(started: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        started.terminate()
    try:
        async with asyncio.timeout(GRACE):
            await started.wait()
    except TimeoutError:
        started.kill()
        await started.wait()


async def heard(started: asyncio.subprocess.Process) -> Any:
    """The next line that a process prints, as JSON.

    Raises:
        RuntimeError: It ended instead.
    """
    assert started.stdout is not None
    line = await started.stdout.readline()
    if not line:
        raise RuntimeError(f"a process of the benchmark ended with exit code {await started.wait()}")
    return json.loads(line)
