"""The rate a fan may write at."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.limits import LIMITS, Decision, Limit, Rate, charge, check, in_force, left, put, spend
from core.model import Controls

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
RATES = st.builds(
    Rate,
    count=st.integers(1, 60),
    period=st.sampled_from([timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)]),
)
FRACTIONS = st.floats(0, 3, allow_nan=False)


def interval(rate: Rate) -> timedelta:
    return -(-rate.period // rate.count)


def admitted_times(rate: Rate, moments: list[datetime]) -> list[datetime]:
    tat, times = None, []
    for moment in moments:
        decision = spend(rate, tat, moment)
        tat = decision.tat
        if decision.admitted:
            times.append(moment)
    return times


def test_a_burst_passes_and_the_next_message_waits_for_the_refill() -> None:
    rate = Rate(3, timedelta(minutes=1))
    tat = None
    for _ in range(3):
        tat = spend(rate, tat, NOW).tat
    refused = spend(rate, tat, NOW)
    assert refused == Decision(admitted=False, tat=tat, lifts_at=NOW + timedelta(seconds=20))


def test_a_fan_who_was_idle_for_a_period_has_the_whole_burst_again() -> None:
    rate = Rate(5, timedelta(minutes=1))
    moments = [NOW] * 9 + [NOW + timedelta(minutes=1)] * 9
    assert len(admitted_times(rate, moments)) == 10


@given(rate=RATES, extra=st.integers(0, 20))
def test_a_burst_from_idle_is_exactly_the_count(rate: Rate, extra: int) -> None:
    assert len(admitted_times(rate, [NOW] * (rate.count + extra))) == rate.count


@given(rate=RATES, gaps=st.lists(FRACTIONS, max_size=150), window=FRACTIONS)
def test_no_window_holds_more_than_the_burst_and_its_refill(rate: Rate, gaps: list[float], window: float) -> None:
    moments = [NOW]
    for gap in gaps:
        moments += [moments[-1] + gap * interval(rate)] * 2
    times = admitted_times(rate, moments)
    for width in (window * rate.period, rate.period):
        bound = rate.count + width // interval(rate)
        for start in times:
            assert sum(start <= time <= start + width for time in times) <= bound
    assert all(sum(start <= time <= start + rate.period for time in times) <= 2 * rate.count for start in times)


@given(rate=RATES, tat=st.floats(-2, 2), jump=st.sampled_from([0, 0, 1, 1_000, 3_650]), later=FRACTIONS)
def test_after_a_refusal_lifts_the_next_message_is_admitted(rate: Rate, tat: float, jump: int, later: float) -> None:
    kept = NOW + tat * rate.period + timedelta(days=jump)
    decision = spend(rate, kept, NOW)
    if decision.admitted:
        assert decision.lifts_at is None
    else:
        assert decision.tat == kept
        assert decision.lifts_at is not None
        assert NOW < decision.lifts_at <= NOW + interval(rate)
        assert spend(rate, decision.tat, decision.lifts_at).admitted
        assert not spend(rate, decision.tat, decision.lifts_at - timedelta(microseconds=1)).admitted
        assert spend(rate, decision.tat, decision.lifts_at + later * rate.period).admitted


@given(rate=RATES, jumps=st.lists(st.floats(-400, 400), min_size=1, max_size=40))
def test_however_the_clock_jumps_nobody_waits_longer_than_one_interval(rate: Rate, jumps: list[float]) -> None:
    now, tat = NOW, None
    for jump in jumps:
        now += jump * interval(rate)
        decision = spend(rate, tat, now)
        tat = decision.tat
        assert decision.lifts_at is None or now < decision.lifts_at <= now + interval(rate)
        assert not decision.admitted or (tat is not None and now < tat <= now + rate.count * interval(rate))


def test_a_clock_set_back_by_a_year_neither_locks_out_nor_grants_a_new_burst() -> None:
    rate = Rate(5, timedelta(minutes=1))
    spent = spend(rate, NOW + timedelta(days=365), NOW)
    assert spent.admitted
    assert not spend(rate, spent.tat, NOW).admitted


@given(tat=st.none() | st.datetimes(timezones=st.just(UTC)), period=st.timedeltas())
def test_a_count_of_zero_admits_everything(tat: datetime | None, period: timedelta) -> None:
    assert spend(Rate(0, period), tat, NOW) == Decision(admitted=True, tat=tat, lifts_at=None)


# ── what is known only afterwards ────────────────────────────────────────────────────────────────

AMOUNTS = st.lists(st.tuples(FRACTIONS, st.integers(0, 300)), max_size=60)


def test_a_bucket_admits_until_it_is_used_up_and_then_until_the_debt_is_refilled() -> None:
    rate = Rate(100, timedelta(minutes=1))
    assert check(rate, None, NOW).admitted
    tat = charge(rate, None, NOW, 99)
    assert check(rate, tat, NOW).admitted
    tat = charge(rate, tat, NOW, 51)
    refused = check(rate, tat, NOW)
    assert refused == Decision(
        admitted=False, tat=tat, lifts_at=NOW + timedelta(seconds=30) + timedelta(microseconds=1)
    )
    assert refused.lifts_at is not None
    assert check(rate, tat, refused.lifts_at).admitted
    assert not check(rate, tat, refused.lifts_at - timedelta(microseconds=1)).admitted


@given(rate=RATES, amounts=AMOUNTS)
def test_what_is_charged_stays_within_the_rate_but_for_the_last_charge(
    rate: Rate, amounts: list[tuple[float, int]]
) -> None:
    now, tat, charged = NOW, None, 0
    for gap, amount in amounts:
        now += gap * interval(rate)
        if check(rate, tat, now).admitted:
            refilled = rate.count + (now - NOW) / rate.period * rate.count
            debt = rate.count * max(amount // rate.count, 1)  # of what is forgiven beyond one period
            assert charged - debt <= refilled + 1
            charged += min(amount, 2 * rate.count)
            tat = charge(rate, tat, now, amount)


@given(rate=RATES, jumps=st.lists(st.tuples(st.floats(-400, 400), st.integers(0, 10_000)), min_size=1, max_size=40))
def test_however_the_clock_jumps_no_debt_is_longer_than_one_period(rate: Rate, jumps: list[tuple[float, int]]) -> None:
    now, tat = NOW, None
    for jump, amount in jumps:
        now += jump * interval(rate)
        decision = check(rate, tat, now)
        wait = decision.lifts_at - now if decision.lifts_at else timedelta(0)
        assert timedelta(0) <= wait <= rate.period + timedelta(microseconds=1)
        tat = charge(rate, tat, now, amount)
        assert now <= tat <= now + 2 * rate.period


@given(rate=RATES, spent=st.integers(0, 80))
def test_what_is_left_is_what_can_still_be_written(rate: Rate, spent: int) -> None:
    limit, tat = Limit("fan", "messages", rate), None
    for _ in range(spent):
        tat = spend(rate, tat, NOW).tat
    assert left(limit, tat, NOW).units == max(rate.count - spent, 0)
    assert (left(limit, tat, NOW).lifts_at is None) == (spent < rate.count)


@given(rate=RATES, used=st.integers(0, 200))
def test_what_is_left_of_tokens_is_what_was_not_used(rate: Rate, used: int) -> None:
    found = left(Limit("fan", "tokens", rate), charge(rate, None, NOW, used), NOW)
    assert max(rate.count - used, 0) - 1 <= found.units <= max(rate.count - used, 0)  # rounded to the microsecond


# ── which limits hold ────────────────────────────────────────────────────────────────────────────

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def per_minute(count: int, tier: str = "") -> Limit:
    return Limit("fan", "messages", Rate(count, MINUTE), tier)


def test_a_circles_limit_takes_the_place_of_everybodys_and_the_most_generous_wins() -> None:
    limits = [per_minute(5), per_minute(20, "member"), per_minute(10, "friend")]
    assert in_force(limits, ()) == (per_minute(5),)
    assert in_force(limits, {"friend"}) == (per_minute(10, "friend"),)
    assert in_force(limits, {"friend", "member"}) == (per_minute(20, "member"),)
    assert in_force([*limits, per_minute(0, "friend")], {"friend", "member"}) == ()


def test_a_limit_in_another_time_holds_beside_it() -> None:
    day = Limit("fan", "messages", Rate(9, DAY))
    assert in_force([per_minute(5), day, per_minute(7, "member")], {"member"}) == (per_minute(7, "member"), day)


def test_what_is_set_later_holds_and_nought_lifts() -> None:
    assert in_force([per_minute(5), per_minute(8)], ()) == (per_minute(8),)
    assert in_force([per_minute(5), per_minute(0)], ()) == ()


def test_putting_a_limit_replaces_the_same_one_only() -> None:
    kept = (per_minute(5), per_minute(6, "member"), Limit("fan", "messages", Rate(9, DAY)))
    assert put(kept, per_minute(7)) == (*kept[1:], per_minute(7))


def test_limits_are_kept_as_json_and_read_back() -> None:
    limits = (per_minute(5, "member"), Limit("avatar", "money", Rate(10_000, DAY)))
    kept = json.loads(json.dumps(LIMITS.kept(limits)))
    assert LIMITS.of(Controls(1, {("", LIMITS.name): kept})) == limits
    assert LIMITS.of(Controls(1, {("", LIMITS.name): [{"scope": "nobody"}]})) == ()
