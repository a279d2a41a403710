"""Arguments of commands: typed words and fields of forms become values, wrong ones tell their mend."""

from __future__ import annotations

from datetime import timedelta
from itertools import dropwhile
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import arguments, commands
from core.arguments import LONGEST, LONGEST_SPAN, read, usage, written
from core.control import Argument, Command, Value
from core.errors import InvalidInput
from core.text import clean, neutralise

ALL = [one for one in vars(commands).values() if isinstance(one, Command)]
WITH_ARGUMENTS = [one for one in ALL if one.arguments]
OF_STRINGS = st.text(max_size=60)
ROLE_ONLY = Command("x", "", arguments=(Argument("role", "", "role"),))
PLACE_ONLY = Command("x", "", arguments=(Argument("place", "", "place"),))


# ── what is typed ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("command", "typed", "values"),
    [
        (commands.MUTE, "#12 2h being rude", {"fan": "#12", "for": timedelta(hours=2), "reason": "being rude"}),
        (commands.MUTE, "  <@99>   being rude ", {"fan": "<@99>", "reason": "being rude"}),
        (commands.MUTE, "bo 1h30m", {"fan": "bo", "for": timedelta(minutes=90)}),
        (commands.MUTE, "#12 - 2h was enough", {"fan": "#12", "reason": "2h was enough"}),
        (commands.PAUSE, "", {}),
        (commands.PAUSE, "30m", {"for": timedelta(minutes=30)}),
        (commands.PAUSE, "Everywhere 1W", {"where": "everywhere", "for": timedelta(weeks=1)}),
        (commands.DMS, "OFF", {"on": False}),
        (commands.SLOW, "0s", {"every": timedelta()}),
        (commands.SLOW, "0", {"every": timedelta()}),
        (commands.QUIET, "22:00-07:00 Europe/Rome", {"hours": "22:00-07:00 Europe/Rome"}),
        (commands.QUIET, "off here", {"hours": "off", "where": "here"}),
        (commands.BLOCK, "free money everywhere", {"words": "free money", "where": "everywhere"}),
        (commands.BLOCK, '"come here"', {"words": "come here"}),
        (commands.BLOCK, "“come here” here", {"words": "come here", "where": "here"}),
        (commands.BLOCK, "here", {"words": "here"}),
        (commands.AUTONOMY, "delay 5m here", {"mode": "delay", "after": timedelta(minutes=5), "only": "here"}),
        (commands.AUTONOMY, "draft money advice", {"mode": "draft", "only": "money advice"}),
        (commands.EDIT, "#7 Rye,\nalways.", {"number": 7, "text": "Rye,\nalways."}),
        (commands.TIER, "#12 inner-circle 1w", {"fan": "#12", "tier": "inner-circle", "for": timedelta(weeks=1)}),
        (commands.GRANT, "<@99>", {"fan": "<@99>"}),
        (commands.GRANT, "<@&99>", {"role": "99"}),
        (commands.GRANT, "tg://user?id=99", {"fan": "tg://user?id=99"}),
        (commands.REVISE, "", {}),
        (commands.WHY, "did you say that?", {}),
        (PLACE_ONLY, "<#12>", {"place": "12"}),
        (PLACE_ONLY, "-100123", {"place": "-100123"}),
        (ROLE_ONLY, "123456", {"role": "123456"}),
    ],
)
def test_words_are_taken_in_the_tables_order(command: Command, typed: str, values: dict[str, Value]) -> None:
    assert read(command, typed, {}) == values


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("2h being rude", {"for": timedelta(hours=2), "reason": "being rude"}),
        ("being rude", {"reason": "being rude"}),
        ("3 strikes", {"reason": "3 strikes"}),
        ("#12 3 strikes", {"fan": "#12", "reason": "3 strikes"}),
        ("", {}),
    ],
)
def test_in_answer_to_a_message_the_fan_may_be_left_out(typed: str, values: dict[str, Value]) -> None:
    assert read(commands.MUTE, typed, {}, about="m7") == values


@pytest.mark.parametrize(
    ("command", "typed", "says"),
    [
        (commands.MUTE, "", "`fan` is missing"),
        (commands.CASE, "twelve", "`number` must be a whole number, such as 12; `twelve` is not"),
        (commands.CASE, "-1", "`number` must be"),
        (commands.CASE, "٣", "`number` must be"),
        (commands.CASE, "12 13", "There is too much: `13`"),
        (commands.PAUSE, "heer", "`where` must be one of here, everywhere; `heer` is not"),
        (commands.PAUSE, "here 2 hours", "`for` must be a length of time, such as 30m"),
        (commands.SLOW, "99999999w", "at most 3650 days"),
        (commands.SLOW, "2y", "`every` must be"),
        (commands.DMS, "maybe", "`on` must be on or off"),
        (commands.WARN, "#12", "`reason` is missing"),
        (commands.WARN, "#12 \u200b\n", "`reason` is missing"),
        (commands.GRANT, "@everyone now", "`role` must be"),
        (ROLE_ONLY, "mods", "`role` must be a role"),
        (PLACE_ONLY, "general", "`place` must be"),
    ],
)
def test_what_is_wrong_tells_its_mend_and_one_line_of_usage(command: Command, typed: str, says: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read(command, typed, {})
    said, _, use = str(raised.value).partition("\n")
    assert says in said
    assert use == usage(command)


def test_usage_names_what_must_be_and_what_may_be_given_with_an_example() -> None:
    assert usage(commands.MUTE) == "Use: `/fan mute FAN [for] [reason]`, for example `/fan mute #12 2h spam`"


# ── what a form sends ────────────────────────────────────────────────────────────────────────────


def test_the_fields_of_a_form_are_read_by_name_and_empty_ones_are_left_out() -> None:
    fields = {"reason": "2h of spam here", "fan": "99", "for": ""}
    assert read(commands.MUTE, "typed words do not count", fields) == {"fan": "99", "reason": "2h of spam here"}


@pytest.mark.parametrize("fields", [{"fan": "99", "admin": "on"}, {"fan": "99", "for": "soon"}, {"reason": "x"}])
def test_a_forged_form_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="fan mute"):
        read(commands.MUTE, "", fields)


