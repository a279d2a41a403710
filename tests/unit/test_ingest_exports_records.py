"""JSON and CSV as streams of records: what comes out, what is refused, and that memory stays flat."""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ingest.exports.records import MOST_UNSEEN, records, rows
from core.errors import InvalidInput

WORDS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


def found(raw: bytes, *wanted: str, opened: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    return list(records(io.BytesIO(raw), wanted, opened))


@given(st.lists(VALUES, max_size=5))
def test_records_are_what_was_written(values: list[Any]):
    assert found(json.dumps(values).encode(), "item") == [("item", value) for value in values]


@given(st.lists(VALUES, max_size=3), VALUES, VALUES)
def test_only_the_wanted_places_come_in_the_order_of_the_file(values: list[Any], name: Any, other: Any):
    raw = json.dumps({"name": name, "other": {"list": other}, "chats": {"list": values}}).encode()
    expected = [("name", name), *(("chats.list.item", value) for value in values)]
    assert found(raw, "name", "chats.list.item") == expected


def test_what_begins_is_announced():
    raw = b'{"chats": [{"id": 1}, {"id": 2}]}'
    expected = [("chats.item", None), ("chats.item.id", 1), ("chats.item", None), ("chats.item.id", 2)]
    assert found(raw, "chats.item.id", opened=("chats.item",)) == expected


@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b"  \n", b"window.YTD.tweets.part0 = ", b"window.YTD.note_tweet.part12=\n"]
)
def test_marks_and_assignments_before_the_json_are_passed_over(before: bytes):
    assert found(before + b"[1, 2]", "item") == [("item", 1), ("item", 2)]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'[{"a":' * 100_000, "absurd"),
        (b"[" * 100_000, "absurd"),
        (b'{"a": ' * 100_000, "deep"),
        (b'[{"id": ' + b"9" * 5_000 + b"}]", "no whole JSON"),
        (b'[{"id": ' + b"9" * 30 + b"}]", "no whole JSON"),
        (b"[" + b"9" * 5_000 + b"]", "no whole JSON"),
        (b"[NaN]", "no whole JSON"),
        (b"[Infinity]", "no whole JSON"),
        (b"[1e999]", "no whole JSON"),
        (b'[{"a": 1, "a": 2}]', "key twice"),
        (b'[{"a": {"b": 1, "b": 2}}]', "key twice"),
        (b'["\xff"]', "no whole JSON"),
        (b"[1, 2", "no whole JSON"),
        (b"", "no whole JSON"),
        (b"hello", "no whole JSON"),
        (b'["' + b"a" * (MOST_UNSEEN + 200_000) + b'"]', "absurd size"),
        (b"[[" + b"1," * 5_000_000 + b"1]]", "absurd size"),
        (b"[[" + b"[]," * 200_000 + b"1]]", "absurd size"),
    ],
    ids=lambda value: repr(value[:16]),
)
def test_hostile_json_is_refused(raw: bytes, said: str):
    with pytest.raises(InvalidInput, match=said):
        found(raw, "item")


def test_what_came_before_the_damage_is_given():
    stream = records(io.BytesIO(b'[{"a": 1}, {"a": 2}, {"a"'), {"item"})
    assert [next(stream), next(stream)] == [("item", {"a": 1}), ("item", {"a": 2})]
    with pytest.raises(InvalidInput):
        next(stream)


class Endless(io.BytesIO):
    """A JSON list of many records that is never whole in memory."""

    def __init__(self, count: int) -> None:
        super().__init__()
        record = b', {"id": 1, "text": "' + b"rye " * 50 + b'"}'
        self._pieces = itertools.chain([b'[{"id": 0}'], itertools.repeat(record, count), [b"]"])

    def read(self, size: int | None = -1) -> bytes:
        return next(self._pieces, b"")


def test_memory_does_not_grow_with_the_file():
    def most(count: int) -> int:
        tracemalloc.start()
        seen = sum(1 for _ in records(Endless(count), {"item"}))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert seen == count + 1
        return peak

    most(10)  # what is made once
    assert most(20_000) < most(2_000) + 500_000


def test_rows_are_told_by_their_header():
    raw = b'\xef\xbb\xbfVideo ID,Title \r\na,"two\nlines, one cell"\r\n\r\nb\r\n'
    assert list(rows(io.BytesIO(raw))) == [{"video id": "a", "title": "two\nlines, one cell"}, {"video id": "b"}]


@pytest.mark.parametrize("raw", [b"a,b\n" + b"x" * 2_000_000, b'a\n"' + b"x\n" * 200_000])
def test_a_csv_with_an_endless_cell_is_refused(raw: bytes):
    with pytest.raises(InvalidInput):
        list(rows(io.BytesIO(raw)))
