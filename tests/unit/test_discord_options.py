"""The table of commands as Discord is told it, and what comes back of it."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord import app_commands
from hypothesis import given as drawn
from hypothesis import strategies as st

from adapters.discord import buttons, forms
from adapters.discord.forms import FORMS
from adapters.discord.options import entries, given, message_id, shape
from core import commands
from core.commands import CASE, HELP, RELEASE, TABLE
from core.control import Argument, Command, Rank
from core.model import Action

ALL = [one for one in vars(commands).values() if isinstance(one, Command)]
EVERYWHERE, OURS = [0, 1, 2], [0, 1]


async def _nothing(interaction: discord.Interaction[Any], command: Command) -> None:
    raise AssertionError("nobody gives it")


def registered(*table: Command, asked_for: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """What Discord is told, by name."""
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    found = [entry.to_dict(tree) for entry in entries(table, _nothing, asked_for=asked_for)]
    return {one["name"]: one for one in found}


def test_every_command_fits_what_discord_allows() -> None:
    told = registered(*ALL, asked_for=tuple(FORMS))

    assert len(told) == len({one.name.partition(" ")[0] for one in ALL}) <= 100
    leaves = [leaf for one in told.values() for leaf in (one, *one["options"]) if leaf["type"] == 1]
    assert all(re.fullmatch(r"[a-z]{1,32}", one["name"]) for one in leaves)
    assert all(1 <= len(one["description"]) <= 100 for one in leaves)
    assert all(len({one["name"] for one in leaf["options"]}) == len(leaf["options"]) <= 25 for leaf in leaves)
    for leaf in leaves:
        options = [one for one in leaf["options"] if one["type"] > 2]
        assert all(1 <= len(one["description"]) <= 100 for one in options)
        needed = [one["required"] for one in options]
        assert needed == sorted(needed, reverse=True), "those that must be given come first"


def test_a_noun_becomes_a_group_that_is_shown_to_whom_any_of_its_commands_is_for() -> None:
    for_creators = Command("shelf sort", "Sort it", Rank.CREATOR)
    told = registered(Command("shelf show", "Show it", Rank.MODERATOR), for_creators, Command("tidy", "Tidy up"))

    assert [one["name"] for one in told["shelf"]["options"]] == ["show", "sort"]
    assert told["shelf"]["default_member_permissions"] == discord.Permissions(manage_messages=True).value
    assert registered(for_creators)["shelf"]["default_member_permissions"] == 8
    assert told["tidy"]["default_member_permissions"] is None


def test_fans_commands_go_everywhere_and_moderators_into_servers_and_the_bots_dm() -> None:
    told = registered(Command("tidy", "Tidy up"), Command("audit", "Look", Rank.CREATOR))

    assert (told["tidy"]["contexts"], told["tidy"]["integration_types"]) == (EVERYWHERE, [0, 1])
    assert (told["audit"]["contexts"], told["audit"]["integration_types"]) == (OURS, [0])


def test_what_is_for_the_operator_alone_is_not_offered() -> None:
    assert registered(Command("reboot", "Start anew", Rank.OPERATOR)) == {}


def test_arguments_become_typed_options() -> None:
    arguments = (
        Argument("words", "Which"),
        Argument("count", "How many", "number"),
        Argument("mode", "How", "choice", ("auto", "draft")),
        Argument("on", "Whether", "switch"),
        Argument("for", "How long", "span"),
        Argument("fan", "Whom: a mention, or an id", "fan"),
        Argument("where", "Where", "place", required=False),
        Argument("role", "Which role", "role", required=False),
    )
    options = registered(Command("do it", "Do it", arguments=arguments))["do"]["options"][0]["options"]

    assert [(one["name"], one["type"], one["required"]) for one in options] == [
        ("words", 3, True),
        ("count", 4, True),
        ("mode", 3, True),
        ("on", 3, True),
        ("for", 3, True),
        ("fan", 6, True),
        ("where", 7, False),
        ("role", 8, False),
    ]
    by_name = {one["name"]: one for one in options}
    assert [choice["value"] for choice in by_name["mode"]["choices"]] == ["auto", "draft"]
    assert [choice["value"] for choice in by_name["on"]["choices"]] == ["on", "off"]
    assert by_name["count"]["min_value"] == 0
    assert by_name["fan"]["description"] == "Whom"


def test_a_command_about_a_message_asks_which_one_unless_it_may_be_a_fan_instead() -> None:
    about = Command("why", "Why", about=True)
    of_a_fan = Command("take", "Take", arguments=(Argument("fan", "Whom", "fan"),), about=True)
    told = registered(about, of_a_fan)

    assert [(one["name"], one["required"]) for one in told["why"]["options"]] == [("message", True)]
    assert [(one["name"], one["required"]) for one in told["take"]["options"]] == [
        ("fan", False),
        ("message", False),
        ("number", False),
    ]


def test_what_a_form_asks_for_may_be_left_out() -> None:
    edit = Command("edit", "Edit", arguments=(Argument("number", "Which", "number"), Argument("text", "What")))

    assert [one["required"] for one in registered(edit)["edit"]["options"]] == [True, True]
    assert [one["required"] for one in registered(edit, asked_for=("edit",))["edit"]["options"]] == [True, False]


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Another"},
        {"default_member_permissions": None},
        {"contexts": [0]},
        {"integration_types": [0, 1]},
        {"options": []},
        {"options": [{"name": "other", "type": 1, "description": "Show it", "options": []}]},
    ],
)
def test_another_shape_is_seen_and_discords_own_form_of_the_same_is_none(change: dict[str, Any]) -> None:
    made = registered(
        Command("shelf show", "Show it", Rank.MODERATOR, (Argument("of", "Whose", "choice", ("a", "b")),))
    )["shelf"]
    back = made | {"id": "1", "version": "2", "default_member_permissions": "8192", "nsfw": False}
    back["options"] = [one | {"name_localizations": None} for one in made["options"]]

    assert shape(back) == shape(made)
    assert shape(back | change) != shape(made)


def _interaction(data: object) -> discord.Interaction[Any]:
    return cast("discord.Interaction[Any]", SimpleNamespace(data=data))


def test_what_was_filled_in_is_told_in_words() -> None:
    options = [{"name": "count", "type": 4, "value": 20}, {"name": "fan", "type": 6, "value": "81384788765712384"}]
    nested = {"name": "limits", "options": [{"name": "set", "type": 1, "options": options}]}

    assert given(_interaction(nested), HELP) == {"count": "20", "fan": "81384788765712384"}
    assert given(_interaction({"name": "help", "options": options[:1]}), HELP) == {"count": "20"}
    assert given(_interaction({"name": "limits", "options": [{"name": "show", "type": 1}]}), HELP) == {}
    assert given(_interaction(None), HELP) == {}


def test_a_number_stands_for_who_cannot_be_picked_and_who_was_picked_wins() -> None:
    number = {"name": "number", "type": 3, "value": "talk:3"}
    fan = {"name": "fan", "type": 6, "value": "81384788765712384"}

    assert given(_interaction({"options": [number]}), RELEASE) == {"fan": "talk:3"}
    assert given(_interaction({"options": [number, fan]}), RELEASE) == {"fan": "81384788765712384"}
    assert given(_interaction({"options": [number]}), CASE) == {"number": "talk:3"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://discord.com/channels/1234567890123456/2234567890123456/3234567890123456", "3234567890123456"),
        (" 3234567890123456 ", "3234567890123456"),
        ("3234", ""),
        ("", ""),
        ("https://discord.com/channels/1/2/³²³⁴⁵⁶⁷⁸⁹⁰¹²³⁴⁵⁶", ""),
        ("the last one", ""),
    ],
)
def test_a_message_is_named_by_its_link_or_its_id(text: str, found: str) -> None:
    assert message_id(text) == found


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_button_carries_its_command_whole() -> None:
    action = Action("Release", "talk release", "c12", "good")
    view = buttons.view([action])

    assert view is not None
    (button,) = view.children
    assert isinstance(button, discord.ui.Button)
    assert (button.label, button.custom_id, button.style) == ("Release", "do:talk release c12", discord.ButtonStyle(3))
    assert buttons.read("do:talk release c12") == ("talk release", "c12")


async def test_the_same_button_twice_is_one_and_no_buttons_are_no_view() -> None:
    view = buttons.view([Action("Once", "audit", "2"), Action("Twice", "audit", "2")])

    assert view is not None
    assert len(view.children) == 1
    assert buttons.view([]) is None


async def test_a_message_bears_twenty_five_buttons_and_no_more() -> None:
    view = buttons.view([Action(str(page), "audit", str(page)) for page in range(30)])

    assert view is not None
    assert len(view.children) == 25


@pytest.mark.parametrize(
    "forged", ["", "do:", "do:waltz", "audit", "do:talk", "DO:audit", "do:constructor", "do:\x00audit", "revise:1"]
)
def test_what_no_button_of_ours_carries_gives_no_command(forged: str) -> None:
    assert buttons.read(forged) == ("", "")


@drawn(st.text(max_size=100))
def test_whatever_a_press_carries_gives_a_known_command_or_none(custom_id: str) -> None:
    command, argument = buttons.read(custom_id)

    assert command in commands.BY_NAME or (command, argument) == ("", "")


# ── forms ────────────────────────────────────────────────────────────────────────────────────────


def _sent(custom_id: str, text: str = "Rye.") -> dict[str, Any]:
    return {"custom_id": custom_id, "components": [{"type": 18, "component": {"type": 4, "value": text}}]}


def test_a_form_tells_its_command_and_what_it_is_about() -> None:
    assert forms.read(_sent("revise:12")) == forms.Filled("revise", "12", {"text": "Rye."})
    assert forms.read(_sent("draft edit:7")) == forms.Filled("draft edit", "", {"number": "7", "text": "Rye."})


@pytest.mark.parametrize("custom_id", ["", "revise:", "revise:x", "revise:1:2", "fan ban:1", "draft edit:²", "help:1"])
def test_what_is_no_form_of_ours_gives_nothing(custom_id: str) -> None:
    assert forms.read(_sent(custom_id)) is None


async def test_every_form_fits_what_discord_allows() -> None:
    for form in FORMS.values():
        assert form.command in TABLE
        made = forms.modal(form, "9" * 20, "x" * 5000).to_dict()
        assert len(made["title"]) <= 45
        assert len(made["custom_id"]) <= 100
        assert len(form.label) <= 45
        assert len(made["components"][0]["component"]["value"]) == forms.LONGEST_INPUT
