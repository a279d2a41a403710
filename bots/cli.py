"""The command ``stagedoor``.

Exit codes: 0 done, 1 failed, 2 wrong usage, 75 try again later, 78 a setting or file is wrong.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from bots import app as composed
from bots import avatars, cli_avatar, cli_commands, cli_content, cli_fans, cli_report, cli_review, doctor, shell
from core.errors import ConfigError, StagedoorError, Unavailable

cli = typer.Typer(
    name="stagedoor",
    help="A creator's avatar for Discord, Telegram and the terminal: an AI stand-in, honestly labelled.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli.command("new")(cli_content.new_)
cli.add_typer(cli_avatar.cli, name="avatar")
cli.add_typer(cli_content.cli, name="content")
cli.add_typer(cli_fans.cli, name="fans")
cli.add_typer(cli_report.cli, name="report")
cli.command("gaps")(cli_content.gaps)
cli.command("why")(cli_review.why)
cli.command("revise")(cli_review.revise)
cli.command("eval")(cli_review.eval_)
cli.command("audit")(cli_commands.audit)
cli.command("commands")(cli_commands.commands)
cli_commands.add_to(cli)

MARKS = {"pass": "[green]pass[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}


def main() -> None:
    """Run the command line; every expected failure is one message that says what to do."""
    try:
        cli()
    except ConfigError as exc:
        _complain(exc, shell.EXIT_CONFIG)
    except Unavailable as exc:
        _complain(exc, shell.EXIT_LATER)
    except StagedoorError as exc:
        _complain(exc, shell.EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(exc: StagedoorError, code: int) -> None:
    Console(stderr=True).print(str(exc), style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


@cli.callback(invoke_without_command=True)
def top(*, show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options that stand before a command."""
    if show_version:
        typer.echo(f"stagedoor {version('stagedoor')}")
        raise typer.Exit


@cli.command()
def run() -> None:
    """Start every configured account; the terminal too, when there is somebody or something at standard input."""
    asyncio.run(composed.run(shell.begin()))


@cli.command()
def chat(
    *,
    avatar: Annotated[str | None, typer.Option(help="Which avatar to talk to.")] = None,
    fan: Annotated[str, typer.Option(help="Who is talking.")] = "you",
    message: Annotated[str | None, typer.Option("--message", "-m", help="Say this one thing and end.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Talk to the avatar's draft.")] = False,
    as_json: shell.AsJson = False,
) -> None:
    """Talk to an avatar from the terminal."""
    read = shell.begin()
    name = avatar or read.avatar
    asyncio.run(composed.chat(read, avatar=name, fan=fan, message=message, as_json=as_json, draft=draft))


@cli.command("doctor")
def doctor_(*, as_json: shell.AsJson = False) -> None:
    """Check tokens, model, database, clock and disk, and say how to mend what is wrong."""
    findings = asyncio.run(doctor.examine(shell.begin()))
    if as_json:
        typer.echo(
            json.dumps([{k: getattr(f, k) for k in ("check", "level", "detail", "mend")} for f in findings], indent=2)
        )
    else:
        console = Console()
        for finding in findings:
            console.print(f"{MARKS[finding.level]}  [bold]{finding.check}[/]: ", end="")
            console.print(finding.detail, markup=False, highlight=False, soft_wrap=True)
            if finding.mend:
                console.print(f"      {finding.mend}", markup=False, highlight=False, soft_wrap=True)
    if any(finding.level == "fail" for finding in findings):
        raise typer.Exit(shell.EXIT_FAILED)


@cli.command("avatars")
def avatars_(*, as_json: shell.AsJson = False) -> None:
    """List the avatars there are."""
    read = shell.begin()
    rows = [
        (name, avatars.load(name, read.avatars_dir), path) for name, path in avatars.found(read.avatars_dir).items()
    ]
    if as_json:
        listed = [
            {"avatar": name, "name": one.name, "tagline": one.tagline, "file": str(path)} for name, one, path in rows
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    if not sys.stdout.isatty():
        typer.echo("\n".join(f"{name}\t{one.name}\t{one.tagline}\t{path}" for name, one, path in rows))
        return
    table = Table("avatar", "name", "tagline", Column("file", overflow="fold"), box=None, pad_edge=False)
    for name, one, path in rows:
        table.add_row(name, one.name, one.tagline, str(path))
    Console().print(table)
