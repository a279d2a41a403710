"""``stagedoor why``, ``revise``, ``eval``: looking at replies, putting them right, and keeping them right."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bots import avatars, evaluation, shell
from bots.house import visiting
from core import corrections
from core.errors import NotFound
from core.model import AvatarId, Why

Message = Annotated[
    str, typer.Argument(help="The turn's number, or the platform's id of the reply or of the fan's message.")
]
Avatar = Annotated[str | None, typer.Option(help="The avatar's name; without it, the one that is set.")]


def why(message: Message, *, avatar: Avatar = None, as_json: shell.AsJson = False) -> None:
    """Show what went into a reply: passages, lorebook entries, model, tokens. It quotes nobody."""
    settings = shell.begin()

    async def work() -> Why:
        async with visiting(settings) as store:
            found = await store.receipts.why(AvatarId(avatar or settings.avatar), message)
            if found is None:
                raise NotFound(f"There is no reply {message!r} of {avatar or settings.avatar}.")
            return found

    found = asyncio.run(work())
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False, default=str))
        return
    usage = found.usage
    typer.echo(f"Turn {found.turn}, {found.began_at:%Y-%m-%d %H:%M} UTC: {found.outcome or 'not decided yet'}")
    if found.model:
        tokens = f"{usage.prompt} tokens read ({usage.cached} of them cached), {usage.completion} written"
        typer.echo(f"{found.model}: {tokens}{', estimated' if usage.estimated else ''}")
    typer.echo("".join(f"{key}: {value}\n" for key, value in found.note.items()), nl=False)
    if found.gap:
        typer.echo("Nothing published answers the question.")
    for one in found.used:
        mark = "rests on" if one.cited else "was shown"
        typer.echo(f"  {one.kind}, {mark}: {one.title}{f' {one.url}' if one.url else ''}")


def revise(
    message: Annotated[str, typer.Argument(help="As for why; with --remove, the correction's number.")],
    *,
    text: Annotated[str, typer.Option(help="What should have been said.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take a correction back.")] = False,
    avatar: Avatar = None,
) -> None:
    """Put a reply right: from the next question on the avatar knows, and eval checks it."""
    settings = shell.begin()
    name, now = AvatarId(avatar or settings.avatar), datetime.now(UTC)
    if bool(text.strip()) == remove:
        raise typer.BadParameter('Say what should have been said: --text "...", or --remove to take it back.')

    async def work() -> str:
        async with visiting(settings) as store:
            if remove:
                if not message.isdecimal():
                    raise typer.BadParameter("Give the correction's number.")
                await corrections.take_back(store.corrections, store.content, name, int(message), now=now)
                return f"Correction {message} is taken back."
            made = await corrections.correct(
                store.corrections, store.content, name, message, text.strip(), by="command line", now=now
            )
            return f"Correction {made.id}: it outranks everything else from now on. Check it: stagedoor eval {name}"

    typer.echo(asyncio.run(work()))


def eval_(
    avatar: Annotated[str | None, typer.Argument(help="The avatar's name; without it, the one that is set.")] = None,
    *,
    judge: Annotated[bool, typer.Option("--judge", help="Let the model judge meanings, too.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write the results there as JUnit XML.")] = None,
    as_json: shell.AsJson = False,
) -> None:
    """Ask all cases and corrections anew, and say what has become wrong."""
    settings = shell.begin()
    name = avatar or settings.avatar
    with shell.bars(quiet=as_json) as show:
        work = evaluation.evaluate(settings, name, judge=judge, tell=lambda done, of: show("asked", done, of, ""))
        results = asyncio.run(work)
    wrong = [one for one in results if one.failures]
    if junit is not None:
        avatars.write(junit, evaluation.junit(name, results))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in results], indent=2, ensure_ascii=False))
    else:
        for one in wrong:
            typer.echo(
                f"wrong: {one.ask}\n" + "".join(f"  {failure}\n" for failure in one.failures) + f"  > {one.answer}"
            )
        typer.echo(f"{len(results) - len(wrong)} of {len(results)} right.")
    if wrong:
        raise typer.Exit(shell.EXIT_FAILED)
