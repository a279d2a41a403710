"""``make bench``: the product beside its floors, in one run; see docs/reference/benchmarks.md.

Ends with 1 if an answer was lost, incomplete, doubled, out of order or mixed up; missed goals are only reported.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import report
from tests.bench.figures import Goal, Reused, Row, Runs, limiter_goals, prefix_goals, storage_goals, telegram_goals
from tests.bench.gauge import lag_from
from tests.bench.stage import Load, heard, process, set_up

PARTS = ("telegram", "storage", "limiter", "prefix")
INSTANT = Load("instant", first_token=0.0, rate=0.0, tokens=12)
PACED = Load("paced", first_token=0.3, rate=50.0, tokens=75)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure. Times in seconds."""

    fans: tuple[int, ...] = (1, 20, 200)
    instant_rounds: int = 3
    instant: float = 2.0
    paced_rounds: int = 2
    paced: float = 3.5
    storage_rounds: int = 3
    storage: float = 2.5


FULL = Plan()
QUICK = Plan(instant_rounds=1, instant=1.0, paced_rounds=1, paced=1.8, storage_rounds=1, storage=1.5)


@dataclass(slots=True)
class Findings:
    """What was measured so far."""

    rows: list[Row] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


async def telegram(plan: Plan, found: Findings) -> None:
    """All bots under all loads."""
    found.rows += await play(INSTANT, plan, rounds=plan.instant_rounds, warm=0.5, measure=plan.instant)
    found.rows += await play(PACED, plan, rounds=plan.paced_rounds, warm=PACED.takes + 0.2, measure=plan.paced)
    report.telegram(report.console(), found.rows)
    found.goals += telegram_goals(found.rows)


async def play(load: Load, plan: Plan, *, rounds: int, warm: float, measure: float) -> list[Row]:
    """The bots in turns, each round beginning with another, so that the machine's moods hit all alike."""
    runs: dict[tuple[str, int], Runs] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with set_up(load, Path(folder)) as contestants:
            for number in range(rounds):
                order = contestants[number % len(contestants) :] + contestants[: number % len(contestants)]
                for fans in plan.fans:
                    for one in order:
                        say(f"{load.name}, {fans} fans, {one.name}, round {number + 1} of {rounds}")
                        try:
                            outcome = await one.play(fans=fans, warm=warm, measure=measure, load=load)
                        except RuntimeError:
                            say(one.log.read_text())
                            raise
                        for answer in outcome.strange:
                            say(f"  not as it should be: {answer[:300]!r}")
                        runs.setdefault((one.name, fans), Runs(one.name, load, fans)).outcomes.append(outcome)
        lag = {one.name: lag_from(one.lag) for one in contestants}
        return [each.row(lag[each.bot]) for each in runs.values()]


async def storage(plan: Plan, found: Findings) -> None:
    """The turn path without a platform, beside its floor."""
    runs: dict[str, list[dict[str, float]]] = {"floor": [], "product": []}
    for number in range(plan.storage_rounds):
        for kind, results in runs.items():
            say(f"storage, {kind}, round {number + 1} of {plan.storage_rounds}")
            results.append(await alone("tests.bench.storage", kind, "--seconds", str(plan.storage)))
    shown = [
        (
            "floor c" if kind == "floor" else "stagedoor",
            f"{sum(run['turns'] for run in results) / sum(run['seconds'] for run in results):.0f}",
            f"{1e6 * sum(run['cpu'] for run in results) / sum(run['turns'] for run in results):.0f}",
            f"{max(run['rss'] for run in results):.0f}",
        )
        for kind, results in runs.items()
    ]
    columns = ("", "turns/s", "CPU us/turn", "RSS MiB")
    report.table(
        report.console(), "Turn path without a platform, 200 fans, SQLite with synchronous=FULL", columns, shown
    )
    rates = {kind: [run["turns"] / run["seconds"] for run in results] for kind, results in runs.items()}
    found.more["storage"] = runs
    found.goals += storage_goals(rates)


async def limiter(plan: Plan, found: Findings) -> None:
    """The limiter without anything else."""
    runs = []
    for number in range(plan.storage_rounds):
        say(f"limiter, round {number + 1} of {plan.storage_rounds}")
        runs.append(await alone("tests.bench.limiter", "--seconds", str(plan.storage)))
    shown = [
        (
            f"{run['decisions'] / run['seconds']:.0f}",
            f"{1e6 * run['cpu'] / run['decisions']:.0f}",
            *(f"{run[name]:.1f}" for name in ("lag_p50", "lag_p99", "lag_worst")),
        )
        for run in runs
    ]
    columns = ("decisions/s", "CPU us/decision", "lag ms p50", "p99", "worst")
    report.table(report.console(), "Limiter on SQLite, 2,000 fans, four limits each", columns, shown)
    found.more["limiter"] = runs
    found.goals += limiter_goals(runs)


async def prefix(_: Plan, found: Findings) -> None:
    """What the model did not have to read again."""
    say("prefix: a conversation with the built-in model, about a minute")
    turns = [Reused(*one) for one in await alone("tests.bench.prefix")]
    shown = [(str(number), str(turn.prompt), str(turn.cached)) for number, turn in enumerate(turns, start=1)]
    report.table(report.console(), "Prompt tokens by turn", ("turn", "prompt", "cached"), shown)
    found.more["prefix"] = turns
    found.goals += prefix_goals(turns)


async def alone(module: str, *arguments: str) -> Any:
    """What a module prints, run as a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "errors.log"
        try:
            async with process(module, *arguments, log=log, home=Path(folder)) as started:
                return await heard(started)
        except RuntimeError:
            say(log.read_text())
            raise


def say(line: str) -> None:
    """How far it has come."""
    print(line, file=sys.stderr, flush=True)


async def main(asked: argparse.Namespace) -> int:
    """Measure what was asked for; the exit code."""
    found, plan = Findings(), QUICK if asked.quick else FULL
    for part in asked.only or (PARTS[:3] if asked.quick else PARTS):
        await {"telegram": telegram, "storage": storage, "limiter": limiter, "prefix": prefix}[part](plan, found)
    report.goals(report.console(), found.goals)
    if asked.json:
        report.as_json(asked.json, found.rows, found.goals, **found.more)
    return int(any(row.faults for row in found.rows if row.bot == "stagedoor"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure speed beside the floors.")
    parser.add_argument(
        "--quick", action="store_true", help="one short round, without the conversation (--only prefix)"
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="measure only this; may be given again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file")
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(main(parser.parse_args())))
