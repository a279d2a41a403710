"""``stagedoor fans``: who has talked with an avatar, what the creator notes about them, and forgetting one of them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from adapters.storage import Storage
from bots import shell
from bots.house import visiting
from core.errors import NotFound
from core.memory import CreatorNote, Fact, FactId, Forgotten, NoteId, Visitor
from core.model import AvatarId, FanId
from core.text import clean
from core.wish import counted, day

cli = typer.Typer(help="Who has talked with an avatar; never what they said.", invoke_without_command=True)
T = TypeVar("T")
PAGE = 500  # fans, or facts, read at once
LONGEST_TAG = 40  # characters
LONGEST_NOTE = 1000  # characters
LARGEST = 2**63 - 1  # number that a database holds
FACT_FIELDS = ("id", "kind", "subject", "statement", "said_at", "holds_from", "holds_until")

Avatar = Annotated[str | None, typer.Option(help="The avatar's name; without it, the one that is set.")]
Fan = Annotated[int, typer.Argument(min=1, max=LARGEST, help="The fan's number, as the list shows it.")]
Tags = Annotated[list[str], typer.Argument(help="Tags, such as vip.")]


@cli.callback()
def fans(
    context: typer.Context,
    *,
    tag: Annotated[str, typer.Option(help="Only fans with this tag.")] = "",
    avatar: Avatar = None,
    as_json: shell.AsJson = False,
) -> None:
    """List an avatar's fans: number, platform, name, first and last seen, messages kept, your tags and notes."""
    if context.invoked_subcommand is not None:
        return
    wanted = _tag(tag) if tag else ""
    visitors = _visit(avatar, lambda store, name: _audience(store, name, wanted))
    if as_json:
        _print_json([asdict(one) for one in visitors])
        return
    if not sys.stdout.isatty():
        typer.echo("".join("\t".join(_cells(one)) + "\n" for one in visitors), nl=False)
        return
    messages, notes = (Column(name, justify="right") for name in ("messages", "notes"))
    seen = ("first seen", "last seen")
    table = Table("fan", "platform", "name", *seen, messages, notes, "tags", "facts", box=None, pad_edge=False)
    for one in visitors:
        table.add_row(*map(escape, _cells(one)))
    Console().print(table)


@cli.command()
def show(fan: Fan, *, avatar: Avatar = None, as_json: shell.AsJson = False) -> None:
    """Show a fan with your tags and notes, and the facts about them if they let you read these (/memory open)."""
    who = FanId(fan)

    async def work(store: Storage, name: AvatarId) -> tuple[Visitor, Sequence[CreatorNote], list[Fact]]:
        visitor = await _found(store, name, who)
        return visitor, await store.audience.notes(name, who), await _facts(store, name, who)

    visitor, notes, facts = _visit(avatar, work)
    if as_json:
        listed = [{name: getattr(one, name) for name in FACT_FIELDS} for one in facts] if visitor.open else None
        _print_json({**asdict(visitor), "notes": [asdict(one) for one in notes], "facts": listed})
        return
    _tell(visitor, notes, facts)


@cli.command()
def tag(fan: Fan, tags: Tags, *, avatar: Avatar = None) -> None:
    """Give a fan tags, for yourself: the avatar does not know them."""
    who, wanted = FanId(fan), list(map(_tag, tags))

    async def work(store: Storage, name: AvatarId) -> Visitor:
        for each in wanted:
            await store.audience.tag(name, who, each)
        return await _found(store, name, who)

    _tell_tags(_visit(avatar, work))


@cli.command()
def untag(fan: Fan, tags: Tags, *, avatar: Avatar = None) -> None:
    """Take tags away from a fan."""
    who, unwanted = FanId(fan), list(map(_tag, tags))

    async def work(store: Storage, name: AvatarId) -> Visitor:
        await _found(store, name, who)
        for each in unwanted:
            if not await store.audience.untag(name, who, each):
                raise NotFound(f"Fan {who} has no tag {each!r}.")
        return await _found(store, name, who)

    _tell_tags(_visit(avatar, work))


@cli.command()
def note(fan: Fan, text: Annotated[str, typer.Argument(help="What to note.")], *, avatar: Avatar = None) -> None:
    """Note something about a fan, for yourself: the avatar does not know it, but the fan may ask for it (/export)."""
    kept = clean(text, len(text) + 1)
    if not 0 < len(kept) <= LONGEST_NOTE:
        raise typer.BadParameter(f"A note has 1 to {LONGEST_NOTE} characters.")

    async def work(store: Storage, name: AvatarId) -> CreatorNote:
        made = await store.audience.note(name, FanId(fan), kept, now=datetime.now(UTC))
        return made or _missing(name, FanId(fan))

    typer.echo(f"Noted as number {_visit(avatar, work).id}.")


