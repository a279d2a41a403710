"""Keyboards made of actions, menus made of the table, and what presses say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram import menus
from adapters.telegram.buttons import MOST_BYTES, keyboard, read
from core.commands import BY_NAME, OWN, TABLE
from core.control import Command, Rank
from core.model import Action
from tests.worlds.telegram_keyboards import checked_keyboard

actions = st.lists(
    st.builds(
        Action,
        st.text(min_size=1, max_size=40).filter(str.strip),
        st.sampled_from(sorted(BY_NAME)),
        st.text(max_size=80),
        st.sampled_from(["plain", "good", "danger"]),
    ),
    max_size=12,
)


@given(actions)
def test_every_keyboard_is_one_that_telegram_takes_and_says_when_pressed_what_it_was_made_of(
    made: list[Action],
) -> None:
    shown = keyboard(made)
    assert checked_keyboard({"reply_markup": shown}) == shown
    buttons = [button for row in shown["inline_keyboard"] for button in row] if shown else []
    fit = [one for one in made if len(f"/{one.command} {one.argument}".rstrip().encode()) <= MOST_BYTES]
    assert [button["text"] for button in buttons] == [one.label for one in fit]
    for button, one in zip(buttons, fit, strict=True):
        assert read(button["callback_data"]) == read(f"/{one.command} {one.argument}")
    assert all(len(row) <= 3 for row in (shown or {"inline_keyboard": []})["inline_keyboard"])


@given(st.text())
def test_whatever_a_press_carries_it_is_one_of_our_commands_or_none(carried: str) -> None:
    command, _ = read(carried)
    assert command in {"", *BY_NAME}


@pytest.mark.parametrize("carried", ["", "/", "why", "fan ban 7", "/nothing", "/fan", "x" * 70, "/why " + "x" * 70])
def test_what_is_no_command_says_nothing(carried: str) -> None:
    assert read(carried) == ("", "")


def test_a_press_with_a_verb_is_the_command_of_two_words() -> None:
    assert read("/fan ban 12 was rude") == ("fan ban", "12 was rude")


@pytest.mark.parametrize("commands", [menus.IN_PRIVATE, menus.IN_GROUPS, menus.FOR_MODERATORS, menus.FOR_CREATORS])
def test_every_menu_is_one_that_telegram_takes(commands: tuple[Command, ...]) -> None:
    lines = menus.entries(commands)
    assert 0 < len(lines) <= menus.MOST
    assert len({line.command for line in lines}) == len(lines)
    assert all(re.fullmatch("[a-z0-9_]{1,32}", line.command) and 1 <= len(line.description) <= 256 for line in lines)


def test_each_sees_what_they_may_do_and_creators_see_all() -> None:
    assert all(command.audience == Rank.FAN for command in (*menus.IN_PRIVATE, *menus.IN_GROUPS))
    assert all(command.audience <= Rank.MODERATOR for command in menus.FOR_MODERATORS)
    assert not set(OWN) & set(menus.FOR_MODERATORS)
    everything = {command.name for command in TABLE if command.audience <= Rank.CREATOR} - {"start"}
    assert {command.name for command in menus.FOR_CREATORS} == everything


def test_a_noun_is_one_line_with_its_verbs() -> None:
    lines = {line.command: line.description for line in menus.entries(menus.FOR_CREATORS)}
    verbs = [command.name.partition(" ")[2] for command in TABLE if command.name.startswith("fan ")]
    assert lines["fan"] == ", ".join(verbs)


@pytest.mark.parametrize("noun", sorted(menus.NOUNS))
def test_the_usage_of_a_noun_names_all_its_verbs_and_offers_those_that_need_nothing_more(noun: str) -> None:
    answer = menus.usage(noun, buttons=True)
    verbs = [command for command in TABLE if command.name.startswith(f"{noun} ")]
    assert all(f"`/{command.name}" in answer.text and command.description in answer.text for command in verbs)
    for action in answer.actions:
        command = BY_NAME[action.command]
        assert command in verbs
        assert not command.final
        assert not any(argument.required for argument in command.arguments)
    assert menus.usage(noun, buttons=False).actions == ()
