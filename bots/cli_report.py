"""``stagedoor report``: what laws ask operators to report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from bots import shell
from bots.house import visiting
from core.model import AvatarId
from core.wellbeing import Crises

cli = typer.Typer(help="Yearly figures that laws ask operators for.", no_args_is_help=True)

KINDS = {"suicide": "suicide", "self_harm": "self-harm", "other": "worry about somebody else"}


@cli.callback()
def top() -> None:
    """Yearly figures that laws ask operators for."""


@cli.command()
def crisis(
    *,
    year: Annotated[
        int | None, typer.Option(help="Which year, in UTC; without it, this one.", min=2000, max=9999)
    ] = None,
    avatar: Annotated[str | None, typer.Option(help="The avatar's name; without it, the one that is set.")] = None,
    as_json: shell.AsJson = False,
) -> None:
    """How often fans were shown helplines, by month and kind. It names nobody: nothing else is kept."""
    settings = shell.begin()
    name, which = avatar or settings.avatar, year or datetime.now(UTC).year

    async def work() -> Sequence[Crises]:
        async with visiting(settings) as store:
            return await store.wellbeing.crises(AvatarId(name), which)

    found = asyncio.run(work())
    total = sum(one.count for one in found)
    figures = {kind: sum(one.count for one in found if one.kind == kind) for kind in KINDS}
    if as_json:
        months = [{"month": one.month, "kind": one.kind, "count": one.count} for one in found]
        typer.echo(
            json.dumps({"avatar": name, "year": which, "total": total, "kinds": figures, "months": months}, indent=2)
        )
        return
    typer.echo(f"{name}, {which}: helplines were shown {'once' if total == 1 else f'{total} times'}.")
    for kind, title in KINDS.items():
        typer.echo(f"  {title}: {figures[kind]}")
    for one in found:
        typer.echo(f"  {one.month}  {KINDS.get(one.kind, one.kind)}: {one.count}")