@cli.command()
def unnote(
    fan: Fan,
    number: Annotated[int, typer.Argument(min=1, max=LARGEST, help="The note's number, as show tells it.")],
    *,
    avatar: Avatar = None,
) -> None:
    """Take a note about a fan away."""

    async def work(store: Storage, name: AvatarId) -> None:
        if not await store.audience.drop_note(name, FanId(fan), NoteId(number)):
            raise NotFound(f"There is no note {number} about fan {fan}. `stagedoor fans show {fan}` lists them.")

    _visit(avatar, work)
    typer.echo(f"Note {number} is gone.")


@cli.command()
def forget(
    fan: Fan, *, avatar: Avatar = None, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Forget a fan for good: messages with their replies, facts, summaries, limits, links, your tags and notes."""
    who = FanId(fan)
    visitor = _visit(avatar, lambda store, name: _found(store, name, who))
    if not yes:
        what = f"{visitor.name} on {visitor.platform}, {counted(visitor.messages, 'message')}"
        typer.confirm(f"Forget {what}, for good?", abort=True)
    gone = _visit(avatar, lambda store, name: _forgotten(store, name, who))
    messages, facts = counted(gone.messages, "message"), counted(gone.facts, "fact")
    typer.echo(f"Forgotten: {messages} with {gone.replies} of the avatar's, {facts}.")


# ── what is read ─────────────────────────────────────────────────────────────────────────────────


async def _audience(store: Storage, avatar: AvatarId, tag: str) -> list[Visitor]:
    found: list[Visitor] = []
    while page := await store.audience.visitors(avatar, after=found[-1].id if found else FanId(0), limit=PAGE, tag=tag):
        found += page
    return found


async def _facts(store: Storage, avatar: AvatarId, fan: FanId) -> list[Fact]:
    found: list[Fact] = []
    while page := await store.audience.facts(avatar, fan, after=found[-1].id if found else FactId(0), limit=PAGE):
        found += page
    return found


async def _found(store: Storage, avatar: AvatarId, fan: FanId) -> Visitor:
    page = await store.audience.visitors(avatar, after=FanId(fan - 1), limit=1)
    return page[0] if page and page[0].id == fan else _missing(avatar, fan)


def _missing(avatar: AvatarId, fan: FanId) -> NoReturn:
    raise NotFound(f"{avatar} has no fan {fan}. `stagedoor fans` lists them.")


async def _forgotten(store: Storage, avatar: AvatarId, fan: FanId) -> Forgotten:
    now = datetime.now(UTC)
    gone = await store.forgetting.forget_everything(avatar, fan, now=now)
    await store.forgetting.sweep(avatar, now=now)
    return gone


def _visit(avatar: str | None, work: Callable[[Storage, AvatarId], Coroutine[Any, Any, T]]) -> T:
    """Do something with the database of the settings."""
    settings = shell.begin()

    async def visit() -> T:
        async with visiting(settings) as store:
            return await work(store, AvatarId(avatar or settings.avatar))

    return asyncio.run(visit())


# ── what is written, and told ────────────────────────────────────────────────────────────────────


def _tag(text: str) -> str:
    """A tag as it is kept: one line in small letters, without the mark."""
    plain = " ".join(clean(text, len(text) + 1).removeprefix("#").split()).casefold()
    if not 0 < len(plain) <= LONGEST_TAG:
        raise typer.BadParameter(f"A tag has 1 to {LONGEST_TAG} characters.")
    return plain


def _tell_tags(visitor: Visitor) -> None:
    typer.echo(f"Fan {visitor.id}: {', '.join(visitor.tags) or 'no tags'}")


def _tell(visitor: Visitor, notes: Sequence[CreatorNote], facts: Sequence[Fact]) -> None:
    typer.echo(f"Fan {visitor.id}: {visitor.name} on {visitor.platform}, {counted(visitor.messages, 'message')}")
    typer.echo(f"First seen {day(visitor.first_seen)}, last seen {day(visitor.last_seen)}")
    typer.echo(f"Tags: {', '.join(visitor.tags) or 'none'}")
    typer.echo("Notes:" if notes else "Notes: none")
    for note in notes:
        typer.echo(f"  {note.id}  {day(note.made_at)}  {note.text}")
    if not visitor.open:
        typer.echo("Facts: the fan has not opened them to you (/memory open).")
        return
    typer.echo("Facts, which the fan lets you read:" if facts else "Facts: the fan lets you read them; there are none.")
    for fact in facts:
        about = f"{fact.subject}: " if fact.subject else ""
        typer.echo(f"  {day(fact.said_at)}  {about}{fact.statement}")


def _cells(one: Visitor) -> list[str]:
    seen = (f"{one.first_seen:%Y-%m-%d}", f"{one.last_seen:%Y-%m-%d}")
    numbers = (str(one.messages), str(one.notes))
    return [str(one.id), one.platform, one.name, *seen, *numbers, ", ".join(one.tags), "open" if one.open else ""]


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_iso))


def _iso(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
