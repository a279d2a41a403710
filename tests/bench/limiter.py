"""The limiter on SQLite in one process: decisions a second, and how late the event loop comes back meanwhile.

    python -m tests.bench.limiter --fans 2000 --at-once 20 --seconds 3

A decision is one message of one fan, held against four limits (the fan's two, the place's, the avatar's tokens) and
noted in the database, in a transaction as a claim makes it. So many ask at once, each for one fan after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from adapters import storage
from adapters.storage.allowances import Settlement
from adapters.storage.limiting import Limiter
from core.limits import LIMITS, Limit, Limits, Rate
from core.model import AccountId, AvatarId, Controls, Place
from tests.bench.figures import percentile
from tests.bench.gauge import cpu_seconds, lag_from, lag_written_to

DAY = timedelta(days=1)
RULES = storage.Rules(
    avatar=lambda _account: AvatarId("maya"),
    limits=Limits(Rate(10, timedelta(minutes=1)), Rate(200, DAY)),
    window=1000,
    estimate=len,
)
SET = (Limit("place", "messages", Rate(1000, timedelta(minutes=1))), Limit("avatar", "tokens", Rate(10**9, DAY)))
CONTROLS = Controls(1, {("", LIMITS.name): LIMITS.kept(SET)})


def decide(connection: sa.Connection, fan: int) -> Settlement:
    """Hold one message against all limits."""
    now = datetime.now(UTC)
    place = Place(AccountId("bench:1"), str(fan))
    limiter = Limiter.at(
        connection, RULES, CONTROLS, avatar="maya", conversation=fan, place=place, by_person=False, now=now
    )
    rows: Any = [SimpleNamespace(id=1, fan_id=fan, command="", granted=None, roles="", text="hi")]
    return limiter.settle(rows)


async def measure(fans: int, at_once: int, seconds: float) -> dict[str, float]:
    """Decisions, seconds, processor seconds, and the loop's lag in milliseconds."""
    decided = admitted = 0
    with tempfile.TemporaryDirectory() as folder:
        lag = Path(folder) / "lag.json"
        async with storage.open_storage(f"sqlite:///{folder}/limiter.db", RULES) as store:
            until, numbers = time.monotonic() + seconds, count()

            async def ask() -> None:
                nonlocal decided, admitted
                while time.monotonic() < until:
                    work = partial(decide, fan=next(numbers) % fans)
                    settled = await store.database.write(work, durable=False)
                    decided += 1
                    admitted += len(settled.taken)
                    await asyncio.sleep(0)  # the next message is an event of its own

            began, cpu = time.monotonic(), cpu_seconds(os.getpid())
            async with lag_written_to(lag):
                await asyncio.gather(*(ask() for _ in range(at_once)))
            took, cpu = time.monotonic() - began, cpu_seconds(os.getpid()) - cpu
        late = [1000 * one.late for one in lag_from(lag)]
    shown = {"lag_p50": percentile(late, 50), "lag_p99": percentile(late, 99), "lag_worst": max(late)}
    return {"decisions": decided, "admitted": admitted, "seconds": took, "cpu": cpu, **shown}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The limiter on SQLite in one process.")
    parser.add_argument("--fans", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(measure(asked.fans, asked.at_once, asked.seconds))))
