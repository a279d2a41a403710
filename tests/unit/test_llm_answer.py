"""One answer: what of a stream is shown, and how it is said to have ended."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.answer import Answer, ErrorInStream, Visible
from adapters.llm.sse import Malformed
from core.model import ChatMessage, Prompt, Usage

PROMPT = Prompt((ChatMessage("user", "hi"),), max_tokens=10, estimated_tokens=7)


def event(payload: object) -> bytes:
    return f"data: {payload if isinstance(payload, str) else json.dumps(payload)}\n\n".encode()


def chunk(finish: str | None = None, **delta: Any) -> bytes:
    return event({"model": "llama", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def shown(*reads: bytes) -> tuple[str, Answer]:
    answer = Answer()
    return "".join(answer.take(read) for read in (*reads, b"")), answer


def test_the_text_is_the_content_of_all_chunks() -> None:
    text, answer = shown(
        chunk(role="assistant", content=None), chunk(content="Hel"), chunk(content="lo"), chunk("stop")
    )
    assert text == "Hello"
    assert answer.complete
    assert answer.completion(PROMPT).finish == "stop"
    assert answer.completion(PROMPT).model == "llama"


@pytest.mark.parametrize(
    ("reason", "finish"), [("stop", "stop"), ("length", "length"), ("content_filter", "other"), ("tool_calls", "other")]
)
def test_the_finish_reason_is_one_of_three(reason: str, finish: str) -> None:
    _, answer = shown(chunk(content="x"), chunk(reason))
    assert answer.completion(PROMPT).finish == finish


def test_done_alone_completes_an_answer() -> None:
    _, answer = shown(chunk(content="x"), event("[DONE]"))
    assert answer.complete
    assert answer.completion(PROMPT).finish == "stop"


def test_without_done_and_without_a_finish_reason_it_is_not_complete() -> None:
    _, answer = shown(chunk(content="x"))
    assert not answer.complete


def test_usage_comes_from_the_endpoint_with_what_it_had_cached() -> None:
    usage = {"prompt_tokens": 40, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 36}}
    _, answer = shown(chunk("stop", content="x"), event({"choices": [], "usage": usage}), event("[DONE]"))
    assert answer.completion(PROMPT).usage == Usage(prompt=40, completion=3, cached=36)


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None}])
def test_missing_usage_is_estimated_from_bytes(usage: object) -> None:
    _, answer = shown(chunk(content="héllo wörld"), event({"choices": [], "usage": usage}), chunk("stop"))
    assert answer.completion(PROMPT).usage == Usage(prompt=7, completion=4, estimated=True)


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_reasoning_is_never_shown_but_counts_as_life(key: str) -> None:
    answer = Answer()
    assert answer.take(chunk(**{key: "They want cake."})) == ""
    assert answer.written > 0
    assert answer.take(chunk(content="Cake!")) == "Cake!"


@pytest.mark.parametrize("null", [None, {}, []])
def test_missing_details_and_deltas_are_no_fault(null: object) -> None:
    text, _ = shown(event({"choices": [{"delta": null}], "usage": {"prompt_tokens": 1, "prompt_tokens_details": None}}))
    assert text == ""


@pytest.mark.parametrize(
    "payload",
    [
        {
            "error": {"message": "Provider disconnected", "code": 502},
            "choices": [{"delta": {}, "finish_reason": "error"}],
        },
        {"object": "error", "message": "boom", "code": 500},
        {"error": {}, "object": "error"},
        {"error": "model requires more memory"},
    ],
)
def test_an_error_object_is_found_in_every_shape(payload: object) -> None:
    with pytest.raises(ErrorInStream):
        shown(chunk(content="x"), event(payload))


@pytest.mark.parametrize(
    "payload",
    [
        '{"choices": [{"del',
        "[1]",
        "7",
        "[" * 100_000,
        '{"choices": {"a": 1}}',
        '{"choices": [7]}',
        '{"choices": [{"delta": "x"}]}',
        '{"choices": [{"delta": {"content": ["x"]}}]}',
        '{"choices": [], "usage": 2}',
        '{"choices": [], "usage": {"prompt_tokens": 1, "prompt_tokens_details": [1]}}',
    ],
)
def test_what_is_no_chunk_is_malformed(payload: str) -> None:
    with pytest.raises(Malformed):
        shown(event(payload))


def test_lone_surrogates_are_replaced_and_halves_joined() -> None:
    halves = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'
    assert shown(halves % rb"\ud83c" + halves % rb"\udf70")[0] == "🍰"
    assert shown(halves % rb"a\ud83c")[0] == "a�"


# ── thoughts ─────────────────────────────────────────────────────────────────────────────────────


def seen(text: str, places: list[int]) -> str:
    visible = Visible()
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return "".join(visible.add(text[a:b]) for a, b in pairwise(edges)) + visible.end()


cuts = st.lists(st.integers(0, 500), max_size=10)


@given(st.text(alphabet="ab<>/think \n", max_size=30).filter(lambda t: "</think>" not in t), cuts)
def test_a_thought_at_the_beginning_is_taken_off_however_it_is_cut(thought: str, places: list[int]) -> None:
    assert seen(f"\n<think>{thought}</think>\n\nHello <think> you", places) == "Hello <think> you"


@given(st.text(alphabet="ab<>/think \n", max_size=30).filter(lambda t: not t.lstrip().startswith("<think>")), cuts)
def test_text_without_a_thought_is_shown_whole_however_it_is_cut(text: str, places: list[int]) -> None:
    assert seen(text, places) == text


@given(cuts)
def test_several_thoughts_in_a_row_are_taken_off(places: list[int]) -> None:
    assert seen("<think>a</think> <think>b</think> c", places) == "c"


@given(cuts)
def test_an_unfinished_thought_is_never_shown(places: list[int]) -> None:
    assert seen("<think>they are rather", places) == ""


def test_text_is_not_held_back_longer_than_it_could_be_a_tag() -> None:
    visible = Visible()
    assert visible.add("<thi") == ""
    assert visible.add("s") == "<this"
    assert visible.add("<think>") == "<think>"
