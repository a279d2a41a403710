"""The real HTTP client against a fake endpoint over real sockets: every fault of F15 and the endpoints' ways."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Any

import pytest

from adapters.llm.openai import Client, Endpoint, OpenAIModel, client
from core.errors import ConfigError, ModelRejected, ModelUnavailable, PromptTooLong
from core.model import ChatMessage, Completion, Prompt, Usage
from tests.worlds.model import (
    MODEL,
    Behaviour,
    FakeModel,
    breaks_off,
    drops,
    fails,
    hangs,
    malformed,
    says,
    status,
    thinks,
)

PROMPT = Prompt(
    (ChatMessage("system", "You bake."), ChatMessage("user", "Hello token-7")),
    max_tokens=50,
    temperature=0.5,
    estimated_tokens=12,
)


class Naps:
    """Sleeps that only note how long they would have been."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
async def fake() -> AsyncGenerator[FakeModel]:
    async with FakeModel() as fake:
        yield fake


@pytest.fixture
async def http() -> AsyncGenerator[Client]:
    async with client() as http:
        yield http


@pytest.fixture
def naps() -> Naps:
    return Naps()


def model_of(fake: FakeModel, http: Client, naps: Naps, **settings: Any) -> OpenAIModel:
    endpoint = Endpoint(fake.base_url, **{"name": MODEL, **settings})
    return OpenAIModel(endpoint, http, sleep=naps, spread=lambda: 1.0)


@pytest.fixture
def model(fake: FakeModel, http: Client, naps: Naps) -> OpenAIModel:
    return model_of(fake, http, naps)


async def whole(model: OpenAIModel) -> tuple[str, Completion]:
    *pieces, end = [piece async for piece in model.stream(PROMPT)]
    assert isinstance(end, Completion)
    assert all(pieces)
    return "".join(str(piece) for piece in pieces), end


async def text(model: OpenAIModel) -> str:
    return (await whole(model))[0]


# ── what is asked, what comes back ───────────────────────────────────────────────────────────────


async def test_the_request_carries_prompt_model_limits_and_key(http: Client, naps: Naps) -> None:
    async with FakeModel(key="s3cret") as fake:
        assert "token-7" in await text(model_of(fake, http, naps, api_key="s3cret"))
        asked = fake.asked[0]
    assert asked.body == {
        "model": MODEL,
        "messages": [{"role": "system", "content": "You bake."}, {"role": "user", "content": "Hello token-7"}],
        "max_tokens": 50,
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_text_comes_as_it_is_written_and_usage_last(fake: FakeModel, model: OpenAIModel) -> None:
    hold = asyncio.Event()
    cached = {"prompt_tokens": 30, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 20}}
    fake.next(says("Hel", hold, "lo", usage=cached))
    answer = model.stream(PROMPT)
    assert await anext(answer) == "Hel"
    hold.set()
    assert await anext(answer) == "lo"
    assert await anext(answer) == Completion("stop", Usage(prompt=30, completion=2, cached=20), MODEL)
    assert await anext(answer, None) is None


async def test_what_one_read_brings_is_one_piece(fake: FakeModel, model: OpenAIModel) -> None:
    fake.tokens = 60
    *pieces, _ = [piece async for piece in model.stream(PROMPT)]
    assert len(pieces) < 5


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(says("Hel", "lo", eol="\r\n"), id="CRLF"),
        pytest.param(says("Hel", "lo", eol="\r"), id="CR"),
        pytest.param(says("Hel", "lo", comment="OPENROUTER PROCESSING"), id="comments"),
        pytest.param(says("Hel", "lo", done=False), id="no [DONE]"),
        pytest.param(says("Hel", "lo", finish=None), id="no finish reason"),
        pytest.param(says("Hel", "lo", with_usage=False), id="no usage"),
        pytest.param(says(*thinks("Greet."), "Hel", "lo"), id="reasoning_content"),
        pytest.param(says(*thinks("Greet.", key="reasoning"), "Hel", "lo"), id="reasoning"),
        pytest.param(says("<thi", "nk>Greet.</thi", "nk>\n\nHel", "lo"), id="think tags"),
        pytest.param(says({"choices": []}, "Hel", {"choices": [{"delta": {"content": None}}]}, "lo"), id="nothing"),
        pytest.param(says("Hel", "lo", b"data: [DONE]", finish=None, with_usage=False, done=False), id="no last line"),
    ],
)
async def test_endpoints_differ_and_the_text_is_the_same(
    behaviour: Behaviour, fake: FakeModel, model: OpenAIModel
) -> None:
    fake.next(behaviour)
    said, end = await whole(model)
    assert said == "Hello"
    assert end.finish == "stop"
    assert len(fake.asked) == 1


