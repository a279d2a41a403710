"""Cutting long texts into parts."""

# ruff: noqa: RUF001  the wide signs are meant

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.graphemes import boundary
from core.split import split

Measure = Callable[[str], int]
FAMILY, FLAG, KEYCAP, SKIN = "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "👍🏽"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
GRAPHEMES = [
    FAMILY, FLAG, KEYCAP, SKIN, SCOTLAND, "❤️‍🔥", "é", "한", "\u1112\u1161\u11ab", "क्षि", "र्क", "நி", "กำ", "שָׁ", "𝒳",
    "a", "ß", "字",
]  # fmt: skip
PIECES = [" ", " ", "\n", "\n\n", "word ", "a sentence. ", "**bold** ", "[a link](https://x.example/y) ", "`code` "]
FENCES = ["\n```python\n", "\n```\n", "\n~~~\n", "    indented\n", "- item\n", "句子。"]
MARKDOWN = st.lists(st.sampled_from(GRAPHEMES + PIECES + FENCES) | st.text(max_size=30), max_size=80).map("".join)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escaped(text: str) -> int:
    """As a renderer counts that turns some signs into several, and drops others."""
    return len(text) + 4 * text.count("&") + text.count("\n") - 2 * text.count("**")


def ink(text: str) -> str:
    """What is left when whitespace and fence lines are taken out."""
    return re.sub(r"\s+", "", re.sub(r"^ {0,3}(```+|~~~+)[^`\n]*$", "", text, flags=re.MULTILINE))


def test_a_text_that_fits_is_measured_once_and_left_alone() -> None:
    measured: list[str] = []

    def measure(text: str) -> int:
        measured.append(text)
        return len(text)

    assert split("one\n\ntwo", 2000, measure) == ["one\n\ntwo"]
    assert measured == ["one\n\ntwo"]


@pytest.mark.parametrize("blank", ["", " ", "\n \n", "\t"])
def test_a_blank_text_gives_no_parts(blank: str) -> None:
    assert split(blank, 100) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a" * 50 + "\n\n" + "b" * 20 + "\n" + "c" * 60, "a" * 50),
        ("a" * 50 + "\n" + "b b. " * 5 + "c" * 60, "a" * 50),
        ("It rises. " * 20, ("It rises. " * 10).rstrip()),
        ("word " * 40, ("word " * 20).rstrip()),
        ("句子很短。" * 40, "句子很短。" * 20),
        ("x" * 250, "x" * 100),
    ],
    ids=["paragraph", "line", "sentence", "word", "Chinese sentence", "character"],
)
def test_cuts_fall_at_the_best_place_within_reach(text: str, first: str) -> None:
    assert split(text, 100)[0] == first


def test_a_code_block_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"    line_{number} = {number}" for number in range(24))
    parts = split(f"Look:\n\n```python\n{code}\n```\nDone.", 120)
    assert len(parts) > 3
    assert all(part.count("```") in {0, 2} for part in parts)
    assert all(part.startswith("```python\n    line_") for part in parts[1:-1])
    assert parts[-1].endswith("Done.")
    assert "".join(re.findall(r"line_\d+ = \d+", "\n".join(parts))) == code.replace("\n", "").replace(" " * 4, "")


def test_no_part_is_an_empty_code_block() -> None:
    text = "```\n" + "x" * 90 + "\n```\n\n" + "intro " * 16 + "\n```js\ncode()\n```"
    for limit in range(64, 140):
        assert all(ink(part) for part in split(text, limit)), limit


@pytest.mark.parametrize("whole", ["[my favourite bakery](https://bakery.example/a/b)", "`pip install bread rolls`"])
def test_links_and_inline_code_are_not_cut(whole: str) -> None:
    for padding in range(1, 99):
        text = "w " * padding + whole + " and more words" * 9
        assert any(whole in part for part in split(text, 100)), padding


@pytest.mark.parametrize("grapheme", GRAPHEMES)
@pytest.mark.parametrize("measure", [len, utf16])
def test_no_grapheme_is_cut(grapheme: str, measure: Measure) -> None:
    for limit in range(64, 90):
        parts = split("x" + grapheme * 90, limit, measure)
        assert len(parts) > 1
        assert all(re.fullmatch(f"x?(?:{re.escape(grapheme)})*", part) for part in parts), limit


def test_four_thousand_astral_emoji_split_by_utf16_units() -> None:
    parts = split("🍞" * 4096, 4096, utf16)
    assert [utf16(part) for part in parts] == [4096, 4096]


@pytest.mark.parametrize("grapheme", [g for g in GRAPHEMES if len(g) > 1])
def test_boundaries_fall_only_between_graphemes(grapheme: str) -> None:
    text = f"a{grapheme}{grapheme}b"
    fair = {0, 1, 1 + len(grapheme), 1 + 2 * len(grapheme), len(text)}
    assert {boundary(text, at) for at in range(len(text) + 1)} == fair


@given(text=MARKDOWN, limit=st.integers(64, 300), measure=st.sampled_from([len, utf16, escaped]))
@example(text="```\n" + "x" * 61, limit=64, measure=len)
def test_every_part_fits_and_nothing_but_whitespace_is_lost(text: str, limit: int, measure: Measure) -> None:
    parts = split(text, limit, measure)
    assert all(measure(part) <= limit for part in parts)
    assert all(part.strip() for part in parts)
    assert ink("\n".join(parts)) == ink(text)


@given(text=MARKDOWN.filter(str.strip), limit=st.integers(0, 300), wild=st.lists(st.integers(0, 9999), min_size=1))
def test_the_search_ends_whatever_is_measured(text: str, limit: int, wild: list[int]) -> None:
    calls = 0

    def measure(_: str) -> int:
        nonlocal calls
        calls += 1
        return wild[calls % len(wild)]

    assert all(part.strip() for part in split(text, limit, measure))
    assert calls < 200 * len(text) + 200


def test_a_hundred_thousand_characters_of_anything_split_in_time() -> None:
    for unit in ("x", "!", "`", "[", "[x](", "```\n", "\n", " ", "🇩", "a\u0301", "\u200d", "https://"):
        text = "a" + unit * (100_000 // len(unit)) + "b"
        begun = time.perf_counter()
        split(text, 2000)
        assert time.perf_counter() - begun < 5, unit
