"""From what came of the runs to the figures that are reported, and whether they reach the goals."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.bench.crowd import Outcome
from tests.bench.gauge import Lag
from tests.bench.stage import Load

STREAMED = "paced"  # the load whose answers take their time
FLOOR_A, FLOOR_B, PRODUCT = "floor a", "floor b", "stagedoor"
ENOUGH = 20  # replies; one fewer or more at the edge of so short a count would decide about a goal
NOISE = 0.97  # of a floor's speed still counts as its speed: two runs of one bot differ by as much


@dataclass(frozen=True, slots=True)
class Row:
    """One bot under one load; latencies in milliseconds, sizes in MiB."""

    bot: str
    load: str
    fans: int
    replies: int
    rate: float  # replies per second
    added_p50: float  # from the message to the complete answer, less what the model takes for it
    added_p95: float
    added_p99: float
    first_p50: float  # from the message to the first visible text
    first_p95: float
    first_added: float  # median of what lies between the model's first token and the first visible text
    model_first: float  # median of the time to the model's first token
    cpu: float  # milliseconds of the bot for each reply
    calls: float  # of the platform's API, for each reply
    rss: float
    lag_p99: float  # of the bot's event loop
    said: int
    lost: int
    incomplete: int
    duplicated: int
    out_of_order: int
    mixed_up: int

    @property
    def faults(self) -> int:
        """Answers that were not as they must be."""
        return self.lost + self.incomplete + self.duplicated + self.out_of_order + self.mixed_up


@dataclass(slots=True)
class Runs:
    """The runs of one bot under one load with so many fans."""

    bot: str
    load: Load
    fans: int
    outcomes: list[Outcome] = field(default_factory=list)

    def row(self, lag: Sequence[Lag]) -> Row:
        """All runs as one."""
        outcomes = self.outcomes
        added = [one * 1000 for outcome in outcomes for one in outcome.added]
        first = [one * 1000 for outcome in outcomes for one in outcome.first]
        model = [one * 1000 for outcome in outcomes for one in outcome.model_first]
        late = [
            look.late * 1000
            for outcome in outcomes
            for look in lag
            if outcome.start <= look.at <= outcome.start + outcome.seconds
        ]
        replies = max(len(added), 1)
        return Row(
            bot=self.bot,
            load=self.load.name,
            fans=self.fans,
            replies=len(added),
            rate=len(added) / sum(outcome.seconds for outcome in outcomes),
            added_p50=percentile(added, 50),
            added_p95=percentile(added, 95),
            added_p99=percentile(added, 99),
            first_p50=percentile(first, 50),
            first_p95=percentile(first, 95),
            first_added=percentile([seen - told for seen, told in zip(first, model, strict=True)], 50),
            model_first=percentile(model, 50),
            cpu=sum(outcome.cpu for outcome in outcomes) * 1000 / replies,
            calls=sum(sum(outcome.calls.values()) for outcome in outcomes) / replies,
            rss=max(outcome.rss for outcome in outcomes),
            lag_p99=percentile(late, 99),
            said=sum(outcome.said for outcome in outcomes),
            lost=sum(outcome.lost for outcome in outcomes),
            incomplete=sum(outcome.incomplete for outcome in outcomes),
            duplicated=sum(outcome.duplicated for outcome in outcomes),
            out_of_order=sum(outcome.out_of_order for outcome in outcomes),
            mixed_up=sum(outcome.mixed_up for outcome in outcomes),
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed; NaN of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * percent // 100) - 1)]


class Reused(NamedTuple):
    """One turn's prompt, in tokens as the model's server counts them."""

    prompt: int
    cached: int


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal of the project and what became of it."""

    goal: str
    measured: str
    met: bool


class Table(dict[tuple[str, str, int], Row]):
    """Rows by bot, load and fans."""

    def __init__(self, rows: Iterable[Row]) -> None:
        super().__init__({(row.bot, row.load, row.fans): row for row in rows})

    def pairs(self, floor: str) -> list[tuple[Row, Row]]:
        """The product's rows, each beside the floor's under the same load, where there were enough replies to tell."""
        both = [(row, self[floor, row.load, row.fans]) for row in self.values() if row.bot == PRODUCT]
        return [(mine, theirs) for mine, theirs in both if theirs.replies >= ENOUGH]

    def product(self) -> list[Row]:
        """The product's rows."""
        return [row for row in self.values() if row.bot == PRODUCT]


