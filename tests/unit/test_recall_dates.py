"""Which time a question means."""

# ruff: noqa: RUF001  the letters of other scripts are meant

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.library.dates import asks_when, beside, period, tells_time

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday

NAMED = [
    ("What did I say last March?", "en", "2026-03-01", "2026-03-31"),
    ("what did we talk about two weeks ago", "en", "2026-11-09", "2026-11-15"),
    ("What did we do on 7 May 2023?", "en", "2023-05-07", "2023-05-07"),
    ("Was habe ich vorgestern gesagt?", "de", "2026-11-21", "2026-11-21"),
    ("Wovon sprachen wir vor zwei Wochen?", "de", "2026-11-09", "2026-11-15"),
    ("Was war letzten März?", "de", "2026-03-01", "2026-03-31"),
    ("¿Qué hice la semana pasada?", "es", "2026-11-16", "2026-11-22"),
    ("¿De qué hablamos hace dos semanas?", "es", "2026-11-09", "2026-11-15"),
    ("De quoi avons-nous parlé il y a deux semaines ?", "fr", "2026-11-09", "2026-11-15"),
    ("Qu'est-ce que j'ai dit en mars ?", "fr", "2026-03-01", "2026-03-31"),
    ("Vad sa jag i förrgår?", "sv", "2026-11-21", "2026-11-21"),
    ("Vad gjorde jag förra veckan?", "sv", "2026-11-16", "2026-11-22"),
    ("Vad sa jag för två veckor sedan?", "sv", "2026-11-09", "2026-11-15"),
    ("Vad gjorde jag i mars?", "sv", "2026-03-01", "2026-03-31"),
    ("上周我说了什么？", "zh", "2026-11-16", "2026-11-22"),
    ("पिछले साल क्या हुआ?", "hi", "2025-01-01", "2025-12-31"),
    ("ماذا قلت الأسبوع الماضي؟", "ar", "2026-11-16", "2026-11-22"),
    ("О чём мы говорили 3 недели назад?", "ru", "2026-11-02", "2026-11-08"),
]


@pytest.mark.parametrize(("text", "language", "first", "last"), NAMED)
def test_a_time_is_told_from_now_in_the_fans_language(text: str, language: str, first: str, last: str) -> None:
    found = period(text, language, NOW)
    assert found is not None
    assert tuple(moment.date().isoformat() for moment in found) == (first, last)


@pytest.mark.parametrize(
    ("text", "language"),
    [("We like you, may I go on?", "en"), ("What is my dog called?", "en"), ("Vad heter min hund?", "sv"), ("", "ja")],
)
def test_a_question_without_a_time_names_none(text: str, language: str) -> None:
    assert period(text, language, NOW) is None


def test_a_stretch_beside_an_event_is_told_from_the_event() -> None:
    before = beside("How was I the week before my exam?", "en")
    assert before is not None
    assert (before.event, before.first, before.last) == ("my exam?", -7, 0)
    after = beside("Wie ging es mir am Tag nach der Prüfung", "de")
    assert after is not None
    assert (after.event, after.first, after.last) == ("der Prüfung", 0, 2)
    assert beside("What is my dog called?", "en") is None


def test_questions_for_a_time_are_known_in_many_languages() -> None:
    for text in (
        "When did I move?",
        "Wann war das?",
        "¿Cuándo fue?",
        "När var det?",
        "什么时候搬家的？",
        "मैं कब आई?",
        "متى كان ذلك؟",
    ):
        assert asks_when(text), text
    assert not asks_when("Whenever you like, he whispered to the hen")


def test_words_that_tell_a_time_are_known_in_many_languages() -> None:
    for text, language in (
        ("I went yesterday", "en"),
        ("letzte Woche", "de"),
        ("昨天去了", "zh"),
        ("igår var jag där", "sv"),
    ):
        assert tells_time(text, language), text
    assert not tells_time("I have a dog", "en")


TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ["last", "99999999", "March", "weeks", "ago", "in 2023", "vor 999 Jahren", "前", "31 Feb", "week before my"]
        )
    ).map(" ".join),
)


@settings(deadline=None)
@given(
    TEXTS,
    st.sampled_from(["", "en", "de", "sv", "zh", "ar", "hi", "fr", "xx", "../x"]),
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as Hypothesis wants them
)
def test_whatever_is_asked_a_time_is_none_or_goes_forward(text: str, language: str, now: datetime) -> None:
    found = period(text, language, now)
    stretch = beside(text, language)
    assert found is None or found[0] <= found[1] + timedelta(seconds=1)
    assert stretch is None or (stretch.first < stretch.last and stretch.event)
    assert asks_when(text) in {True, False}
