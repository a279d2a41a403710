"""The benchmark's own arithmetic: what counts as a wrong answer, and when a goal is met."""

from __future__ import annotations

import pytest

from tests.bench.crowd import Asked, Outcome, judge
from tests.bench.figures import (
    Reused,
    Row,
    Runs,
    limiter_goals,
    percentile,
    prefix_goals,
    storage_goals,
    telegram_goals,
)
from tests.bench.gauge import Lag
from tests.bench.stage import BOTS, Load
from tests.bench.talk import answer

PACED = Load("paced", first_token=0.3, rate=50.0, tokens=75)


def judged(*texts: str) -> Outcome:
    outcome, asked = Outcome(), Asked("token-f1", sent=9)
    for text in texts:
        judge(outcome, asked, text, 12)
    return outcome


def test_answers_that_are_whole_and_in_order_are_no_faults() -> None:
    outcome = judged(answer("token-f1-n1", 12), answer("token-f1-n2", 12))
    assert (outcome.mixed_up, outcome.duplicated, outcome.out_of_order, outcome.incomplete) == (0, 0, 0, 0)
    assert outcome.strange == []


def test_an_opening_before_the_answer_is_no_fault() -> None:
    assert judged("I am an AI.\n\n" + answer("token-f1-n1", 12)).strange == []


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ([answer("token-f1-n1", 12)] * 2, "duplicated"),
        ([answer("token-f1-n2", 12), answer("token-f1-n1", 12)], "out_of_order"),
        ([answer("token-f2-n1", 12)], "mixed_up"),
        ([answer("token-f11-n1", 12)], "mixed_up"),
        ([answer("token-f1-n1", 11)], "incomplete"),
        (["The model cannot be had right now."], "incomplete"),
    ],
)
def test_each_wrong_answer_is_counted_as_what_it_is(texts: list[str], fault: str) -> None:
    outcome = judged(*texts)
    assert getattr(outcome, fault) == 1
    assert outcome.strange == [texts[-1]]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values[::-1], share) for share in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 99) == 7


def outcome(*, rate: float, cpu: float = 1.0) -> Outcome:
    replies = int(rate * 2)
    return Outcome(
        start=100.0,
        seconds=2.0,
        added=[0.22] * replies,
        first=[0.33] * replies,
        model_first=[0.3] * replies,
        cpu=cpu * replies / 1000,
    )


def rows(*, product: float, cpu: float = 1.0) -> list[Row]:
    rates = dict(zip(BOTS, (100.0, 400.0, product), strict=True))
    lag = [Lag(101.0, 0.01), Lag(200.0, 9.0)]
    return [
        Runs(bot, PACED, fans, [outcome(rate=rates[bot], cpu=cpu if bot == "stagedoor" else 1.0)]).row(lag)
        for bot in BOTS
        for fans in (20, 200)
    ]


def test_times_are_reported_in_milliseconds_beside_the_models_own() -> None:
    row = rows(product=300)[0]
    times = [row.added_p50, row.first_p50, row.model_first, row.first_added]
    assert times == pytest.approx([220, 330, 300, 30])


def test_only_what_the_loop_did_during_a_run_counts_as_its_lag() -> None:
    assert rows(product=300)[0].lag_p99 == pytest.approx(10)


def test_goals_are_met_by_a_bot_at_three_quarters_of_the_floor_and_missed_at_a_third() -> None:
    assert all(goal.met for goal in telegram_goals(rows(product=300)))
    missed = [goal.goal for goal in telegram_goals(rows(product=130, cpu=3.5)) if not goal.met]
    assert missed == ["replies/s at least 50 % of floor b", "CPU per reply at most 3 x floor b"]


def test_the_turn_path_is_judged_by_its_median_round() -> None:
    (goal,) = storage_goals({"product": [100.0, 500.0, 510.0], "floor": [1000.0, 1000.0, 5000.0]})
    assert goal.met
    assert goal.measured == "50%"


def test_the_first_turn_has_nothing_to_reuse_and_does_not_count() -> None:
    (goal,) = prefix_goals([Reused(1000, 0), Reused(1000, 950), Reused(1000, 890)])
    assert goal.met
    assert goal.measured == "92.0%"


def test_the_limiter_has_to_be_quick_and_to_let_the_loop_go_on() -> None:
    quick, slow = (
        {"decisions": 3.0 * rate, "seconds": 3.0, "lag_p99": lag} for rate, lag in ((12_000, 9), (9_000, 90))
    )
    assert [goal.met for goal in limiter_goals([quick, quick, slow])] == [True, True]
    assert [goal.met for goal in limiter_goals([quick, slow, slow])] == [False, False]
