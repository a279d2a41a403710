"""``stagedoor new``, ``content``, ``gaps``: what an avatar is built and answers from."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.ingest.exports.telegram import NO_CONSENT
from bots import avatars, content, new, shell, sources
from bots.content import Read
from bots.house import library, visiting
from bots.settings import Settings
from core.errors import ConfigError
from core.gaps import LEAST_FANS, Theme, themes
from core.model import AvatarId

cli = typer.Typer(help="What a creator has published, and the avatar answers from.", no_args_is_help=True)
WRITTEN = "Web addresses begin with https:// or www."
Which = Annotated[str | None, typer.Argument(help="The avatar's name; without it, the one that is set.")]


def new_(
    name: Annotated[
        str | None, typer.Argument(help="The creator's name, as fans know it; without it, you are asked.")
    ] = None,
    *,
    from_: Annotated[
        list[str] | None, typer.Option("--from", help="A file, folder, export or web address; as many as you like.")
    ] = None,
    avatar: Annotated[str | None, typer.Option(help="The avatar's short name; without it, made from the name.")] = None,
    tagline: Annotated[str, typer.Option(help="One line on what the creator does.")] = "",
    creator: Annotated[
        list[str] | None, typer.Option(help="A name, handle or id under which the creator writes; repeatable.")
    ] = None,
    consent: Annotated[
        list[str] | None, typer.Option(help='An export that may be used although its terms restrict it: "telegram".')
    ] = None,
    model: Annotated[bool, typer.Option(help="Let the model read for traits and topics.")] = True,
    no_input: shell.NoInput = False,
    as_json: shell.AsJson = False,
) -> None:
    """Build an avatar from what its creator has published; again, to take in what is new."""
    settings = shell.begin()
    asks = sys.stdin.isatty() and not no_input and not as_json
    wanted = _wanted(name, from_ or [], avatar, tagline, asks=asks)
    wanted = replace(wanted, creator=tuple(creator or ()), consent=tuple(consent or ()), model=model)
    read = _read(lambda tell: new.read(settings, wanted, tell), quiet=as_json)
    if asks and (waiting := new.unconsented(read)) and _agrees(waiting):
        read = _read(lambda tell: new.read(settings, new.consented(wanted), tell), quiet=as_json)
    if not as_json:
        _report(read)
    with shell.bars(quiet=as_json) as show:
        built = asyncio.run(new.write(settings, wanted, lambda done, of: show("the model reads", done, of, "")))
    if as_json:
        shown = {**asdict(built), "read": [content.as_json(one) for one in read]}
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        typer.echo("".join(f"{remark}\n" for remark in built.remarks), nl=False)
        after = "avatar publish" if built.is_draft else "chat --avatar"
        typer.echo(f"Look through {built.file}, then: stagedoor {after} {built.avatar}")
    _exit(read)


def _wanted(name: str | None, given: Sequence[str], avatar: str | None, tagline: str, *, asks: bool) -> new.Wanted:
    """What was given on the command line, and what was left out asked for."""
    if name is None and not asks:
        raise typer.BadParameter("Whose avatar? Give the creator's name: stagedoor new NAME --from SOURCE")
    for source in given:
        if not _there(source):
            raise typer.BadParameter(f"There is no {source}. {WRITTEN}", param_hint="--from")
    if name is None:
        name = typer.prompt("What do fans call you?")
        tagline = tagline or typer.prompt(
            "What do you do, in one line? (Enter: leave out)", default="", show_default=False
        )
        given = given or _asked_for_sources()
    short = avatar or new.slug(name)
    if not short:
        raise typer.BadParameter(f"The name {name!r} makes no folder name. Choose one with --avatar.")
    return new.Wanted(name, short, tuple(given), tagline)


def _asked_for_sources() -> list[str]:
    typer.echo(
        "Where is what you have published? A folder, files, exports, web addresses; an empty line ends the list."
    )
    found: list[str] = []
    while source := typer.prompt("  from", default="", show_default=False).strip():
        if (meant := next(filter(_there, (source, _unquoted(source))), None)) is not None:
            found.append(meant)
        else:
            typer.echo(f"  There is no {source}. {WRITTEN}")
    return found


def _there(source: str) -> bool:
    return sources.on_the_web(source) or Path(source).expanduser().exists()


def _unquoted(source: str) -> str:
    """A path as it was before the terminal quoted it, as most do with a file that is dropped on them."""
    try:
        return " ".join(shlex.split(source))
    except ValueError:
        return source


def _agrees(waiting: Sequence[str]) -> bool:
    typer.echo(f"{', '.join(waiting)}: {NO_CONSENT}.")
    return typer.confirm("Is the channel yours, and may it be used so?", default=False)


@cli.command("sync")
def sync(avatar: Which = None, *, as_json: shell.AsJson = False) -> None:
    """Read all sources anew: only what is new or has changed is taken, and what is gone is dropped."""
    settings = shell.begin()
    name = avatar or settings.avatar
    read = _read(lambda tell: _synced(settings, name, tell), quiet=as_json)
    if as_json:
        typer.echo(json.dumps([content.as_json(one) for one in read], indent=2, ensure_ascii=False))
    else:
        _report(read)
    _exit(read)


async def _synced(settings: Settings, name: str, tell: content.Tell) -> list[Read]:
    folder = avatars.file_of(name, settings.avatars_dir).parent
    wanted = sources.load(folder)
    if wanted is None or not wanted.sources:
        raise ConfigError(
            f'{folder / sources.FILE} names no sources. Write sources = ["..."] there, or: stagedoor new --from SOURCE'
        )
    async with visiting(settings) as store, library(settings, store) as found:
        return await content.refresh(store, found, AvatarId(name), folder, wanted, tell=tell)


@cli.command("list")
def list_(avatar: Which = None, *, as_json: shell.AsJson = False) -> None:
    """List what is kept of each source."""
    settings = shell.begin()
    name = avatar or settings.avatar

    async def work() -> list[dict[str, object]]:
        async with visiting(settings) as store:
            return [asdict(one) for one in await store.content.sources(AvatarId(name))]

    rows = asyncio.run(work())
    if not rows:
        avatars.file_of(name, settings.avatars_dir)  # a slip of the pen is no empty list
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
        return
    for row in rows:
        typer.echo(
            f"{row['source']}: {row['documents']} documents, {row['passages']} passages, {row['changed_at']:%Y-%m-%d}"
        )
    if not rows:
        typer.echo("Nothing yet. See: stagedoor new --help")


@cli.command("forget")
def forget(
    avatar: Annotated[str, typer.Argument(help="The avatar's name.")],
    source: Annotated[str, typer.Argument(help="The source, as the list shows it.")],
) -> None:
    """Drop all that was read of a source. Take it out of content.toml too, or it is read again."""
    settings = shell.begin()

    async def work() -> int:
        async with visiting(settings) as store:
            return await store.content.forget(AvatarId(avatar), source)

    gone = asyncio.run(work())
    typer.echo(f"{source}: {gone} documents dropped.")
    if not gone:
        raise typer.Exit(shell.EXIT_FAILED)


def gaps(
    avatar: Which = None,
    *,
    days: Annotated[int, typer.Option(min=1, help="Of how many days.")] = 30,
    fans: Annotated[
        int, typer.Option(min=LEAST_FANS, help="Show what at least so many fans asked about.")
    ] = LEAST_FANS,
    as_json: shell.AsJson = False,
) -> None:
    """Show what fans ask about and nothing published answers, without quoting anybody."""
    settings = shell.begin()
    name = avatar or settings.avatar

    async def work() -> list[Theme]:
        async with visiting(settings) as store:
            since = datetime.now(UTC) - timedelta(days=days)
            return themes(await store.gaps.all(AvatarId(name), since), least_fans=fans)

    found = asyncio.run(work())
    if not found:
        avatars.file_of(name, settings.avatars_dir)  # as for the list
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False, default=str))
        return
    for one in found:
        typer.echo(f"{one.fans:>4} fans, {one.questions} questions, last {one.last:%Y-%m-%d}: {' '.join(one.words)}")
    if not found:
        typer.echo(f"Nothing that {fans} fans or more asked about in {days} days.")


def _report(read: Sequence[Read]) -> None:
    for one in read:
        typer.echo(content.told(one))


def _exit(read: Sequence[Read]) -> None:
    """Some sources failed: a script can tell, although the others were read."""
    if any(one.failed for one in read):
        raise typer.Exit(shell.EXIT_FAILED)


def _read(reading: Callable[[content.Tell], Coroutine[Any, Any, list[Read]]], *, quiet: bool) -> list[Read]:
    """Read with progress shown; who stops it with Ctrl-C is told that nothing is lost."""
    began = time.monotonic()

    def tell(one: content.Progress) -> None:
        passages = one.shelved.passages
        rate = passages / max(time.monotonic() - began, 0.001)
        show(one.source, one.items, one.total, f"{passages:,} passages, {rate:,.0f}/s")

    try:
        with shell.bars(quiet=quiet) as show:
            return asyncio.run(reading(tell))
    except KeyboardInterrupt:
        typer.echo("Stopped. What was read is kept; the same command goes on from there.", err=True)
        raise
