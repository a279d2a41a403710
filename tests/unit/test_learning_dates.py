"""Dates as people name them, told from the day they said it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dates import ENGLISH, TONGUES, named

MONDAY = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
WEEKDAYS = ENGLISH.weekdays.split()
MONTHS = [one.split("|")[0] for one in ENGLISH.months.split()]
SHORT = [one.split("|")[-1] for one in ENGLISH.months.split()]
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (bounds)


def days(text: str, said_at: datetime, *, ahead: bool = False) -> tuple[date | None, date | None]:
    found = named(text, said_at, ahead=ahead)
    assert found is not None, text
    return found.start and found.start.date(), found.end and found.end.date()


def day(text: str, said_at: datetime, *, ahead: bool = False) -> date:
    first, last = days(text, said_at, ahead=ahead)
    assert first is not None
    assert first == last
    return first


@given(moments, st.integers(1, 400))
def test_days_ago_and_to_come_are_counted_from_the_day_of_the_message(now: datetime, count: int) -> None:
    assert day(f"I saw her {count} days ago", now) == now.date() - timedelta(days=count)
    assert day(f"I fly in {count} days", now) == now.date() + timedelta(days=count)
    assert day(f"ich fliege in {count} Tagen weg", now) == now.date() + timedelta(days=count)


@given(moments, st.integers(0, 6))
def test_a_weekday_is_the_nearest_one_in_its_direction_and_never_today(now: datetime, at: int) -> None:
    last, coming = day(f"last {WEEKDAYS[at]} I swam", now), day(f"next {WEEKDAYS[at]} I swim", now)
    assert last.weekday() == coming.weekday() == at
    assert 1 <= (now.date() - last).days <= 7
    assert 1 <= (coming - now.date()).days <= 7
    assert day(f"on {WEEKDAYS[at]}", now) == last
    assert day(f"on {WEEKDAYS[at]}", now, ahead=True) == coming


@given(moments, st.integers(0, 11))
def test_last_and_next_of_a_month_leave_out_the_present_one(now: datetime, at: int) -> None:
    last, coming = days(f"last {MONTHS[at]}", now), days(f"next {MONTHS[at]}", now)
    assert last[0]
    assert last[1]
    assert coming[0]
    assert last[1] < now.date() < coming[0]
    assert last[0].month == coming[0].month == at + 1
    assert (coming[0].year - last[0].year) in {1, 2}


@given(moments, st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_whole_date_is_itself_whenever_it_is_said(now: datetime, when: date) -> None:
    wordings = (
        f"on {when.day} {MONTHS[when.month - 1]} {when.year} I married",
        f"it was {MONTHS[when.month - 1]} {when.day}, {when.year}",
        f"I'm there from {SHORT[when.month - 1]} {when.day}, {when.year}",
        f"it was {when.isoformat()}",
        f"es war am {when.day}.{when.month}.{when.year}",
    )
    assert {day(text, now, ahead=ahead) for text in wordings for ahead in (True, False)} == {when}


@given(moments, st.text(max_size=80))
def test_no_text_breaks_it_and_a_period_never_ends_before_it_begins(now: datetime, text: str) -> None:
    found = named(f"{text} next week {text}", now, ahead=True)
    assert found is None or found.start is None or found.end is None or found.start <= found.end


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("I fly to Rome tomorrow", date(2026, 11, 24), date(2026, 11, 24)),
        ("the day after tomorrow is my exam", date(2026, 11, 25), date(2026, 11, 25)),
        ("this weekend I rest", date(2026, 11, 28), date(2026, 11, 29)),
        ("we met last week", date(2026, 11, 16), date(2026, 11, 22)),
        ("I moved in March 2019", date(2019, 3, 1), date(2019, 3, 31)),
        ("I've been here since 2019", date(2019, 1, 1), None),
        ("I'll be in Paris from Dec 3 to Dec 5", date(2026, 12, 3), date(2026, 12, 5)),
        ("ich bin vom 3. Dezember bis 5. Dezember in Rom", date(2026, 12, 3), date(2026, 12, 5)),
        ("I'm away until Friday", None, date(2026, 11, 27)),
        ("ich fliege morgen nach Rom", date(2026, 11, 24), date(2026, 11, 24)),
        ("seit 2019 wohne ich in Bonn", date(2019, 1, 1), None),
        ("ich war letzte Woche krank", date(2026, 11, 16), date(2026, 11, 22)),
        ("hier j'ai vu un chat", date(2026, 11, 22), date(2026, 11, 22)),
        ("je pars vendredi prochain", date(2026, 11, 27), date(2026, 11, 27)),
        ("me voy la semana que viene", date(2026, 11, 30), date(2026, 12, 6)),
        ("ayer vi a mi hermana", date(2026, 11, 22), date(2026, 11, 22)),
        ("domani vado al mare", date(2026, 11, 24), date(2026, 11, 24)),
        ("eu viajei há dois dias", date(2026, 11, 21), date(2026, 11, 21)),
        ("volgende week ga ik weg", date(2026, 11, 30), date(2026, 12, 6)),
    ],
)
def test_people_name_days_in_several_languages(text: str, first: date | None, last: date | None) -> None:
    assert days(text, MONDAY, ahead=True) == (first, last)


@pytest.mark.parametrize(
    "text", ["may I ask you something", "every Friday I swim", "31 February", "ich bin hier", "march on!", "", "5"]
)
def test_what_names_no_day_gives_none(text: str) -> None:
    assert named(text, MONDAY, ahead=True) is None


def test_a_birthday_on_the_29th_of_february_waits_for_a_leap_year() -> None:
    assert day("on 29 February", MONDAY, ahead=True) == date(2028, 2, 29)
    assert day("on 29 February", MONDAY) == date(2024, 2, 29)


@given(moments, st.sampled_from(TONGUES))
def test_every_language_knows_tomorrow_and_yesterday(now: datetime, tongue: object) -> None:
    for one in TONGUES:
        mark = " ".join(sorted(one.known_by)[:6])
        for word, away in one.days.items():
            assert day(f"{mark}, {word}", now) == now.date() + timedelta(days=away)
