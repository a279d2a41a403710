"""``stagedoor new``, ``content``, ``gaps``: what an avatar is built and answers from."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from bots import avatars, content, new, shell, sources
from bots.content import Read
from bots.house import library, visiting
from bots.settings import Settings
from core.errors import ConfigError
from core.gaps import LEAST_FANS, Theme, themes
from core.model import AvatarId

cli = typer.Typer(help="What a creator has published, and the avatar answers from.", no_args_is_help=True)
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
    wanted = new.Wanted(
        **{**asdict(wanted), "creator": tuple(creator or ()), "consent": tuple(consent or ()), "model": model}
    )
    with _bars(quiet=as_json) as (tell, reading):
        talk = new.Talk(tell, reading, _agrees if asks else lambda _: False)
        built = asyncio.run(new.build(settings, wanted, talk))
    if as_json:
        shown = {**asdict(built), "read": [content.as_json(one) for one in built.read]}
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=str))
    else:
        _report(built.read)
        typer.echo("".join(f"{remark}\n" for remark in built.remarks), nl=False)
        after = (
            f"stagedoor avatar publish {built.avatar}" if built.is_draft else f"stagedoor chat --avatar {built.avatar}"
        )
        typer.echo(f"Look through {built.file}, then: {after}")
    _exit(built.read)


def _wanted(name: str | None, given: Sequence[str], avatar: str | None, tagline: str, *, asks: bool) -> new.Wanted:
    """What was given on the command line, and what was left out asked for."""
    if name is None and not asks:
        raise typer.BadParameter("Whose avatar? Give the creator's name: stagedoor new NAME --from SOURCE")
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
        if source.lower().startswith(sources.WEB) or Path(source).expanduser().exists():
            found.append(source)
        else:
            typer.echo(f"  There is no {source}. Web addresses begin with https://")
    return found


def _agrees(question: str) -> bool:
    return typer.confirm(f"{question}\nIs the channel yours, and may it be used so?", default=False)


@cli.command("sync")
def sync(avatar: Which = None, *, as_json: shell.AsJson = False) -> None:
    """Read all sources anew: only what is new or has changed is taken, and what is gone is dropped."""
    settings = shell.begin()
    name = avatar or settings.avatar
    with _bars(quiet=as_json) as (tell, _):
        read = asyncio.run(_synced(settings, name, tell))
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
    async with visiting(settings) as store:
        read = await content.sync(store.content, AvatarId(name), folder, wanted, tell=tell)
        await library(settings, store).embed_missing(AvatarId(name))
        return read


@cli.command("list")
def list_(avatar: Which = None, *, as_json: shell.AsJson = False) -> None:
    """List what is kept of each source."""
    settings = shell.begin()

    async def work() -> list[dict[str, object]]:
        async with visiting(settings) as store:
            return [asdict(one) for one in await store.content.sources(AvatarId(avatar or settings.avatar))]

    rows = asyncio.run(work())
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

    async def work() -> list[Theme]:
        async with visiting(settings) as store:
            since = datetime.now(UTC) - timedelta(days=days)
            return themes(await store.gaps.all(AvatarId(avatar or settings.avatar), since), least_fans=fans)

    found = asyncio.run(work())
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


@contextmanager
def _bars(*, quiet: bool) -> Iterator[tuple[content.Tell, Callable[[int, int], None]]]:
    """Progress on a terminal, with counts and rates; elsewhere nothing."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    with Progress(
        *columns, console=Console(stderr=True), disable=quiet or not sys.stderr.isatty(), transient=True
    ) as bars:
        known: dict[str, object] = {}

        def task(name: str) -> object:
            if name not in known:
                known[name] = bars.add_task(name, total=None, rate="")
            return known[name]

        def tell(one: content.Progress) -> None:
            number = task(one.source)
            speed = next((each.speed for each in bars.tasks if each.id == number), None)
            rate = f"{one.shelved.passages} passages" + (f", {speed:.0f}/s" if speed else "")
            bars.update(number, completed=one.items, total=one.total, rate=rate)  # type: ignore[arg-type]

        def reading(done: int, total: int) -> None:
            bars.update(task("the model reads"), completed=done, total=total)  # type: ignore[arg-type]

        yield tell, reading
