"""``stagedoor avatar``: what is done with one avatar."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from adapters.cards import Format
from bots import cards, shell

cli = typer.Typer(help="Make an avatar of a character card, and a card of an avatar.", no_args_is_help=True)


@cli.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The card: PNG, APNG, JSON or CHARX.")],
    *,
    name: Annotated[str | None, typer.Option(help="The avatar's name; without it, one made from the card's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the avatar of that name.")] = False,
    as_json: shell.AsJson = False,
) -> None:
    """Make an avatar of a character card (V1, V2 or V3)."""
    done = cards.bring_in(file, shell.begin().avatars_dir, name=name, force=force)
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
        return
    typer.echo(f"{done.name}: {done.file}, from a card {done.card}.")
    typer.echo("".join(f"  {remark}\n" for remark in done.remarks), nl=False)
    if done.kept:
        typer.echo(f"Not used yet, and kept for export: {', '.join(done.kept)}.")
    typer.echo(f"Try it: stagedoor chat --avatar {done.avatar}")


@cli.command("export")
def export(
    name: Annotated[str, typer.Argument(help="The avatar's name.")],
    *,
    version_: Annotated[Format, typer.Option("--format", help="As which version of the card format.")] = "v3",
    to: Annotated[Path | None, typer.Option(help="Where: a .png, .json or .charx file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    as_json: shell.AsJson = False,
) -> None:
    """Write an avatar as a character card."""
    done = cards.give_out(name, shell.begin().avatars_dir, to=to, version=version_, force=force)
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
        return
    changed = f", with these fields changed: {', '.join(done.changed)}" if done.changed else ""
    typer.echo(f"{done.file}: {done.format}{changed}.")
    typer.echo("".join(f"  {remark}\n" for remark in done.remarks), nl=False)
