"""The rate a fan may write at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.limits import Decision, Rate, spend

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
