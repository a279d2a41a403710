"""Whether the avatar may speak: what was set, held against who wrote what, and when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import gate
from core.control import Setting
from core.errors import InvalidInput
from core.gate import ANSWERS, DMS, PAUSED, QUIET, SLOW, WORDS, Quiet
from core.model import AccountId, Controls, Place

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = AccountId("discord:1")
DM = Place(ACCOUNT, "ann")
ROOM = Place(ACCOUNT, "room", shared=True, community="server")
THREAD = Place(ACCOUNT, "room", thread="7", shared=True, community="server")
SERVER = f"{ACCOUNT}#server"
ZONES = ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/Sao_Paulo")


def controls(*settings: tuple[str, Setting[Any], Any]) -> Controls:
    return Controls(1, {(where, setting.name): setting.kept(value) for where, setting, value in settings})


def reason(set_: Controls, place: Place = ROOM, text: str = "hi", **given: Any) -> str:
    return gate.judge(set_, place, text, now=given.pop("now", NOON), **given).reason


def test_where_nothing_is_set_it_speaks():
    assert reason(Controls()) == ""
    assert reason(Controls(), DM) == ""


# ── paused ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["", SERVER, f"{ACCOUNT}//room/", THREAD.key])
def test_a_pause_of_anything_that_a_place_belongs_to_holds_there(where: str):
    assert reason(controls((where, PAUSED, "on")), THREAD) == "paused"


def test_a_pause_elsewhere_does_not():
    assert reason(controls((ROOM.key, PAUSED, "on")), DM) == ""
    assert reason(controls((THREAD.key, PAUSED, "on")), ROOM) == ""


def test_a_pause_that_has_run_out_does_not_hide_a_wider_one():
    both = controls((ROOM.key, PAUSED, NOON - timedelta(minutes=1)), ("", PAUSED, "on"))
    assert reason(both) == "paused"
    assert gate.judge(both, ROOM, "hi", now=NOON).until is None


def test_a_pause_ends_at_its_time():
    paused = controls(("", PAUSED, NOON))
    assert reason(paused, now=NOON - timedelta(seconds=1)) == "paused"
    assert reason(paused, now=NOON) == ""


@pytest.mark.parametrize("kept", [5, "soon", [], {"a": 1}, True])
def test_what_cannot_be_read_is_no_pause(kept: Any):
    assert reason(Controls(1, {("", PAUSED.name): kept})) in {"", "paused"}
    assert reason(Controls(1, {("", PAUSED.name): "nonsense"})) == ""


# ── where ────────────────────────────────────────────────────────────────────────────────────────


def test_answers_nothing_is_for_shared_places_and_dms_off_for_private_ones():
    assert reason(controls(("", ANSWERS, "nothing"))) == "nothing"
    assert reason(controls(("", ANSWERS, "nothing")), DM) == ""
    assert reason(controls(("", DMS, False)), DM) == "dms"
    assert reason(controls(("", DMS, False))) == ""


def test_the_nearest_answer_counts():
    set_ = controls((SERVER, ANSWERS, "nothing"), (ROOM.key, ANSWERS, "mentions"))
    assert reason(set_) == ""
    assert reason(set_, Place(ACCOUNT, "other", shared=True, community="server")) == "nothing"


def test_it_hears_all_only_where_that_is_set():
    set_ = controls((ROOM.key, ANSWERS, "all"))
    assert gate.hears(set_, ROOM)
    assert gate.hears(set_, THREAD)
    assert not gate.hears(set_, DM)


# ── slow mode and words ──────────────────────────────────────────────────────────────────────────


def test_slow_mode_counts_from_the_last_answer_to_this_fan():
    slow = controls(("", SLOW, timedelta(minutes=5)))
    assert reason(slow) == ""
    assert reason(slow, answered=NOON - timedelta(minutes=5)) == ""
    assert gate.judge(slow, ROOM, "hi", now=NOON, answered=NOON - timedelta(minutes=4)).until == NOON + timedelta(
        minutes=1
    )


def test_a_nearer_slow_mode_of_none_lifts_a_wider_one():
    slow = controls(("", SLOW, timedelta(minutes=5)), (ROOM.key, SLOW, timedelta(0)))
    assert reason(slow, answered=NOON) == ""


def test_blocked_words_of_all_that_a_place_belongs_to_add_up():
    set_ = controls(("", WORDS, ("crypto",)), (ROOM.key, WORDS, ("nitro",)))
    assert [reason(set_, text=text) for text in ("crypto?", "nitro!", "bread")] == ["blocked", "blocked", ""]
    assert reason(set_, DM, "nitro!") == ""


# ── quiet hours ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("22:00-07:00 Europe/Stockholm", "22:00-07:00 Europe/Stockholm"),
        (" 9.30 \u2013 17.05 ", "09:30-17:05 UTC"),
        ("22:00 to 24:00", "22:00-00:00 UTC"),
    ],
)
def test_hours_are_read_as_people_type_them(text: str, read: str):
    assert Quiet.parse(text).text == read
    assert Quiet.parse(Quiet.parse(text).text) == Quiet.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "22-7", "25:00-07:00", "22:60-07:00", "22:00-22:00", "22:00-07:00 Mars/Base", "22:00-07:00 ../../etc/passwd"],
)
def test_hours_that_are_none_are_refused(text: str):
    with pytest.raises(InvalidInput, match="22:00-07:00 Europe/Stockholm"):
        Quiet.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_hours_or_refused(text: str):
    try:
        read = Quiet.parse(text)
    except InvalidInput:
        return
    assert read.begins != read.ends


def quiet_at(hours: str, *moment: int) -> str:
    """When the quiet hours end that it is at a moment of UTC, there; "" in none."""
    quiet = Quiet.parse(hours)
    end = quiet.until(datetime(*moment, tzinfo=UTC))  # type: ignore[arg-type,misc] # year, month, day, hour, minute
    return f"{end.astimezone(quiet.zone):%d %H:%M}" if end else ""


def test_hours_over_midnight_are_those_of_the_zone():
    hours = "22:00-07:00 Europe/Stockholm"  # an hour ahead of UTC in winter
    assert quiet_at(hours, 2026, 11, 23, 20, 59) == ""
    assert quiet_at(hours, 2026, 11, 23, 21, 0) == "24 07:00"
    assert quiet_at(hours, 2026, 11, 24, 5, 59) == "24 07:00"
    assert quiet_at(hours, 2026, 11, 24, 6, 0) == ""


def test_they_follow_the_clocks_in_spring_and_autumn():
    hours = "22:00-07:00 Europe/Stockholm"
    assert quiet_at(hours, 2026, 3, 29, 4, 59) == "29 07:00"  # summer time since 01:00 UTC
    assert quiet_at(hours, 2026, 3, 29, 5, 0) == ""
    assert quiet_at(hours, 2026, 10, 25, 5, 59) == "25 07:00"  # winter time since 01:00 UTC
    assert quiet_at(hours, 2026, 10, 25, 6, 0) == ""


def test_an_end_in_the_hour_that_comes_twice_is_one_moment():
    hours = "01:00-02:30 Europe/Stockholm"
    quiet = [bool(quiet_at(hours, 2026, 10, 24 + day, hour, 15)) for day, hour in ((0, 23), (1, 0), (1, 1))]
    assert quiet == [True, True, False]


def test_an_end_in_the_hour_that_is_left_out_comes_all_the_same():
    hours = "01:00-02:30 Europe/Stockholm"
    assert quiet_at(hours, 2026, 3, 29, 0, 59) != ""
    assert quiet_at(hours, 2026, 3, 29, 2, 0) == ""


@given(
    st.times(),
    st.times(),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - in UTC, below
)
def test_they_last_until_they_end_in_every_zone(begins: time, ends: time, zone: str, when: datetime):
    begins, ends = (one.replace(second=0, microsecond=0) for one in (begins, ends))
    if begins == ends:
        return
    quiet, now = Quiet(begins, ends, ZoneInfo(zone)), when.replace(tzinfo=UTC)
    until = quiet.until(now)
    if until is None:
        return
    assert now < until <= now + timedelta(hours=26)
    assert quiet.until(until - timedelta(microseconds=1)) is not None
    assert quiet.until(until) is None or begins == ends or quiet.until(until) != until


def test_quiet_hours_that_are_off_here_lift_wider_ones():
    hours = "10:00-14:00 UTC"
    assert reason(controls(("", QUIET, hours))) == "quiet"
    assert reason(controls(("", QUIET, hours), (ROOM.key, QUIET, "off"))) == ""


def test_hours_kept_that_this_machine_cannot_read_are_none():
    assert reason(Controls(1, {("", QUIET.name): "22:00-07:00 Moon/Crater"})) == ""
