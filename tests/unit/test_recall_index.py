"""The index of what was said: its growth, its vectors, and the sets it is measured by."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.library.recall_meaning import LEAST_KNOWN, Meaning
from adapters.library.recall_rank import best_first, rank, read
from adapters.library.remembered import Remembered
from adapters.library.vectors import packed
from tests.bench.memory import interval
from tests.bench.memory_sets import evidence, locomo
from tests.bench.memory_talks import LANGUAGES, made
from tests.fakes import NOON
from tests.fakes_recall import ANN, FakeMemory


def index(*texts: str, gap: timedelta = timedelta(minutes=1)) -> Remembered:
    memory = FakeMemory()
    for number, text in enumerate(texts):
        memory.say(text, at=NOON + number * gap, fan=ANN if number % 2 == 0 else None)
    found = Remembered("Maya")
    found.add(memory.kept.values())
    return found


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab cd", max_size=12), max_size=12), st.integers(0, 12))
def test_an_index_that_grew_is_like_one_made_at_once(texts: list[str], cut: int) -> None:
    whole, memory = index(*texts), FakeMemory()
    for number, text in enumerate(texts):
        memory.say(text, at=NOON + number * timedelta(minutes=1), fan=ANN if number % 2 == 0 else None)
    grown = Remembered("Maya")
    grown.add(list(memory.kept.values())[:cut])
    grown.add(list(memory.kept.values())[cut:])
    wanted = {"ab": 1.0, "cd": 1.0}
    assert np.array_equal(whole.words(wanted, more=True), grown.words(wanted, more=True))
    assert np.array_equal(whole.columns().before, grown.columns().before)
    assert np.array_equal(whole.columns().session, grown.columns().session)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a dog", "my dog Rex?", "Rex is a dog", "bread", "in May"]), max_size=14), st.data())
def test_asked_again_and_again_while_it_grows_it_finds_what_one_made_anew_finds(
    texts: list[str], data: st.DataObject
) -> None:
    memory, grown = FakeMemory(), Remembered("Maya")
    for number, text in enumerate(texts):
        key = memory.say(text, at=NOON + number * timedelta(hours=3), fan=ANN if number % 2 == 0 else None)
        grown.add([memory.kept[key]])
        if data.draw(st.booleans()):
            fresh = Remembered("Maya")
            fresh.add(memory.kept.values())
            for asked in ("When did I tell you of Rex the dog?", "bread"):
                found = [
                    list(rank(each, read(each, asked, (), "", asker=ANN, now=NOON), None, 5)) for each in (grown, fresh)
                ]
                assert found[0] == found[1]


@settings(deadline=None)
@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), max_size=60), st.integers(0, 70), st.integers(0, 70))
def test_the_best_come_first_as_if_all_were_sorted(scores: list[float], likely: int, wanted: int) -> None:
    score = np.array(scores, dtype=np.float32)
    sorted_ = np.argsort(-score, kind="stable").tolist()
    assert list(islice(best_first(score, likely), wanted)) == sorted_[:wanted]


def test_a_long_silence_begins_a_new_session() -> None:
    assert index("a", "b", gap=timedelta(hours=7)).columns().before.tolist() == [-1, -1]
    assert index("a", "b", gap=timedelta(hours=5)).columns().before.tolist() == [-1, 0]


def test_a_repeated_text_is_found_once() -> None:
    found = index("My dog is Rex.", "my dog is  rex.", "My dog barks.")
    asked = read(found, "dog", (), "", asker=ANN, now=NOON)
    assert len(list(rank(found, asked, None, 10))) == 2


def test_who_is_meant_by_i_and_you_is_preferred() -> None:
    found = index("bread with seeds is good", "bread with seeds is good too")
    for asked, row in (
        ("What bread did I like?", 0),
        ("Which bread do you like?", 1),
        ("What bread does Maya like?", 1),
    ):
        assert next(rank(found, read(found, asked, (), "", asker=ANN, now=NOON), None, 1)) == row


def test_what_tells_a_time_is_preferred_where_one_is_asked_for() -> None:
    found = index("We moved to Leeds.", "Well.", "We moved to Leeds yesterday.", gap=timedelta(days=1))
    assert next(rank(found, read(found, "When was the move to Leeds?", (), "", asker=ANN, now=NOON), None, 1)) == 2


@settings(deadline=None)
@given(st.data())
def test_likeness_is_the_cosine_around_the_mean(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 1000))
    vectors = np.random.default_rng(seed).normal(size=(LEAST_KNOWN + 5, 16)) + 1.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    meaning = Meaning()
    for row, vector in enumerate(vectors):
        meaning.put({row: packed(vector.tolist())})
    found = meaning.likeness(vectors[3].tolist(), len(vectors) + 2)
    assert found is not None
    centred = vectors - vectors.mean(axis=0)
    expected = centred @ centred[3] / np.linalg.norm(centred, axis=1) / np.linalg.norm(centred[3])
    assert np.allclose(found[: len(vectors)], expected, atol=0.05)
    assert found[len(vectors) :].tolist() == [0.0, 0.0]


def test_messages_without_a_vector_are_asked_for_newest_first_and_only_once() -> None:
    meaning = Meaning()
    assert meaning.missing(3, 2).tolist() == [2, 1]
    meaning.put({2: packed([1.0, 0.0]), 1: b""})
    assert meaning.missing(3, 9).tolist() == [0]
    assert meaning.likeness([1.0, 0.0], 3) is None


def test_malformed_evidence_is_read_as_it_was_meant() -> None:
    assert evidence(["D8:6; D9:17", "D:11:26", "D30:05", "D", "D1:18 D1:20"]) == {
        "D8:6", "D9:17", "D11:26", "D30:5", "D1:18", "D1:20"
    }  # fmt: skip


def test_a_published_conversation_is_read_with_its_times_and_evidence(tmp_path: Path) -> None:
    said = [{"speaker": "A", "dia_id": "D1:1", "text": "Hi", "blip_caption": "a dog"}]
    written = {
        "sample_id": "c1",
        "conversation": {"speaker_a": "A", "speaker_b": "B", "session_1": said,
                         "session_1_date_time": "1:56 pm on 8 May, 2023", "session_2_date_time": "2 pm on 9 May, 2023"},
        "qa": [{"question": "Who?", "answer": "A", "evidence": ["D1:01"], "category": 4},
               {"question": "None?", "adversarial_answer": "x", "evidence": [], "category": 5}],
    }  # fmt: skip
    (tmp_path / "c.json").write_text(json.dumps([written]))
    (talk,) = locomo(tmp_path / "c.json", captions=True)
    assert talk.turns[0].sent_at.isoformat() == "2023-05-08T13:56:00+00:00"
    assert talk.turns[0].text == "Hi [a dog]"
    assert [(one.kind, one.evidence) for one in talk.questions] == [("single-hop", frozenset({"D1:1"}))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_made_up_conversations_hold_all_their_evidence_and_are_the_same_for_the_same_seed(language: str) -> None:
    talk = made(language, 5, 40)
    keys = [turn.key for turn in talk.turns]
    assert len(set(keys)) == len(keys)
    assert all(asked.evidence <= set(keys) for asked in talk.questions)
    assert [turn.sent_at for turn in talk.turns] == sorted(turn.sent_at for turn in talk.turns)
    assert made(language, 5, 40) == talk != made(language, 6, 40)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_an_interval_holds_its_mean(values: list[float]) -> None:
    mean, low, high = interval(values)
    assert low - 1e-6 <= mean <= high + 1e-6 or len(values) < 30
    assert -1e-6 <= low <= high <= 100 + 1e-6
