"""The table of commands as Discord shows it: nouns are groups, arguments are typed options. No call leaves from here.

discord.py reads a command's options from the signature of its callback; here each command's callback is given the
signature that its arguments ask for. What Discord shows to whom is a courtesy: the core decides who may.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter, Signature
from itertools import groupby
from types import MappingProxyType
from typing import Any

import discord
from discord import app_commands

from core.control import Argument, Command, Kind, Rank

Callback = Callable[[discord.Interaction[Any], Command], Awaitable[None]]
Suggestions = Mapping[str, Callable[[], Iterable[str]]]  # what may well be filled in, by the arguments' names
Entry = app_commands.Command[Any, ..., None] | app_commands.Group

EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
BY_ANYONE = app_commands.AppInstallationType(guild=True, user=True)
OURS = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
BY_SERVERS = app_commands.AppInstallationType(guild=True, user=False)

SHOWN_TO = {  # in servers; whoever runs one may show them to others
    Rank.MODERATOR: discord.Permissions(manage_messages=True),
    Rank.CREATOR: discord.Permissions(administrator=True),
}
ABOUT = Argument("message", "The message: its link or its id")  # what a message's menu would tell
NUMBER = Argument("number", "Or as I number them: #12, talk:3", required=False)  # who can't be picked here

_LONGEST_TEXT = 4000  # characters
_MOST = 2**53 - 1  # as a number
_LONGEST_DESCRIPTION = 100
_MOST_SUGGESTED = 25
_NESTED = {1, 2}  # types of options that are subcommands and groups
_MESSAGE = re.compile(r"(?:https://\S+/)?([0-9]{15,20})", re.ASCII)
_TYPES: Mapping[Kind, Any] = {
    "text": app_commands.Range[str, 1, _LONGEST_TEXT],
    "number": app_commands.Range[int, 0, _MOST],
    "choice": str,
    "switch": str,
    "span": app_commands.Range[str, 1, 30],
    "fan": discord.User,
    "place": app_commands.AppCommandChannel | app_commands.AppCommandThread,
    "role": discord.Role,
}
_PICKED = {"fan", "place", "role"}  # chosen from a list, so that how to type them is of no interest


@dataclass(frozen=True, slots=True)
class _Making:
    """What every command is made with."""

    callback: Callback
    forms: frozenset[str]
    suggestions: Suggestions


def entries(
    commands: Iterable[Command],
    callback: Callback,
    *,
    asked_for: Iterable[str] = (),
    suggestions: Suggestions = MappingProxyType({}),
) -> list[Entry]:
    """What to register, and what each calls.

    Args:
        commands: Of the table.
        callback: Answers the interaction, which was none of it yet.
        asked_for: Names of commands whose last argument may be left out, because a form asks for it then.
        suggestions: For texts: offered while they are typed; anything else may be typed all the same.
    """
    making = _Making(callback, frozenset(asked_for), suggestions)
    offered = [one for one in commands if one.audience <= Rank.CREATOR]
    made: list[Entry] = []
    for noun, members in groupby(sorted(offered, key=_noun), key=_noun):
        made += _group(noun, list(members), making) if noun else []
    alone = (one for one in offered if not _noun(one))
    return [*(_alone(one, making) for one in alone), *made]


def given(interaction: discord.Interaction[Any], command: Command) -> dict[str, str]:
    """What was filled in, by the arguments' names and ``ABOUT``'s; users, roles and channels as their ids."""
    sent: Mapping[str, Any] = dict(interaction.data or {})
    options: Sequence[Mapping[str, Any]] = sent.get("options") or ()
    while options and options[0]["type"] in _NESTED:
        options = options[0].get("options") or ()
    filled = {option["name"]: str(option["value"]) for option in options}
    fan = next((one.name for one in command.arguments if one.kind == "fan"), None)
    if fan is not None and NUMBER.name in filled:
        filled.setdefault(fan, filled.pop(NUMBER.name))
    return filled


def message_id(text: str) -> str:
    """The id of a message that a link or an id tells; empty where it tells none."""
    match = _MESSAGE.fullmatch(text.strip())
    return match[1] if match else ""


def permissions(audience: Rank) -> discord.Permissions | None:
    """Whom Discord shows something that is for these; None: everybody."""
    return SHOWN_TO.get(audience)


def shown(audience: Rank) -> dict[str, Any]:
    """Where something is shown that is for these."""
    everybody = audience is Rank.FAN
    return {
        "allowed_contexts": EVERYWHERE if everybody else OURS,
        "allowed_installs": BY_ANYONE if everybody else BY_SERVERS,
    }


def shape(command: Mapping[str, Any]) -> tuple[Any, ...]:
    """What is compared, from Discord's own form: discord.py 2.7's ``AppCommand`` reads the contexts off by one."""
    rights = command.get("default_member_permissions")
    return (
        command["name"],
        command.get("type", 1),  # slash commands may leave it out
        command.get("description", ""),  # menus have none
        "" if rights is None else str(rights),  # a number here, text there
        sorted(command.get("contexts") or ()),
        sorted(command.get("integration_types") or ()),
        _option_shapes(command),
    )


def _option_shapes(command: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (
            option["name"],
            option["type"],
            option["description"],
            bool(option.get("required")),
            bool(option.get("autocomplete")),
            [(choice["name"], choice["value"]) for choice in option.get("choices") or ()],
            [option.get(bound) for bound in ("min_value", "max_value", "min_length", "max_length")],
            _option_shapes(option),
        )
        for option in command.get("options") or ()
    ]


# ── one command, one group ───────────────────────────────────────────────────────────────────────


def _noun(command: Command) -> str:
    """The group that a command belongs to; empty: it stands alone."""
    return command.name.rpartition(" ")[0]


def _alone(command: Command, making: _Making) -> Entry:
    made = _command(command, making, **shown(command.audience))
    made.default_permissions = permissions(command.audience)
    return made


def _group(noun: str, members: Sequence[Command], making: _Making) -> list[Entry]:
    """A group is shown to whom any of its commands is for: Discord knows no permissions within one."""
    lowest = min(one.audience for one in members)
    verbs = ", ".join(one.name.rpartition(" ")[2] for one in members)
    group = app_commands.Group(
        name=noun,
        description=verbs[:_LONGEST_DESCRIPTION],
        default_permissions=permissions(lowest),
        **shown(lowest),
    )
    for one in members:
        group.add_command(_command(one, making))
    return [group]


def _command(command: Command, making: _Making, **where: Any) -> app_commands.Command[Any, ..., None]:
    async def answer(interaction: discord.Interaction[Any], **_filled_in: object) -> None:
        await making.callback(interaction, command)

    asked = _options(command, asked_for=command.name in making.forms)
    options = {f"option_{number}": option for number, option in enumerate(asked)}  # "for" could be no parameter
    offered = {key: making.suggestions.get(option.name) for key, option in options.items() if option.kind == "text"}
    answer.__signature__ = _signature(options)  # type: ignore[attr-defined]  # what discord.py reads
    for decorate in (
        app_commands.rename(**{key: option.name for key, option in options.items()}),
        app_commands.describe(**{key: _description(option) for key, option in options.items()}),
        app_commands.choices(**{key: found for key, option in options.items() if (found := _choices(option))}),
        app_commands.autocomplete(**{key: _suggesting(found) for key, found in offered.items() if found}),
    ):
        answer = decorate(answer)
    return app_commands.Command(
        name=command.name.rpartition(" ")[2], description=command.description, callback=answer, **where
    )


def _options(command: Command, *, asked_for: bool) -> list[Argument]:
    """The arguments as Discord asks for them; discord.py puts those first that must be given."""
    arguments = list(command.arguments)
    if asked_for:
        arguments[-1] = replace(arguments[-1], required=False)
    if command.about:
        fans = any(one.kind == "fan" for one in arguments)
        arguments = [replace(one, required=False) if one.kind == "fan" else one for one in arguments]
        arguments.append(replace(ABOUT, required=not fans))
    if any(one.kind == "fan" and not one.required for one in arguments):
        arguments.append(NUMBER)
    return arguments


def _signature(options: Mapping[str, Argument]) -> Signature:
    interaction = Parameter("interaction", Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction[Any])
    return Signature(
        [
            interaction,
            *(
                Parameter(
                    key,
                    Parameter.KEYWORD_ONLY,
                    annotation=_TYPES[option.kind],
                    default=Parameter.empty if option.required else None,
                )
                for key, option in options.items()
            ),
        ]
    )


def _description(option: Argument) -> str:
    return option.description.partition(":")[0] if option.kind in _PICKED else option.description


def _choices(option: Argument) -> list[app_commands.Choice[str]]:
    words = ("on", "off") if option.kind == "switch" else option.choices
    return [app_commands.Choice(name=word, value=word) for word in words]


def _suggesting(suggestions: Callable[[], Iterable[str]]) -> Any:
    async def suggest(_interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        fit = [one for one in suggestions() if typed.casefold() in one.casefold()]
        return [app_commands.Choice(name=one, value=one) for one in fit[:_MOST_SUGGESTED]]

    return suggest