def telegram_goals(rows: Sequence[Row]) -> list[Goal]:
    """The goals that the Telegram runs are judged by."""
    table = Table(rows)
    beside_b, beside_a = table.pairs(FLOOR_B), table.pairs(FLOOR_A)
    rates = {_where(mine): mine.rate / floor.rate for mine, floor in beside_b}
    costs = {_where(mine): mine.cpu / floor.cpu for mine, floor in beside_b}
    beginner = {_where(mine): mine.rate / floor.rate for mine, floor in beside_a}
    added = {_where(mine): mine.added_p50 / floor.added_p50 for mine, floor in beside_b if mine.fans == 200}
    mine = table.product()
    streamed = [row for row in mine if row.load == STREAMED]
    shown = {_where(row): row.first_added for row in streamed if row.fans == 20}
    calls = {_where(row): row.calls for row in streamed}
    lag = {_where(row): row.lag_p99 for row in mine if row.fans == 200}
    rss = {_where(row): row.rss for row in mine}
    faults = sum(row.faults for row in mine)
    return [
        _goal("replies/s at least 50 % of floor b", rates, "{:.0%}", least=0.5),
        _goal("CPU per reply at most 3 x floor b", costs, "{:.1f} x", most=3),
        _goal("never slower than floor a", beginner, "{:.0%}", least=NOISE),
        _goal("added p50 at 200 fans at most 2 x floor b", added, "{:.1f} x", most=2),
        _goal("first text p50 at most model's first token + 50 ms (20 fans)", shown, "+{:.0f} ms", most=50),
        _goal("at most 5 API calls per streamed reply of 1.5 s", calls, "{:.1f}", most=5),
        _goal("event loop lag p99 at most 50 ms (200 fans)", lag, "{:.0f} ms", most=50),
        _goal("RSS at most 120 MiB", rss, "{:.0f} MiB", most=120),
        Goal(
            "nothing lost, duplicated, out of order, mixed up", f"{faults} of {sum(r.said for r in mine)}", not faults
        ),
    ]


def storage_goals(runs: Mapping[str, Sequence[float]]) -> list[Goal]:
    """The goal of the turn path, from turns per second of ``product`` and ``floor``."""
    share = statistics.median(runs["product"]) / statistics.median(runs["floor"])
    return [_goal("turn path without platform at least 40 % of floor c", {"": share}, "{:.0%}", least=0.4)]


def limiter_goals(runs: Sequence[Mapping[str, float]]) -> list[Goal]:
    """The goals of the limiter: how much it decides, and that the loop comes back meanwhile."""
    rate = statistics.median(run["decisions"] / run["seconds"] for run in runs)
    lag = statistics.median(run["lag_p99"] for run in runs)
    return [
        _goal("limiter at least 10,000 decisions/s", {"": rate}, "{:,.0f}/s", least=10_000),
        _goal("event loop lag p99 at most 50 ms under the limiter", {"": lag}, "{:.1f} ms", most=50),
    ]


def prefix_goals(turns: Sequence[Reused]) -> list[Goal]:
    """The goal of prefix reuse: the first turn has nothing to reuse and does not count."""
    share = sum(turn.cached for turn in turns[1:]) / sum(turn.prompt for turn in turns[1:])
    return [_goal(f"at least 90 % of prompt tokens cached over {len(turns)} turns", {"": share}, "{:.1%}", least=0.9)]


def _where(row: Row) -> str:
    return f"{row.load} {row.fans}"


def _goal(
    goal: str, measured: Mapping[str, float], form: str, *, least: float = -float("inf"), most: float = float("inf")
) -> Goal:
    """Met where every load meets it."""
    text = ", ".join(f"{where}: {form.format(value)}".removeprefix(": ") for where, value in measured.items())
    return Goal(goal, text, bool(measured) and all(least <= value <= most for value in measured.values()))
