"""Documents in passages."""

# ruff: noqa: RUF001  the wide signs are meant

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chunk import MOST_TOKENS, MOST_WORDS, chunk, count_words
from core.content import Chunk, Document, Kind, Section
from core.text import estimate_tokens

WRITING = st.text(
    st.sampled_from("abcdefg áñ.!?;,\n\t 漢字。！のかพาअकि।أبג؟💡") | st.characters(exclude_categories=["Cs"]),
    max_size=3000,
)
SECTIONS = st.lists(
    st.builds(
        Section,
        WRITING,
        heading=st.sampled_from(["", "Bread", "Bread > Crust", "Bread > Crumb", "Coffee"]),
        start=st.none() | st.floats(0, 9000),
    ),
    max_size=6,
)


def cut(*sections: Section) -> list[Chunk]:
    return chunk(Document("k", Kind.PAGE, "Title", sections, language="en"), estimate_tokens)


def sentences(count: int, words: int = 10, word: str = "word") -> str:
    return " ".join(f"S{number} {' '.join([word] * (words - 1))}." for number in range(count))


def without_space(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_a_short_document_is_one_passage_with_where_it_stands() -> None:
    assert cut(Section("Feed it daily.", heading="Bread > Starter", page=3, start=12.5)) == [
        Chunk("Feed it daily.", estimate_tokens("Feed it daily."), "Bread > Starter", 3, 12.5, "en")
    ]


@pytest.mark.parametrize("text", ["", "  \n ", "\t"])
def test_nothing_but_space_gives_no_passage(text: str) -> None:
    assert cut(Section(text)) == []


def test_a_long_section_is_cut_between_sentences_into_passages_of_like_size() -> None:
    passages = cut(Section(sentences(100)))
    sizes = [count_words(passage.text) for passage in passages]
    assert all(passage.text.startswith("S") and passage.text.endswith(".") for passage in passages)
    assert all(120 <= size <= MOST_WORDS for size in sizes)


def test_a_passage_says_again_how_the_one_before_ended() -> None:
    first, second, *_ = cut(Section(sentences(60)))
    overlap = first.text.rpartition(second.text.split(".")[0])[2]
    assert overlap
    assert count_words(overlap) <= 40


def test_sections_of_some_length_stay_apart() -> None:
    passages = cut(Section(sentences(10), heading="A"), Section(sentences(12), heading="B"))
    assert [passage.heading for passage in passages] == ["A", "B"]


def test_short_sections_are_joined_under_what_their_headings_share() -> None:
    passages = cut(
        Section("Twice a week.", heading="Garden > Tomatoes > Water"),
        Section("Only the old ones.", heading="Garden > Tomatoes > Leaves"),
    )
    assert [passage.heading for passage in passages] == ["Garden > Tomatoes"]
    assert passages[0].text == "Water\nTwice a week.\n\nLeaves\nOnly the old ones."


def test_subtitles_run_on_and_a_passage_begins_where_its_first_words_are_spoken() -> None:
    spoken = [
        Section(f"This is the sentence number {number}, and it goes on.", start=4.0 * number) for number in range(60)
    ]
    passages = cut(*spoken)
    assert "\n" not in passages[0].text
    for passage in passages:
        number = re.search(r"number (\d+)", passage.text)
        assert number
        assert passage.start == 4.0 * int(number[1])


def test_who_speaks_is_said_at_each_turn() -> None:
    passages = cut(
        Section("Why sourdough?", start=0, speaker="Ann"),
        Section("It keeps.", start=2, speaker="Maya"),
        Section("And it tastes.", start=3, speaker="Maya"),
    )
    assert passages[0].text == "Ann: Why sourdough? Maya: It keeps. And it tastes."


def test_a_single_voice_needs_no_name() -> None:
    assert cut(Section("It keeps.", speaker="Maya"))[0].text == "It keeps."


@pytest.mark.parametrize(
    "sentence",
    [
        "水を少しずつ加えてよく混ぜます。",
        "每天早上喂一次酵种就够了。",
        "रोज़ सुबह एक बार खिलाइए। ",
        "أطعمها مرة كل يوم؟ ",
        "เติมน้ำทีละน้อย ",
    ],
)
def test_sentences_end_in_every_script(sentence: str) -> None:
    passages = cut(Section(sentence * 200))
    assert len(passages) > 1
    end = sentence.strip()[-1]
    assert all(passage.text.endswith(end) for passage in passages)


@pytest.mark.parametrize(
    "run", ["a" * 200_000, "." * 200_000, "漢" * 50_000, "💡" * 30_000, "ก" * 50_000, " \n" * 90_000 + "x"]
)
def test_what_has_no_places_to_cut_is_cut_hard(run: str) -> None:
    passages = cut(Section(run))
    assert all(passage.tokens <= MOST_TOKENS for passage in passages)
    assert without_space("".join(passage.text for passage in passages)).count(run[-1]) >= run.count(run[-1])


@settings(max_examples=150, deadline=None)
@given(SECTIONS)
def test_passages_are_bounded_and_never_empty(sections: list[Section]) -> None:
    for passage in cut(*sections):
        assert passage.text == passage.text.strip() != ""
        # headings joined into the text are short and come on top
        assert passage.tokens <= MOST_TOKENS + 100
        assert count_words(passage.text) <= MOST_WORDS + 20


@settings(max_examples=150, deadline=None)
@given(SECTIONS)
def test_everything_is_in_some_passage_and_in_order(sections: list[Section]) -> None:
    made = [without_space(passage.text) for passage in cut(*sections)]
    at, place = 0, 0
    for section in sections:
        for word in section.text.split():
            rest = word
            while rest:
                assert at < len(made), f"{rest!r} is missing"
                taken = _longest(rest, made[at], place)
                place = made[at].find(rest[:taken], place) + taken if taken else 0
                at += not taken
                rest = rest[taken:]


def _longest(word: str, text: str, place: int) -> int:
    """How much of a word's beginning is found from a place on; a word may be cut at a passage's end."""
    if word in text[place:]:
        return len(word)
    return next((size for size in range(len(word) - 1, 0, -1) if text[place:].endswith(word[:size])), 0)
