"""The command ``stagedoor``.

Exit codes: 0 done, 1 failed, 2 wrong usage, 75 try again later, 78 a setting or file is wrong.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from adapters.cards import Format
from bots import app as composed
from bots import avatars, cards, doctor, logs, settings
from core.errors import ConfigError, StagedoorError, Unavailable

EXIT_FAILED, EXIT_LATER, EXIT_CONFIG = 1, 75, 78

cli = typer.Typer(
    name="stagedoor",
    help="A creator's avatar for Discord, Telegram and the terminal: an AI stand-in, honestly labelled.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
MARKS = {"pass": "[green]pass[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}


def main() -> None:
    """Run the command line; every expected failure is one message that says what to do."""
    try:
        cli()
    except ConfigError as exc:
        _complain(exc, EXIT_CONFIG)
    except Unavailable as exc:
        _complain(exc, EXIT_LATER)
    except StagedoorError as exc:
        _complain(exc, EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(exc: StagedoorError, code: int) -> None:
    Console(stderr=True).print(str(exc), style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


def _settings() -> settings.Settings:
    read = settings.load()
    logs.configure(read.log_level, read.log_format, read.secrets)
    return read


@cli.callback(invoke_without_command=True)
def top(*, show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options that stand before a command."""
    if show_version:
        typer.echo(f"stagedoor {version('stagedoor')}")
        raise typer.Exit


@cli.command()
def run() -> None:
    """Start every configured account; the terminal too, when there is somebody or something at standard input."""
    asyncio.run(composed.run(_settings()))


@cli.command()
def chat(
    *,
    avatar: Annotated[str | None, typer.Option(help="Which avatar to talk to.")] = None,
    fan: Annotated[str, typer.Option(help="Who is talking.")] = "you",
    message: Annotated[str | None, typer.Option("--message", "-m", help="Say this one thing and end.")] = None,
    as_json: AsJson = False,
) -> None:
    """Talk to an avatar from the terminal."""
    read = _settings()
    asyncio.run(composed.chat(read, avatar=avatar or read.avatar, fan=fan, message=message, as_json=as_json))


@cli.command("doctor")
def doctor_(*, as_json: AsJson = False) -> None:
    """Check tokens, model, database, clock and disk, and say how to mend what is wrong."""
    findings = asyncio.run(doctor.examine(_settings()))
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
        raise typer.Exit(EXIT_FAILED)


@cli.command("avatars")
def avatars_(*, as_json: AsJson = False) -> None:
    """List the avatars there are."""
    read = _settings()
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


avatar_ = typer.Typer(help="Make an avatar of a character card, and a card of an avatar.", no_args_is_help=True)
cli.add_typer(avatar_, name="avatar")


@avatar_.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The card: PNG, APNG, JSON or CHARX.")],
    *,
    name: Annotated[str | None, typer.Option(help="The avatar's name; without it, one made from the card's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the avatar of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make an avatar of a character card (V1, V2 or V3)."""
    done = cards.bring_in(file, _settings().avatars_dir, name=name, force=force)
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
        return
    typer.echo(f"{done.name}: {done.file}, from a card {done.card}.")
    typer.echo("".join(f"  {remark}\n" for remark in done.remarks), nl=False)
    if done.kept:
        typer.echo(f"Not used yet, and kept for export: {', '.join(done.kept)}.")
    typer.echo(f"Try it: stagedoor chat --avatar {done.avatar}")


@avatar_.command("export")
def export(
    name: Annotated[str, typer.Argument(help="The avatar's name.")],
    *,
    version_: Annotated[Format, typer.Option("--format", help="As which version of the card format.")] = "v3",
    to: Annotated[Path | None, typer.Option(help="Where: a .png, .json or .charx file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write an avatar as a character card."""
    done = cards.give_out(name, _settings().avatars_dir, to=to, version=version_, force=force)
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
        return
    changed = f", with these fields changed: {', '.join(done.changed)}" if done.changed else ""
    typer.echo(f"{done.file}: {done.format}{changed}.")
    typer.echo("".join(f"  {remark}\n" for remark in done.remarks), nl=False)
