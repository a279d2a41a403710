"""What all commands of the command line share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from bots import logs, settings

EXIT_FAILED, EXIT_LATER, EXIT_CONFIG = 1, 75, 78

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
NoInput = Annotated[bool, typer.Option("--no-input", help="Ask nothing; what is not given is an error or a default.")]


def begin() -> settings.Settings:
    """Read the settings and set up the logs, as every command does first."""
    read = settings.load()
    logs.configure(read.log_level, read.log_format, read.secrets)
    return read


@contextmanager
def bars(*, quiet: bool) -> Iterator[Callable[[str, int, int | None, str], None]]:
    """Progress on a terminal, elsewhere nothing: of a named task, how many of how many are done, and a remark."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    remark = TextColumn("{task.fields[remark]}")
    console = Console(stderr=True)
    with Progress(*columns, remark, console=console, disable=quiet or not console.is_terminal, transient=True) as shown:
        known: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int | None, remark: str) -> None:
            if name not in known:
                known[name] = shown.add_task(escape(name), total=None, remark="")
            shown.update(known[name], completed=done, total=total, remark=remark)

        yield show
