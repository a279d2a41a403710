"""What all commands of the command line share."""

from __future__ import annotations

from typing import Annotated

import typer

from bots import logs, settings

EXIT_FAILED, EXIT_LATER, EXIT_CONFIG = 1, 75, 78

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
NoInput = Annotated[bool, typer.Option("--no-input", help="Ask nothing; what is not given is an error or a default.")]


def begin() -> settings.Settings:
    """Read the settings and set up the logs, as every command does first."""
    read = settings.load()
    logs.configure(read.log_level, read.log_format, read.secrets)
    return read
