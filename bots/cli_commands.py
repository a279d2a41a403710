"""The commands of the one table on the command line: ``stagedoor fan ban 12`` is what /fan ban #12 is in a chat.

Whoever runs the machine gives them, by the rank of the operator, through the same checks and into the same audit log.
What must be given, and whom it is about, are arguments; what may be given are options.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import keyword
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from bots import avatars, shell
from bots.duties import dispatch
from bots.house import visiting
from bots.settings import Settings
from core import arguments
from core.commands import TABLE
from core.control import Act, Actor, Argument, Command, Rank
from core.errors import InvalidInput
from core.model import AccountId, Answer, AvatarId, Incoming, Place, Sender
from core.staffing import told

OPERATOR = Actor(AccountId("command line"), "operator", Rank.OPERATOR)
PAGE = 500  # acts read at once

Avatar = Annotated[str | None, typer.Option(help="The avatar's name; without it, the one that is set.")]
PlaceKey = Annotated[
    str | None,
    typer.Option("--place", help="Where, as the audit log names places; without it, everywhere.", metavar="PLACE"),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_NOUNS = {
    "case": "Reports and cases.",
    "draft": "Replies that wait for approval.",
    "fan": "Keep order among fans.",
    "limits": "How much may be written.",
    "staff": "Who looks after an avatar.",
    "talk": "Conversations that a person holds, or should.",
    "words": "Blocked words and topics.",
}
_FAN = "The fan's number, as `stagedoor fans` lists them, or platform and id: telegram:123456789."
_METAVARS = {"number": "N", "span": "TIME", "fan": "FAN", "switch": "on|off"}


def add_to(cli: typer.Typer) -> None:
    """Add every command of the table that is not a fan's and is not there by hand."""
    groups = {one.name: one.typer_instance for one in cli.registered_groups if one.typer_instance is not None}
    for command in TABLE:
        noun, _, verb = command.name.rpartition(" ")
        if command.audience is Rank.FAN:
            continue
        if noun and noun not in groups:
            groups[noun] = typer.Typer(help=_NOUNS.get(noun), no_args_is_help=True)
            cli.add_typer(groups[noun], name=noun)
        group = groups[noun] if noun else cli
        if verb not in {one.name for one in group.registered_commands}:
            group.command(verb)(_made(command))


# ── a command of the table ───────────────────────────────────────────────────────────────────────


def _made(command: Command) -> Callable[..., None]:
    """A command as Typer takes it, with the arguments of the table and the options that all have."""
    names = {_parameter_name(one): one.name for one in command.arguments}

    def run(*, avatar: str | None, place: str | None, as_json: bool, yes: bool = False, **words: str | None) -> None:
        given = {names[name]: word for name, word in words.items() if word is not None}
        _order(command, given, avatar=avatar, where=place, as_json=as_json, yes=yes)

    keywords = {"avatar": Avatar, "place": PlaceKey, **({"yes": Yes} if command.final else {}), "as_json": shell.AsJson}
    parameters = [
        *(_parameter(one) for one in command.arguments),
        *(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=annotation,
                default=False if name in {"yes", "as_json"} else None,
            )
            for name, annotation in keywords.items()
        ),
    ]
    run.__doc__ = f"{command.description}."
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # where Typer looks for it
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _parameter(argument: Argument) -> inspect.Parameter:
    kind: Any = Literal[argument.choices] if argument.choices else str
    told = _FAN if argument.kind == "fan" else f"{argument.description}."
    metavar = _METAVARS.get(argument.kind) if not argument.choices else None
    if argument.required:
        annotation, default = Annotated[kind, typer.Argument(help=told, metavar=metavar)], inspect.Parameter.empty
    elif argument.kind == "fan":
        annotation, default = Annotated[kind | None, typer.Argument(help=told, metavar=metavar)], None
    else:
        option = typer.Option(f"--{argument.name}", help=told, metavar=metavar)
        annotation, default = Annotated[kind | None, option], None
    name = _parameter_name(argument)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _parameter_name(argument: Argument) -> str:
    taken = keyword.iskeyword(argument.name) or argument.name in {"avatar", "place", "yes", "as_json"}
    return f"{argument.name}_" if taken else argument.name


