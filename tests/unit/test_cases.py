"""What makes an answer wrong, as far as no judge is needed."""

from __future__ import annotations

import pytest

from core.cases import Case, failures
from core.model import Used

RYE = Used("passage", "1", "Rye for beginners", "https://maya.example/1", cited=True)


def check(case: Case, answer: str, *used: Used, gap: bool = False) -> list[str]:
    return failures(case, answer, used, gap=gap)


def test_an_answer_that_says_and_cites_what_it_should_is_right():
    case = Case(ask="water?", says=("85 percent | 85 %",), never=("70",), cites=("https://maya.example/1",))
    assert check(case, "Take 85  Percent water.", RYE) == []


@pytest.mark.parametrize(
    ("case", "answer", "wrong"),
    [
        (Case(ask="q", says=("85",)), "Take 70.", 'It does not say "85".'),
        (Case(ask="q", never=("70",)), "Take 70.", 'It says "70".'),
        (Case(ask="q", says=("85",)), "Take 1,850.", 'It does not say "85".'),
        (Case(ask="q", says=("85|",)), "Take 70.", 'It does not say "85|".'),
        (Case(ask="q", cites=("Buns",)), "Take 85.", "It rests on none of: Buns."),
        (Case(ask="q", answered=False), "Take 85.", "It answers, although nothing published does."),
        (Case(ask="q", means="Rye wants 85 percent water"), "Rye wants water", "It leaves out 85."),
        (Case(ask="q", means="Never knead rye dough"), "Hello there", "It has 0 of the 3 words that matter in the"),
    ],
)
def test_each_kind_of_mistake_is_named(case: Case, answer: str, wrong: str):
    assert [one[: len(wrong)] for one in check(case, answer, RYE)] == [wrong]


def test_a_number_is_found_as_a_number_and_not_within_another():
    assert check(Case(ask="q", says=("85 %",), never=("5 %",)), "Take 85 %, not 70.") == []
    assert check(Case(ask="q", says=("85",)), "85percent, no more.") == []


def test_the_address_of_a_video_is_meant_with_any_moment_of_it():
    video = "https://youtu.be/abc"
    shown = Used("passage", "1", "Folds", f"{video}?t=83s", cited=True)
    assert check(Case(ask="q", cites=(video,)), "Three folds.", shown) == []


def test_a_passage_that_was_shown_but_not_used_is_no_source():
    shown = Used("passage", "1", "Rye for beginners")
    assert check(Case(ask="q", cites=("Rye for beginners",)), "Take 85.", shown) != []


def test_saying_that_there_is_no_answer_is_wrong_where_there_is_one_and_right_where_there_is_none():
    assert check(Case(ask="q"), "No idea.", gap=True) == ["It says that there is no answer."]
    assert check(Case(ask="q", answered=False), "No idea.", gap=True) == []
