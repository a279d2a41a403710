"""``stagedoor fans``: who has talked with an avatar, and forgetting one of them at their wish."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from adapters.storage import Storage
from bots import shell
from bots.house import visiting
from core.errors import NotFound
from core.memory import Forgotten, Visitor
from core.model import AvatarId, FanId
from core.wish import counted

cli = typer.Typer(help="Who has talked with an avatar; never what they said.", invoke_without_command=True)
T = TypeVar("T")
PAGE = 500  # fans read at once

Avatar = Annotated[str | None, typer.Option(help="The avatar's name; without it, the one that is set.")]


@cli.callback()
def fans(context: typer.Context, *, avatar: Avatar = None, as_json: shell.AsJson = False) -> None:
    """List an avatar's fans: number, platform, name, first and last seen, messages kept."""
    if context.invoked_subcommand is not None:
        return
    visitors = _visit(avatar, _audience)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in visitors], indent=2, ensure_ascii=False, default=_iso))
        return
    rows = [
        (str(one.id), one.platform, one.name, f"{one.first_seen:%Y-%m-%d}", f"{one.last_seen:%Y-%m-%d}", one.messages)
        for one in visitors
    ]
    if not sys.stdout.isatty():
        typer.echo("".join("\t".join(map(str, row)) + "\n" for row in rows), nl=False)
        return
    number = Column("messages", justify="right")
    table = Table("fan", "platform", "name", "first seen", "last seen", number, box=None, pad_edge=False)
    for *texts, messages in rows:
        table.add_row(*map(str, texts), str(messages))
    Console().print(table)


@cli.command()
def forget(
    fan: Annotated[int, typer.Argument(help="The fan's number, as the list shows it.")],
    *,
    avatar: Avatar = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a fan for good: messages with their replies, facts, summaries, limits, links."""
    who = FanId(fan)
    visitor = _visit(avatar, lambda store, name: _found(store, name, who))
    if not yes:
        what = f"{visitor.name} on {visitor.platform}, {counted(visitor.messages, 'message')}"
        typer.confirm(f"Forget {what}, for good?", abort=True)
    gone = _visit(avatar, lambda store, name: _forgotten(store, name, who))
    messages, facts = counted(gone.messages, "message"), counted(gone.facts, "fact")
    typer.echo(f"Forgotten: {messages} with {gone.replies} of the avatar's, {facts}.")


async def _audience(store: Storage, avatar: AvatarId) -> list[Visitor]:
    found: list[Visitor] = []
    while page := await _page(store, avatar, found):
        found += page
    return found


async def _page(store: Storage, avatar: AvatarId, before: Sequence[Visitor]) -> Sequence[Visitor]:
    return await store.fans.audience(avatar, after=before[-1].id if before else FanId(0), limit=PAGE)


async def _found(store: Storage, avatar: AvatarId, fan: FanId) -> Visitor:
    page = await store.fans.audience(avatar, after=FanId(fan - 1), limit=1)
    if not page or page[0].id != fan:
        raise NotFound(f"{avatar} has no fan {fan}. `stagedoor fans` lists them.")
    return page[0]


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


def _iso(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
