"""What a process costs, seen from outside (Linux), and how long its event loop is kept busy, seen from inside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

LOOK_EVERY = 0.05  # seconds between two looks at the loop: often enough for a p99, too seldom to cost anything
MIB = 1024.0


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, all its threads, to the nanosecond.

    /proc counts in ticks of 10 ms, which is a whole reply. The clock's number is Linux's ``CPUCLOCK_SCHED`` of a
    process, see clock_getcpuclockid(3).
    """
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int) -> float:
    """Largest resident size of a process so far, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / MIB


class Lag(NamedTuple):
    """How much later than asked the loop came back, and when; both in seconds of the machine's monotonic clock."""

    at: float
    late: float


@contextlib.asynccontextmanager
async def lag_written_to(path: Path) -> AsyncIterator[None]:
    """Sample the running loop, and write what was seen when the block ends."""
    seen: list[Lag] = []
    sampling = asyncio.create_task(_sample(seen))
    try:
        yield
    finally:
        sampling.cancel()
        await asyncio.to_thread(path.write_text, json.dumps(seen))


async def _sample(seen: list[Lag]) -> None:
    while True:
        due = time.monotonic() + LOOK_EVERY
        await asyncio.sleep(LOOK_EVERY)
        now = time.monotonic()
        seen.append(Lag(now, max(0.0, now - due)))


def lag_from(path: Path) -> list[Lag]:
    """What ``lag_written_to`` left."""
    return [Lag(*one) for one in json.loads(path.read_text())]