def _order(
    command: Command, given: dict[str, str], *, avatar: str | None, where: str | None, as_json: bool, yes: bool
) -> None:
    """Have a command carried out, and say what came of it."""
    settings = shell.begin()
    place = _place(where)
    given = {one.name: _meant(one, given[one.name]) for one in command.arguments if one.name in given}
    given = _placed(command, given, somewhere=bool(where))
    try:
        arguments.read(command, "", given)
    except InvalidInput as exc:
        raise typer.BadParameter(str(exc).partition("\n")[0].replace("`", "'")) from exc
    if command.final and not yes:
        typer.confirm(f"{command.description}: {', '.join(given.values())}. That can't be undone. Sure?", abort=True)
    sender = Sender(OPERATOR.person, OPERATOR.person)
    incoming = Incoming(place, uuid.uuid4().hex, sender, "", datetime.now(UTC), command.name, given=given)
    name = AvatarId(avatar or settings.avatar)
    answer = asyncio.run(_obeyed(settings, name, incoming))
    if as_json:
        typer.echo(json.dumps(_as_dict(name, command, answer), indent=2, ensure_ascii=False))
    else:
        typer.echo(answer.text)
    if answer.refused:
        raise typer.Exit(shell.EXIT_FAILED)


async def _obeyed(settings: Settings, name: AvatarId, incoming: Incoming) -> Answer:
    persona = avatars.load(name, settings.avatars_dir)
    async with visiting(settings) as store:
        return await dispatch(store).obey(OPERATOR, name, persona, incoming, confirmed=True)


def _as_dict(name: AvatarId, command: Command, answer: Answer) -> dict[str, Any]:
    change = asdict(answer.change) if answer.change is not None else None
    return {
        "avatar": name,
        "command": command.name,
        "text": answer.text,
        "refused": answer.refused,
        "change": change,
    }


def _place(key: str | None) -> Place:
    """A place by its key (see ``Place.key``); without one, nowhere."""
    if key is None:
        return Place(OPERATOR.account, chat="")
    account, *parts = key.split("/")
    if len(parts) != 3 or ":" not in account or not parts[1]:  # noqa: PLR2004 - business, chat and thread
        raise typer.BadParameter("Write the place as `stagedoor audit` shows it: telegram:8123456//-100123456/")
    business, chat, thread = parts
    return Place(AccountId(account), chat, thread, business)


def _meant(argument: Argument, word: str) -> str:
    """A fan's bare number is meant as the list shows it: a shell takes "#12" for a comment."""
    return f"#{word}" if argument.kind == "fan" and word.isdecimal() else word


def _placed(command: Command, given: dict[str, str], *, somewhere: bool) -> dict[str, str]:
    """On the command line, what isn't said to hold somewhere holds everywhere."""
    where = next((one for one in command.arguments if "here" in one.choices), None)
    if where is None or somewhere:
        return given
    if where.name not in given and "everywhere" in where.choices:
        return {**given, where.name: "everywhere"}
    if given.get(where.name) == "here":
        raise typer.BadParameter("Where is here? Say so with --place, as `stagedoor audit` shows places.")
    return given


# ── the table itself, and the audit log ──────────────────────────────────────────────────────────


def commands(*, as_json: shell.AsJson = False) -> None:
    """List the commands of chats and of this command line, with whom they are for."""
    if as_json:
        typer.echo(json.dumps([_described(one) for one in TABLE], indent=2))
        return
    for one in TABLE:
        typer.echo(
            f"{one.audience.name.lower()}\t/{' '.join((one.name, *map(_shape, one.arguments)))}\t{one.description}"
        )


def _described(command: Command) -> dict[str, Any]:
    return {**asdict(command), "audience": command.audience.name.lower()}


def _shape(argument: Argument) -> str:
    words = "|".join(argument.choices) or argument.name.upper()
    return words if argument.required else f"[{words}]"


def audit(*, avatar: Avatar = None, as_json: shell.AsJson = False) -> None:
    """Show every privileged act, newest first: who, what, where, when, before and after. As JSON, one a line."""
    settings = shell.begin()
    asyncio.run(_shown(settings, AvatarId(avatar or settings.avatar), as_json=as_json))


async def _shown(settings: Settings, avatar: AvatarId, *, as_json: bool) -> None:
    below: int | None = None
    async with visiting(settings) as store:
        while page := await store.audit.acts(avatar, below=below, limit=PAGE):
            for act in page:
                typer.echo(json.dumps(_act(act), ensure_ascii=False) if as_json else told(act))
            below = page[-1].number


def _act(act: Act) -> Mapping[str, Any]:
    return {**asdict(act), "rank": act.rank.name.lower(), "at": act.at.isoformat()}
