"""The report: tables in a terminal, plain columns elsewhere, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Goal, Row

PLAIN_WIDTH = 200  # columns where the output is no terminal


def console() -> Console:
    """Where the report goes."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def table(out: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print one table; every column but the first is aligned to the right."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD if out.is_terminal else None, pad_edge=False)
    for number, column in enumerate(columns):
        made.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        made.add_row(*row)
    out.print()
    out.print(made)


def telegram(out: Console, rows: Sequence[Row]) -> None:
    """The figures of all bots under all loads."""
    columns = (
        *("load", "fans", "bot", "replies", "replies/s", "added ms p50", "p95", "p99", "first text ms p50", "p95"),
        *("model's", "CPU ms/reply", "calls/reply", "RSS MiB", "lag ms p99", "lost", "doubled", "unordered", "mixed"),
    )
    shown = [
        (
            *(row.load, str(row.fans), row.bot, str(row.replies), f"{row.rate:.1f}"),
            *(f"{value:.0f}" for value in (row.added_p50, row.added_p95, row.added_p99)),
            *(f"{value:.0f}" for value in (row.first_p50, row.first_p95, row.model_first)),
            *(f"{row.cpu:.2f}", f"{row.calls:.1f}", f"{row.rss:.0f}", f"{row.lag_p99:.0f}"),
            *(str(row.lost + row.incomplete), str(row.duplicated), str(row.out_of_order), str(row.mixed_up)),
        )
        for row in sorted(rows, key=lambda row: (row.load, row.fans, row.bot))
    ]
    table(out, "Telegram, fans that write again as soon as the answer is there", columns, shown)


def goals(out: Console, reached: Sequence[Goal]) -> None:
    """What was to be reached, and what was."""
    made = Table(title="Goals", title_justify="left", box=box.SIMPLE_HEAD if out.is_terminal else None, pad_edge=False)
    made.add_column("", no_wrap=True)
    made.add_column("goal", overflow="fold")
    made.add_column("measured", overflow="fold")
    for goal in reached:
        made.add_row("[green]met[/]" if goal.met else "[red]missed[/]", goal.goal, goal.measured)
    out.print()
    out.print(made)


def as_json(path: Path, rows: Sequence[Row], goals: Sequence[Goal], **more: Any) -> None:
    """Write everything to a file."""
    machine = {"system": platform.system(), "python": platform.python_version(), "cores": os.cpu_count()}
    everything = {"machine": machine, "telegram": [asdict(row) for row in rows], **more}
    path.write_text(json.dumps({**everything, "goals": [asdict(goal) for goal in goals]}, indent=2))
