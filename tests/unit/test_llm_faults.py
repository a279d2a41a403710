"""Endpoints' faults as errors of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.faults import KeyRefused, error_of, fault, retry_after, stream_fault
from core.errors import ModelRejected, ModelUnavailable, PromptTooLong

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 524, 529])
def test_a_passing_status_may_be_tried_again(status: int) -> None:
    error = fault(status, {"message": "busy"}, host="api.test", retry_after=3.0)
    assert isinstance(error, ModelUnavailable)
    assert error.retry_after == 3.0


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 422])
def test_a_lasting_status_is_a_rejection_that_names_status_host_and_reason(status: int) -> None:
    error = fault(status, {"message": "no such\nmodel"}, host="api.test")
    assert isinstance(error, ModelRejected)
    assert not isinstance(error, PromptTooLong)
    assert isinstance(error, KeyRefused) is (status in {401, 403})
    assert str(error) == f"api.test answered {status}: no such model"


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        ({"type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 4096, "message": "too large"}, 4096),
        ({"message": "the request exceeds the available context size (4096 tokens), try increasing it"}, 4096),
        ({"message": "This model's maximum context length is 8,192 tokens. However, you requested 9000"}, 8192),
        ({"message": "However, the model's context length is only 2048 tokens, resulting in", "code": 400}, 2048),
        ({"code": "context_length_exceeded", "message": "Please reduce the length of the messages."}, None),
        ({"message": "Trying to keep the first 9 tokens when context the overflows. context length of only 512"}, 512),
    ],
)
def test_an_overflow_of_the_context_is_told_with_its_limit(error: dict[str, Any], limit: int | None) -> None:
    too_long = fault(400, error, host="api.test")
    assert isinstance(too_long, PromptTooLong)
    assert too_long.limit == limit


def test_a_body_that_is_too_large_is_a_prompt_too_long() -> None:
    assert isinstance(fault(413, {}, host="api.test"), PromptTooLong)


def test_an_error_in_a_stream_goes_by_its_code_and_is_passing_without_one() -> None:
    assert isinstance(stream_fault({"message": "x", "code": 403}, host="h"), ModelRejected)
    assert isinstance(stream_fault({"message": "x", "code": 502}, host="h"), ModelUnavailable)
    assert isinstance(stream_fault({"message": "x", "code": "server_error"}, host="h"), ModelUnavailable)
    assert isinstance(stream_fault({}, host="h"), ModelUnavailable)


def test_no_key_is_quoted_and_long_messages_are_cut() -> None:
    text = str(
        fault(
            401,
            {"message": f"Incorrect key hunter2 or sk-abc123def or Bearer xyz {'x' * 999}"},
            host="h",
            key="hunter2",
        )
    )
    assert "hunter2" not in text
    assert "sk-abc" not in text
    assert "xyz" not in text
    assert len(text) < 300


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"error": {"message": "a"}}, "a"),
        ({"error": "b"}, "b"),
        ({"object": "error", "message": "c"}, "c"),
        ({"detail": "d"}, "d"),
    ],
)
def test_the_message_is_found_in_every_shape(payload: object, message: str) -> None:
    error = error_of(payload)
    assert error is not None
    assert error["message"] == message


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"error": None}, {"choices": [], "detail": "x"}])
def test_what_holds_no_error_is_none(payload: object) -> None:
    assert error_of(payload) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        (format_datetime(NOW.replace(second=9), usegmt=True), 9.0),
        ("Mon, 23 Nov 2020 12:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, now=NOW) == seconds


@given(st.text())
def test_no_retry_after_makes_it_raise_or_wait_backwards(value: str) -> None:
    seconds = retry_after({"retry-after": value}, now=NOW)
    assert seconds is None or seconds >= 0
