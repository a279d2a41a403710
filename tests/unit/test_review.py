"""core.review: what those who look after an avatar are told of a reply."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.model import Outcome, TurnId, Usage, Used, Why
from core.review import MOST_UNUSED, told
from tests.fakes import DM, NOON

BREAD = Used("passage", "1", "Bread [a]", "https://maya.example/bread", 2.5, cited=True)
SOUP = Used("passage", "2", "Soup", score=1.0)
PLAIN = Why(
    TurnId(7), DM, Outcome.ANSWERED, "llama-3", Usage(812, 64, 600), {}, (), gap=False, began_at=NOON, finished_at=NOON
)


def test_passages_are_told_by_title_and_link_what_it_rests_on_first() -> None:
    text = told(replace(PLAIN, used=(SOUP, BREAD)))
    rests, looked = text.index("**Rests on**"), text.index("**Was looked at, too**")
    assert rests < text.index("](https://maya.example/bread)") < looked < text.index("- Soup")


def test_model_tokens_and_version_stand_in_one_line() -> None:
    noted = replace(PLAIN, note={"finish": "length", "persona": 3, "screened": "secret"})
    assert told(noted).splitlines()[-1] == (
        "2026-11-23 12:00 UTC · llama-3 · 812 tokens read (600 cached) · 64 written · persona version 3 · "
        "cut off at its longest · screened: secret"
    )


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("", "not decided yet"),
        (Outcome.COMMAND, "a command"),
        (Outcome.FIXED, "no model was asked"),
        (Outcome.FALLBACK, "could not be had"),
        (Outcome.REFUSED, "limit"),
        (Outcome.ANSWERED, "Nothing published went into it."),
    ],
)
def test_every_outcome_says_what_it_was(outcome: str, said: str) -> None:
    assert said in told(replace(PLAIN, outcome=outcome))


def test_a_gap_is_named_and_lorebook_and_rules_are_listed() -> None:
    used = (Used("lore", "ovens", "Ovens (oven)"), Used("rule", "no-medical", "No medical advice"))
    text = told(replace(PLAIN, used=used, gap=True))
    assert "Nothing published answers the question." in text
    assert "- Ovens (oven)" in text
    assert "- No medical advice" in text


def test_what_is_remembered_of_a_fan_is_counted_and_not_told() -> None:
    text = told(replace(PLAIN, used=(Used("memory", "1", "Ann is afraid of geese"),)))
    assert "geese" not in text
    assert "remembered of the fan: 1" in text


def test_it_stays_short_however_much_was_looked_at() -> None:
    many = tuple(Used("passage", str(number), f"Title {number}") for number in range(50))
    assert told(replace(PLAIN, used=many)).count("- Title") == MOST_UNUSED
