"""Postings, vectors and their order."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.library.postings import K1, Postings, Rows
from adapters.library.question import wanted
from adapters.library.shelf import Shelving
from adapters.library.vectors import Matrix, packed
from core.content import DocumentId, Kind, Passage, PassageId, Question

WORDS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=12), max_size=12)


def postings(*passages: list[str]) -> Postings:
    rows = Rows()
    for passage in passages:
        rows.add(Counter(passage), len(passage))
    return Postings(rows)


def passage(number: int, text: str, *, title: str = "", language: str = "en") -> Passage:
    return Passage(PassageId(number), DocumentId(number), 0, Kind.PAGE, title, text, 1, language=language)


def rows(*numbers: int) -> np.typing.NDArray[np.int32]:
    return np.array(numbers, dtype=np.int32)


@given(WORDS)
def test_postings_hold_exactly_what_the_passages_do(passages: list[list[str]]) -> None:
    made = postings(*passages)
    for term in "abcdef":
        held = [term in passage for passage in passages]
        assert made.holding(term).tolist() == [row for row, holds in enumerate(held) if holds]
        assert (made.score({term: 1.0}) > 0).tolist() == held


@given(WORDS)
def test_turned_back_to_passages_nothing_is_lost(passages: list[list[str]]) -> None:
    made = postings(*passages)
    forward, names = made.forward(), list(made.vocabulary)
    for row, given_words in enumerate(passages):
        span = slice(forward.bounds[row], forward.bounds[row + 1])
        found = {names[term]: count for term, count in zip(forward.terms[span], forward.counts[span], strict=True)}
        assert found == Counter(given_words)
        assert forward.lengths[row] == len(given_words)


def test_bm25_is_as_published() -> None:
    made = postings(["a", "a", "b"], ["b"], ["c"])
    idf = np.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    length = 3 / (5 / 3)
    expected = idf * 2 * (K1 + 1) / (2 + K1 * (0.25 + 0.75 * length))
    assert made.score({"a": 1.0})[0] == pytest.approx(expected, rel=1e-5)


def test_a_term_that_nothing_holds_says_as_much_as_the_rarest() -> None:
    made = postings(["a", "b"], ["a"], ["a"])
    assert made.idf("z") == made.idf("b") > made.idf("a")


def test_a_new_shelf_uses_the_analysis_of_the_old_and_answers_alike() -> None:
    first = [passage(number, f"word{number} common text", title=f"Title {number}") for number in range(20)]
    old = Shelving()
    old.add(first)
    shelf = old.finish(1, {})
    changed = [*first[1:], passage(1, "another common text"), passage(40, "word40 is new")]
    anew, fresh = Shelving(shelf), Shelving()
    for shelving in (anew, fresh):
        shelving.add(changed)
    made, expected = anew.finish(2, {}), fresh.finish(2, {})
    for text in ("word5 common", "Title 7", "word0", "another", "word40"):
        asked = wanted(Question(text), expected.postings, expected.spoken)
        assert asked.score(made.postings).tolist() == pytest.approx(asked.score(expected.postings).tolist())


def test_coverage_is_the_share_of_what_the_words_say() -> None:
    made = postings(["starter", "feed"], ["starter"], ["crust"])
    asked = wanted(Question("feed the starter"), made, ["en"])
    whole, half, nothing = asked.coverage(made, rows(0, 1, 2)).tolist()
    assert whole == pytest.approx(1.0)
    assert 0 < half < 0.5  # the rarer word counts more
    assert nothing == 0


def test_a_question_of_small_words_only_is_still_asked() -> None:
    made = postings(["·who", "band"], ["crust"])
    assert wanted(Question("who?"), made, ["en"]).score(made)[0] > 0


def test_small_words_alone_do_not_make_a_passage_fit() -> None:
    made = postings(["·who", "crust"], ["·who", "band"])
    assert (wanted(Question("who is in the band?"), made, ["en"]).score(made) > 0).tolist() == [False, True]


def test_a_passage_without_a_known_language_is_read_as_the_others_are() -> None:
    shelving = Shelving()
    shelving.add([passage(1, "Tomaten", language="")])
    shelving.add([passage(number, "Der Teig muss in den Ofen", language="") for number in (2, 3)])
    shelf = shelving.finish(1, {})
    assert shelf.languages == ["de"]


# ── vectors ──────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=64).filter(any))
def test_a_packed_vector_points_the_same_way(numbers: list[float]) -> None:
    unit = np.array(numbers, dtype=np.float64) / np.linalg.norm(numbers)
    matrix = Matrix({0: packed(unit.tolist())}, 1)
    assert matrix.likeness(unit.astype(np.float32), rows(0))[0] == pytest.approx(1.0, abs=0.02)


def test_the_nearest_of_many_are_found_by_their_bits() -> None:
    drawn = np.random.default_rng(5).normal(size=(5000, 384)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    query = drawn[77] + 0.5 * drawn[4000]
    query /= np.linalg.norm(query)
    matrix = Matrix({row: packed(vector.tolist()) for row, vector in enumerate(drawn)}, 5000)
    everything = np.ones(5000, dtype=np.bool_)
    assert matrix.nearest(query, everything, 10)[:2].tolist() == [77, 4000]
    everything[77] = False
    assert matrix.nearest(query, everything, 10)[0] == 4000


def test_a_row_without_a_vector_has_no_likeness() -> None:
    matrix = Matrix({1: packed([1.0, 0.0])}, 3)
    likeness = matrix.likeness(np.array([1.0, 0.0], dtype=np.float32), rows(0, 1, 2))
    assert np.isnan(likeness).tolist() == [True, False, True]


def test_vectors_of_another_width_are_left_out() -> None:
    matrix = Matrix({0: packed([1.0, 0.0]), 1: packed([0.0, 1.0]), 2: packed([1.0])}, 3)
    assert matrix.width == 2
    assert np.isnan(matrix.likeness(np.array([1.0, 0.0], dtype=np.float32), rows(2))).all()