async def test_an_answer_cut_at_its_length_says_so(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(says("Hello and", finish="length"))
    assert (await whole(model))[1].finish == "length"


async def test_missing_usage_is_estimated(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(says("Hello there", with_usage=False))
    assert (await whole(model))[1].usage == Usage(prompt=12, completion=3, estimated=True)


async def test_a_model_without_a_name_is_the_first_chat_model_listed_and_asked_for_once(
    http: Client, naps: Naps
) -> None:
    async with FakeModel(models=("nomic-embed-text", "llama-3", "other")) as fake:
        model = model_of(fake, http, naps, name="")
        await asyncio.gather(text(model), text(model))
        assert [asked.body["model"] for asked in fake.asked] == ["llama-3", "llama-3"]


async def test_an_endpoint_without_models_is_unavailable(http: Client, naps: Naps) -> None:
    async with FakeModel(models=()) as fake:
        with pytest.raises(ModelUnavailable, match="lists no model"):
            await text(model_of(fake, http, naps, name="", retries=0))


# ── faults before anything was shown ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "fault",
    [
        *(pytest.param(status(code), id=str(code)) for code in (408, 409, 425, 429, 500, 502, 503, 504, 524, 529)),
        pytest.param(status(502, "<html>Bad gateway</html>"), id="HTML"),
        pytest.param(status(503, {"error": "server busy"}), id="Ollama"),
        pytest.param(malformed(), id="malformed"),
        pytest.param(breaks_off(), id="cut before text"),
        pytest.param(says(), id="empty"),
        pytest.param(says(" \n"), id="blank"),
        pytest.param(says(*thinks("hm"), "<think>hm"), id="only thoughts"),
        pytest.param(fails({"error": {"code": 502, "message": "Provider down"}}), id="OpenRouter"),
        pytest.param(fails({"object": "error", "message": "boom", "code": 500}), id="vLLM"),
        pytest.param(fails({"error": "out of memory"}), id="Ollama in the stream"),
        pytest.param(says(b"x" * 1_100_000), id="endless event"),
    ],
)
async def test_a_passing_fault_is_tried_again_and_leaves_no_trace(
    fault: Behaviour, fake: FakeModel, model: OpenAIModel, naps: Naps
) -> None:
    fake.next(fault, fault)
    assert "token-7" in await text(model)
    assert naps.taken == [0.5, 1.0]
    assert [asked.body for asked in fake.asked] == [fake.asked[0].body] * 3


async def test_tries_are_bounded(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(*[status(503)] * 9)
    with pytest.raises(ModelUnavailable, match="503"):
        await text(model)
    assert len(fake.asked) == 3


async def test_retry_after_is_waited_for(fake: FakeModel, model: OpenAIModel, naps: Naps) -> None:
    fake.next(status(429, headers={"Retry-After": "7"}))
    await text(model)
    assert naps.taken == [7.5]


async def test_a_long_retry_after_is_told_at_once_so_that_another_endpoint_can_answer(
    fake: FakeModel, model: OpenAIModel, naps: Naps
) -> None:
    fake.next(status(429, headers={"Retry-After": "31"}))
    with pytest.raises(ModelUnavailable) as told:
        await text(model)
    assert told.value.retry_after == 31
    assert (len(fake.asked), naps.taken) == (1, [])


async def test_a_connection_lost_before_a_byte_came_is_tried_again_once_and_at_once(
    fake: FakeModel, http: Client, naps: Naps
) -> None:
    model = model_of(fake, http, naps, retries=0)
    fake.next(drops())
    assert "token-7" in await text(model)
    assert naps.taken == []
    fake.next(drops(), drops())
    with pytest.raises(ModelUnavailable, match="closed the connection"):
        await text(model)
    assert len(fake.asked) == 4


async def test_a_server_that_came_back_on_its_port_is_found_again(fake: FakeModel, model: OpenAIModel) -> None:
    await text(model)
    await fake.stop()
    async with fake:
        assert "token-7" in await text(model)


async def test_nobody_listening_is_unavailable(fake: FakeModel, model: OpenAIModel, naps: Naps) -> None:
    await fake.stop()
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1:\d+ could not be reached"):
        await text(model)
    assert len(naps.taken) == 2


async def test_a_server_that_never_answers_times_out(http: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", name="x", first_token_timeout=0.05, retries=0)
        with pytest.raises(ModelUnavailable, match="took too long"):
            await text(OpenAIModel(endpoint, http))


async def test_a_first_token_that_does_not_come_times_out_though_comments_do(
    fake: FakeModel, http: Client, naps: Naps
) -> None:
    model = model_of(fake, http, naps, first_token_timeout=0.1, silence_timeout=30, retries=0)
    fake.next(hangs(b": alive\n\n", b": alive\n\n"))
    with pytest.raises(ModelUnavailable, match="took too long"):
        await text(model)
    await fake.until(lambda m: m.left_early == 1)


async def test_thoughts_count_as_the_first_token(fake: FakeModel, http: Client, naps: Naps) -> None:
    model = model_of(fake, http, naps, first_token_timeout=30, silence_timeout=0.1, retries=0)
    fake.next(hangs(*thinks("They greet me.")))
    with pytest.raises(ModelUnavailable, match="took too long"):
        await text(model)


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 422, 307])
async def test_a_refusal_is_final_and_names_host_and_status(
    code: int, fake: FakeModel, http: Client, naps: Naps
) -> None:
    fake.next(status(code, {"error": {"message": "no: s3cret"}}))
    with pytest.raises(ModelRejected, match=rf"127\.0\.0\.1:\d+ answered {code}: no: \[key\]"):
        await text(model_of(fake, http, naps, api_key="s3cret"))
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 400, "message": "too big", "type": "exceed_context_size_error", "n_ctx": 4096}},
        {"object": "error", "message": "This model's maximum context length is 4096 tokens.", "code": 400},
        {"error": {"message": "maximum context length is 4096 tokens", "code": "context_length_exceeded"}},
    ],
)
async def test_an_overflow_of_the_context_tells_its_limit(body: object, fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(status(400, body))
    with pytest.raises(PromptTooLong) as told:
        await text(model)
    assert told.value.limit == 4096


async def test_an_error_of_a_refusing_kind_in_the_stream_is_final(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(fails({"error": {"code": 403, "message": "flagged"}}))
    with pytest.raises(ModelRejected, match="flagged"):
        await text(model)


@pytest.mark.parametrize("body", ["<html>hello</html>", {"choices": [{"message": {"content": "whole"}}]}])
async def test_an_endpoint_that_does_not_stream_is_told_apart(
    body: object, fake: FakeModel, model: OpenAIModel
) -> None:
    fake.next(status(200, body, headers={"Content-Type": "text/html"} if isinstance(body, str) else None))
    with pytest.raises(ModelRejected, match="does not stream"):
        await text(model)


@pytest.mark.parametrize("url", ["localhost:8080/v1", "ftp://host/v1", "http://", "http://[::1", ""])
def test_an_address_that_is_none_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        Endpoint(url)


def test_the_key_is_not_in_the_endpoints_description() -> None:
    assert "s3cret" not in repr(Endpoint("http://host/v1", api_key="s3cret"))


# ── faults after something was shown ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("how", "error"),
    [
        pytest.param(breaks_off, (), id="cut"),
        pytest.param(malformed, (), id="malformed"),
        pytest.param(hangs, (), id="silent"),
        pytest.param(partial(says, finish=None, done=False), (), id="ended without an end"),
        pytest.param(fails, ({"error": {"code": 403, "message": "flagged"}},), id="refused"),
        pytest.param(fails, ({"error": "x"},), id="error"),
    ],
)
async def test_what_breaks_off_is_never_passed_off_as_whole_nor_tried_again(
    how: Callable[..., Behaviour], error: tuple[object, ...], fake: FakeModel, http: Client, naps: Naps
) -> None:
    seen = asyncio.Event()
    fake.next(how(*error, "Hel", seen))
    answer = model_of(fake, http, naps, silence_timeout=0.1).stream(PROMPT)
    assert await anext(answer) == "Hel"
    seen.set()
    with pytest.raises(ModelUnavailable, match="broke off"):
        await anext(answer)
    assert len(fake.asked) == 1


async def test_comments_count_as_life_within_an_answer_but_not_for_ever(
    fake: FakeModel, http: Client, naps: Naps
) -> None:
    released = asyncio.Event()
    model = model_of(fake, http, naps, first_token_timeout=0.3, silence_timeout=30)
    fake.next(says("Hel", b": alive\n\n", released, "lo"))
    answer = model.stream(PROMPT)
    await anext(answer)
    with pytest.raises(ModelUnavailable, match="took too long"):
        await anext(answer)


async def test_a_complete_answer_does_not_wait_long_for_the_end_of_its_stream(
    fake: FakeModel, model: OpenAIModel
) -> None:
    fake.next(hangs("Hello", {"choices": [{"delta": {}, "finish_reason": "stop"}]}))
    async with asyncio.timeout(5):
        said, end = await whole(model)
    assert said == "Hello"
    assert end.usage.estimated


# ── requests in flight ───────────────────────────────────────────────────────────────────────────


async def test_closing_early_frees_the_endpoint_at_once(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(hangs("Hel"))
    answer = model.stream(PROMPT)
    await anext(answer)
    await answer.aclose()
    await fake.until(lambda m: m.in_flight == 0 and m.left_early == 1)
    assert "token-7" in await text(model)


async def test_cancelling_frees_the_endpoint_at_once(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(hangs())
    task = asyncio.create_task(text(model))
    await fake.until(lambda m: m.in_flight == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await fake.until(lambda m: m.left_early == 1)


async def test_requests_in_flight_are_bounded(fake: FakeModel, http: Client, naps: Naps) -> None:
    holds = [asyncio.Event() for _ in range(6)]
    fake.next(*(says(hold, f"reply-{number}") for number, hold in enumerate(holds)))
    model = model_of(fake, http, naps, max_in_flight=2)
    tasks = [asyncio.create_task(text(model)) for _ in holds]
    for number, hold in enumerate(holds):
        await fake.until(lambda m, due=number + 1: len(m.asked) >= due)  # type: ignore[misc]
        hold.set()
    assert sorted([await task for task in tasks]) == [f"reply-{number}" for number in range(6)]
    assert fake.peak == 2


async def test_two_hundred_streams_at_once_each_get_their_own_answer(fake: FakeModel, http: Client, naps: Naps) -> None:
    model = model_of(fake, http, naps, max_in_flight=200)

    async def one(number: int) -> bool:
        prompt = Prompt((ChatMessage("user", f"token-{number}-x"),), max_tokens=5)
        pieces = [piece async for piece in model.stream(prompt)]
        return f"token-{number}-x" in "".join(str(piece) for piece in pieces)

    assert all(await asyncio.gather(*(one(number) for number in range(200))))