def test_what_was_typed_is_shown_short_and_cannot_leave_its_frame() -> None:
    with pytest.raises(InvalidInput) as raised:
        read(commands.CASE, "`@everyone`<|eot_id|>" + "x" * 5000, {})
    said = str(raised.value).partition("\n")[0]
    assert len(said) < 150
    assert "<|eot_id|>" not in said
    assert said.count("`") == 4


# ── the whole table ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", WITH_ARGUMENTS, ids=lambda one: one.name)
def test_a_commands_example_is_right(command: Command) -> None:
    values = read(command, arguments.example(command), {})
    assert {one.name for one in command.arguments if one.required} <= values.keys()


@pytest.mark.parametrize("command", ALL, ids=lambda one: one.name)
def test_a_command_can_be_offered_and_typed_everywhere(command: Command) -> None:
    asked = command.arguments
    assert 0 < len(command.description) <= 100
    assert all(0 < len(one.description) <= 100 for one in asked)
    assert len({one.name for one in asked}) == len(asked)
    assert all(bool(one.choices) == (one.kind == "choice") for one in asked)
    ordered = dropwhile(lambda one: one.required, asked)  # those that may be left out come last
    assert not any(one.required for one in ordered)
    for number, one in enumerate(asked[:-1]):
        if one.kind == "text":  # else nobody could tell where it ends
            assert one.required
            assert not any(after.required or after.kind == "text" for after in asked[number + 1 :])
    if command.final:  # it may be confirmed elsewhere than it was asked for
        assert not command.about
        assert not any(one.kind in {"fan", "place"} or "here" in one.choices for one in asked)


# ── properties ───────────────────────────────────────────────────────────────────────────────────


def came_of(command: Command, typed: str, fields: dict[str, str], *, about: str = "") -> bool:
    """Whether it was read as the command's arguments, or refused with how it is used."""
    try:
        values = read(command, typed, fields, about=about)
    except InvalidInput as exc:
        return str(exc).endswith(usage(command))
    return values.keys() <= {one.name for one in command.arguments} and "" not in values.values()


@given(st.sampled_from(WITH_ARGUMENTS), st.text() | st.lists(OF_STRINGS).map(" ".join), st.booleans())
@example(commands.SLOW, "999999999w" * 5, False)
@example(commands.BLOCK, '"', False)
def test_whatever_is_typed_is_read_or_refused_with_a_mend(command: Command, typed: str, about: bool) -> None:
    assert came_of(command, typed, {}, about="m1" if about else "")


@given(st.data(), st.sampled_from(WITH_ARGUMENTS))
def test_whatever_a_form_sends_is_read_or_refused_with_a_mend(data: Any, command: Command) -> None:
    names = st.sampled_from([one.name for one in command.arguments]) | OF_STRINGS
    fields = data.draw(st.dictionaries(names, st.text(max_size=2 * LONGEST)))
    assert came_of(command, "", fields)


def plain(text: str) -> str:
    """As it is kept; without the signs that close a quotation."""
    for mark in '"”»':
        text = text.replace(mark, "")
    return neutralise(clean(text, 200)).strip()


def valid(argument: Argument) -> st.SearchStrategy[Value]:
    """Values that an argument may have."""
    numbers = st.integers(10_000, 10**15)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "text": st.text(max_size=80).map(plain).filter(lambda text: text == plain(text) != ""),
        "number": st.integers(0, 10**12 - 1),
        "choice": st.sampled_from(argument.choices or ("",)),
        "switch": st.booleans(),
        "span": st.integers(0, int(LONGEST_SPAN.total_seconds())).map(lambda seconds: timedelta(seconds=seconds)),
        "fan": numbers.map(str) | numbers.map("<@{}>".format) | st.integers(1, 999).map("#{}".format),
        "place": numbers.map(str),
        "role": numbers.map(str),
    }
    return kinds[argument.kind]


@st.composite
def filled(draw: st.DrawFn) -> tuple[Command, dict[str, Value]]:
    """A command with values; what is optional may be left out."""
    command = draw(st.sampled_from(WITH_ARGUMENTS))
    chosen = [one for one in command.arguments if one.required or draw(st.booleans())]
    return command, {one.name: draw(valid(one)) for one in chosen}


@given(filled())
@example((commands.MUTE, {"fan": "#1", "reason": "2h"}))
@example((commands.BLOCK, {"words": "come here"}))
def test_what_is_written_is_read_as_the_same(case: tuple[Command, dict[str, Value]]) -> None:
    command, values = case
    assert read(command, written(command, values), {}) == values


@given(filled())
def test_a_form_and_the_same_typed_say_the_same(case: tuple[Command, dict[str, Value]]) -> None:
    command, values = case
    alone = [Command("x", "", arguments=(one,)) for one in command.arguments if one.name in values]
    fields = {one.arguments[0].name: written(one, values) for one in alone}
    if fields:
        assert read(command, "", fields) == read(command, written(command, values), {})
