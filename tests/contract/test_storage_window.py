"""How a window is trimmed, and how allowances are spent: pure, and over many made-up cases."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.storage.allowances import DAY, MINUTE, NOTICE_PAUSE, Allowance, Waiting, settle
from adapters.storage.window import trim
from core.limits import Limits, Rate
from tests.contract.conftest import NOON

TOKENS = st.lists(st.integers(0, 60))
LIMITS = st.builds(
    lambda minute, day: Limits(Rate(minute, timedelta(minutes=1)), Rate(day, timedelta(days=1))),
    st.integers(0, 5),
    st.integers(0, 8),
)
ARRIVALS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["", "help"]), st.floats(0, 90)), max_size=40)


@given(TOKENS, st.integers(0, 200))
def test_what_fits_is_kept_and_what_does_not_is_cut_to_half(tokens: list[int], budget: int) -> None:
    gone = trim(tokens, budget)
    kept = tokens[gone:]
    if sum(tokens) <= budget:
        assert gone == 0
    else:
        assert sum(kept) <= budget // 2
        assert gone == len(tokens) or sum(kept) + tokens[gone - 1] > budget // 2


@given(TOKENS, st.integers(1, 200))
def test_trimming_what_was_trimmed_changes_nothing(tokens: list[int], budget: int) -> None:
    kept = tokens[trim(tokens, budget) :]
    assert trim(kept, budget) == 0


@given(ARRIVALS, LIMITS)
def test_every_message_is_taken_or_refused_and_nobody_is_told_twice_within_a_pause(
    arrivals: list[tuple[int, str, float]], limits: Limits
) -> None:
    kept: dict[tuple[int, str], Allowance] = {}
    told: dict[tuple[int, bool], float] = {}
    taken: Counter[int] = Counter()
    moment = 0.0
    for number, (fan, command, pause) in enumerate(arrivals):
        moment += pause
        now = NOON + timedelta(seconds=moment)
        minute, day = (kept.get((fan, name), Allowance(None, None)) for name in (MINUTE, DAY))
        waiting = Waiting(number, fan, command, minute.tat, minute.noticed_until, day.tat, day.noticed_until)
        settled = settle([waiting], limits, now)
        assert sorted([*settled.taken, *settled.silent, *settled.told]) == [number]
        kept |= settled.spent
        taken[fan] += not command and bool(settled.taken)
        for lifts in settled.told.values():
            assert lifts > now
            by_day = lifts - now > timedelta(minutes=1)
            assert moment - told.get((fan, by_day), -1e9) >= NOTICE_PAUSE.total_seconds() - 0.001
            told[fan, by_day] = moment
    if limits.day.count:
        assert all(count <= limits.day.count + moment // (86400 / limits.day.count) + 1 for count in taken.values())


@given(ARRIVALS, LIMITS)
def test_settling_together_is_settling_one_by_one(arrivals: list[tuple[int, str, float]], limits: Limits) -> None:
    together = settle(
        [Waiting(number, fan, command, None, None, None, None) for number, (fan, command, _) in enumerate(arrivals)],
        limits,
        NOON,
    )
    kept: dict[tuple[int, str], Allowance] = {}
    taken = []
    for number, (fan, command, _) in enumerate(arrivals):
        minute, day = (kept.get((fan, name), Allowance(None, None)) for name in (MINUTE, DAY))
        one = settle(
            [Waiting(number, fan, command, minute.tat, minute.noticed_until, day.tat, day.noticed_until)], limits, NOON
        )
        taken += one.taken
        kept |= one.spent
    assert together.taken == taken
    assert together.spent == kept
