"""``stagedoor avatar``: what is done with one avatar."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters import storage
from adapters.cards import Format
from adapters.storage import Version
from bots import avatars, cards, house, lorebooks, shell, voice
from bots.versions import Desk, Live
from core.voice import Voice

cli = typer.Typer(help="Copy avatars, keep their versions, and turn them into character cards.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The avatar's name.")]


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


@cli.command("lore")
def lore(
    name: Name,
    *,
    text: Annotated[str, typer.Option(help="What a fan might write.")],
    as_json: shell.AsJson = False,
) -> None:
    """Show which lorebook entries a message calls up, and why."""
    done = lorebooks.tried(name, shell.begin().avatars_dir, text)
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
        return
    for entry in done.entries:
        typer.echo(f"{entry.name} ({entry.why}; {entry.tokens} tokens)")
    if done.dropped:
        typer.echo(f"No room in {done.budget} tokens for: {', '.join(done.dropped)}.")
    if not (done.entries or done.dropped):
        typer.echo("Nothing of the lorebook.")


@cli.command("copy")
def copy(
    name: Name,
    new: Annotated[str, typer.Argument(help="The new avatar's name.")],
    *,
    as_json: shell.AsJson = False,
) -> None:
    """Make an avatar of your own from another one, such as a sample."""
    file = avatars.copy(name, new, shell.begin().avatars_dir)
    if as_json:
        typer.echo(json.dumps({"avatar": new, "file": str(file)}, indent=2))
        return
    typer.echo(f"{new}: {file}. Change that file, then try it: stagedoor chat --avatar {new}")


@cli.command("publish")
def publish(
    name: Name,
    *,
    note: Annotated[str, typer.Option(help="What is new, for the history.")] = "published",
    as_json: shell.AsJson = False,
) -> None:
    """Make the draft of an avatar what its fans meet. While it runs, that takes about a second."""

    async def work() -> Live:
        async with _desk(name) as desk:
            return await desk.publish(note, now=datetime.now(UTC))

    _tell(asyncio.run(work()), as_json=as_json)


@cli.command("history")
def history(name: Name, *, as_json: shell.AsJson = False) -> None:
    """List the versions of an avatar, newest first."""

    async def work() -> Sequence[Version]:
        async with _desk(name) as desk:
            return await desk.history()

    versions = asyncio.run(work())
    if as_json:
        rows = [{"version": one.number, "at": one.created_at.isoformat(), "note": one.note} for one in versions]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not versions:
        typer.echo(f"{name} has no versions yet. The first one is kept when it runs or is published.")
    for one in versions:
        typer.echo(f"{one.number:>4}  {one.created_at:%Y-%m-%d %H:%M} UTC  {one.note}")


@cli.command("diff")
def diff(
    name: Name,
    a: Annotated[str | None, typer.Argument(help="A version's number, 'draft' or 'published'.")] = None,
    b: Annotated[str | None, typer.Argument(help="Another one, to see how it differs from the first.")] = None,
) -> None:
    """Show what a version changed; without a number, the newest one."""

    async def work() -> str:
        async with _desk(name) as desk:
            return await desk.diff(*(one for one in (a, b) if one is not None))

    typer.echo(asyncio.run(work()), nl=False)


@cli.command("rollback")
def rollback(
    name: Name,
    number: Annotated[int, typer.Argument(help="The version's number, as the history shows it.")],
    *,
    as_json: shell.AsJson = False,
) -> None:
    """Publish an earlier version again, as a new one. While the avatar runs, that takes about a second."""

    async def work() -> Live:
        async with _desk(name) as desk:
            return await desk.roll_back(number, now=datetime.now(UTC))

    _tell(asyncio.run(work()), as_json=as_json)


@cli.command("voice")
def voice_(
    name: Name,
    *,
    anew: Annotated[
        bool, typer.Option("--anew", help="Measure again, from the content as it is now, and keep that.")
    ] = False,
    as_json: shell.AsJson = False,
) -> None:
    """Show how the creator writes, and how close the avatar's replies come to that."""

    async def work() -> tuple[Voice, voice.Comparison]:
        settings = shell.begin()
        async with storage.open_database(house.database_url(settings)) as database:
            return await voice.hear(name, settings.avatars_dir, database, anew=anew)

    measured, compared = asyncio.run(work())
    if as_json:
        shown = {"voice": asdict(replace(measured, yardstick=None)), "comparison": asdict(compared)}
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    typer.echo(voice.told(measured, compared))


@asynccontextmanager
async def _desk(name: str) -> AsyncIterator[Desk]:
    """The versions of an avatar, whether or not it runs."""
    settings = shell.begin()
    async with storage.open_database(house.database_url(settings), visiting=True) as database:
        yield Desk(name, settings.avatars_dir, storage.Personas(database))


def _tell(live: Live, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(live), indent=2))
        return
    typer.echo(f"{live.avatar}: version {live.version} is published, in {live.file}.")
