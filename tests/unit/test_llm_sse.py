"""The event decoder: however the network cuts the bytes, the same events come out."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.llm.sse import LIMIT, Events, Malformed

EOLS = ("\n", "\r\n", "\r")
line_text = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
events = st.lists(st.lists(line_text, min_size=1, max_size=3), max_size=5)


def wire(events: list[list[str]], eol: str, *, noise: bool = False) -> bytes:
    """These events (lists of data lines) as a server would write them."""
    text = ""
    for lines in events:
        if noise:
            text += f": keep-alive{eol}{eol}event: chunk{eol}id: 7{eol}retry: 10{eol}"
        text += "".join(f"data: {line}{eol}" for line in lines) + eol
    return text.encode()


def decoded(reads: list[bytes]) -> list[str]:
    decoder = Events()
    return [event for read in reads for event in decoder.feed(read)] + decoder.rest()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@given(events, st.sampled_from(EOLS), st.booleans(), st.booleans(), st.lists(st.integers(0, 10_000), max_size=12))
@example([["a"], ["b"]], "\r\n", False, False, [8, 9, 10])
@example([["é"]], "\n", False, True, [1, 2, 9, 10])
def test_any_cut_of_the_bytes_gives_the_same_events(
    events: list[list[str]], eol: str, noise: bool, bom: bool, places: list[int]
) -> None:
    data = (b"\xef\xbb\xbf" if bom else b"") + wire(events, eol, noise=noise)
    assert decoded(cut(data, places)) == ["\n".join(lines) for lines in events]


@given(events, st.sampled_from(EOLS))
def test_byte_by_byte_every_event_comes_with_the_read_that_completes_it(events: list[list[str]], eol: str) -> None:
    decoder = Events()
    for lines in events:
        data = wire([lines], eol)
        seen = [event for at in range(len(data)) for event in decoder.feed(data[at : at + 1])]
        assert seen == ["\n".join(lines)]


@given(events, st.sampled_from(EOLS))
def test_a_missing_final_blank_line_loses_nothing(events: list[list[str]], eol: str) -> None:
    data = wire([*events, ["last"]], eol).removesuffix(eol.encode())
    assert decoded([data])[-1] == "last"


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_no_bytes_make_it_raise(reads: list[bytes]) -> None:
    assert all(isinstance(event, str) for event in decoded(reads))


def test_a_read_with_many_events_gives_them_all_at_once() -> None:
    assert Events().feed(wire([["a"], ["b"], ["c"]], "\n") + b"data: half") == ["a", "b", "c"]


def test_data_without_a_space_or_a_colon_is_data_all_the_same() -> None:
    assert decoded([b"data:x\n\ndata\n\ndata:  y\n\n"]) == ["x", "", " y"]


def test_an_event_without_end_is_refused_before_it_fills_the_memory() -> None:
    decoder = Events()
    decoder.feed(b"x" * LIMIT)
    with pytest.raises(Malformed):
        decoder.feed(b"x")
