"""What an avatar may spend: shares, ends of periods, warnings, prices."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.budgets import BUDGETS, CENT, Budget, Period, Prices, Spent, begins, ends, standing, warnings
from core.model import Controls, Usage
from core.tiers import circles

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAILY, MONTHLY = Budget("day", "tokens", 1000), Budget("month", "money", 500 * CENT)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone


@pytest.mark.parametrize(
    ("day", "month", "share"),
    [
        (Spent(), Spent(), 0.0),
        (Spent(800), Spent(800, 100 * CENT), 0.8),
        (Spent(100), Spent(100, 450 * CENT), 0.9),
        (Spent(1000), Spent(1000), 1.0),
    ],
)
def test_the_budget_that_is_nearest_to_its_end_decides(day: Spent, month: Spent, share: float) -> None:
    assert standing((DAILY, MONTHLY), day, month, NOON).share == share


def test_a_budget_that_is_used_up_lifts_when_the_next_day_or_month_begins() -> None:
    both = (DAILY, MONTHLY)
    assert standing(both, Spent(999), Spent(999), NOON).lifts_at is None
    assert standing(both, Spent(1000), Spent(1000), NOON).lifts_at == datetime(2026, 11, 25, tzinfo=UTC)
    used_up = Spent(1000, 500 * CENT)
    assert standing(both, used_up, used_up, NOON).lifts_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_the_creator_is_told_at_eighty_percent_of_each() -> None:
    assert warnings((DAILY, MONTHLY), Spent(799), Spent(799, 399 * CENT), NOON) == ()
    (day,) = warnings((DAILY, MONTHLY), Spent(800), Spent(800), NOON)
    assert (day.budget, day.share, day.begins.day) == (DAILY, 0.8, 24)
    (month,) = warnings((DAILY, MONTHLY), Spent(0), Spent(0, 450 * CENT), NOON)
    assert (month.budget, month.share, month.begins.day) == (MONTHLY, 0.9, 1)


@given(now=MOMENTS, per=st.sampled_from(get_args(Period)))
def test_a_period_holds_its_own_moment(now: datetime, per: Period) -> None:
    first = datetime.combine(begins(per, now), datetime.min.time(), UTC)
    assert first <= now < ends(per, now) <= first + timedelta(days=1 if per == "day" else 31)
    assert begins(per, ends(per, now)) == ends(per, now).date()


def test_a_month_may_be_the_years_last() -> None:
    assert ends("month", datetime(2026, 12, 31, 23, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_what_was_read_before_has_its_own_price() -> None:
    prices = Prices(prompt=0.2, cached=0.05, completion=0.6)
    assert prices.of(Usage(prompt=1_000_000, cached=400_000, completion=100_000)) == 120_000 + 20_000 + 60_000
    assert prices.of(Usage(prompt=1)) == 1  # rounded up: nothing is for free
    assert Prices().of(Usage(prompt=10**9, completion=10**9)) == 0


def test_budgets_are_kept_as_json_and_read_back() -> None:
    kept = json.loads(json.dumps(BUDGETS.kept((DAILY, MONTHLY))))
    assert BUDGETS.of(Controls(1, {("", BUDGETS.name): kept})) == (DAILY, MONTHLY)


def test_a_higher_circle_includes_all_below_and_one_without_a_place_stands_alone() -> None:
    order = ("member", "subscriber", "friend")
    assert circles((), order) == frozenset()
    assert circles(["subscriber"], order) == {"member", "subscriber"}
    assert circles(["member", "friend"], order) == set(order)
    assert circles(["founding"], order) == {"founding"}
