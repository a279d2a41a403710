"""Themes of unanswered questions: counted, and never somebody's own words."""

# ruff: noqa: RUF001  the wide signs are meant

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.content import Gap
from core.gaps import themes
from core.model import FanId
from tests.fakes import NOON


def asked(*questions: tuple[int, str]) -> list[Gap]:
    return [Gap(FanId(fan), text, NOON + timedelta(minutes=at)) for at, (fan, text) in enumerate(questions)]


def test_questions_about_one_thing_become_one_theme_named_by_words_that_several_fans_used():
    found = themes(
        asked(
            (1, "do you ship sourdough starter to Norway?"),
            (2, "can I buy the sourdough starter, my address is Elm Street 4"),
            (3, "where to buy sourdough starter?"),
            (3, "is the sourdough starter for sale"),
            (4, "what camera do you use?"),
        )
    )
    assert len(found) == 1
    assert (found[0].fans, found[0].questions) == (3, 4)
    assert found[0].words[:2] == ("sourdough", "starter")
    assert found[0].last == NOON + timedelta(minutes=3)


def test_what_too_few_fans_asked_is_not_shown_however_often_they_asked():
    assert themes(asked(*[(1, "what camera do you use?")] * 9, (2, "which camera is it?"))) == []


def test_questions_in_chinese_are_grouped_too():
    found = themes(asked((1, "全麦面包怎么做？"), (2, "想学全麦面包"), (3, "全麦面包要烤多久")))
    assert [one.fans for one in found] == [3]


def test_the_most_asked_comes_first():
    found = themes(
        asked(*[(fan, "camera model please") for fan in range(3)], *[(fan, "flour brand please") for fan in range(5)])
    )
    assert [one.fans for one in found] == [5, 3]


words = st.lists(st.sampled_from(["camera", "flour", "secret", "bitcoin", "oven", "面包"]), max_size=5).map(" ".join)


@given(st.lists(st.tuples(st.integers(1, 6), words), max_size=30))
def test_every_shown_word_was_used_by_enough_fans_and_every_theme_asked_by_enough(questions: list[tuple[int, str]]):
    for theme in themes(asked(*questions)):
        assert theme.fans >= 3
        for word in theme.words:
            assert len({fan for fan, text in questions if word in text}) >= 3
