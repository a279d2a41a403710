"""What every ``ChatModel`` promises, on each of them: streamed over HTTP, behind failover, and scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

import pytest

from adapters.llm.failover import Failover
from adapters.llm.openai import Endpoint, OpenAIModel, client
from adapters.llm.scripted import ScriptedModel
from core.errors import ModelRejected, ModelUnavailable, PromptTooLong
from core.model import ChatMessage, Completion, Prompt
from core.ports import ChatModel
from tests.worlds.model import FakeModel, breaks_off, says, status

PROMPT = Prompt((ChatMessage("system", "Be kind."), ChatMessage("user", "hi")), max_tokens=20, estimated_tokens=9)


class Backstage(Protocol):
    """Tells the model behind the port what to do next."""

    def says(self, *lines: str | asyncio.Event) -> None: ...
    def breaks_off(self, text: str, then: asyncio.Event) -> None: ...
    def fails(self) -> None: ...
    def refuses(self) -> None: ...
    def overflows(self, limit: int) -> None: ...
    async def idle(self) -> None: ...


@dataclass
class Wired:
    """The fake endpoint as backstage."""

    fake: FakeModel

    def says(self, *lines: str | asyncio.Event) -> None:
        self.fake.next(says(*lines))

    def breaks_off(self, text: str, then: asyncio.Event) -> None:
        self.fake.next(breaks_off(text, then))

    def fails(self) -> None:
        self.fake.next(status(503), status(503))

    def refuses(self) -> None:
        self.fake.next(status(404))

    def overflows(self, limit: int) -> None:
        self.fake.next(status(400, {"error": {"type": "exceed_context_size_error", "n_ctx": limit}}))

    async def idle(self) -> None:
        await self.fake.until(lambda m: m.in_flight == 0)


@dataclass
class Rehearsed:
    """The scripted model as backstage."""

    model: ScriptedModel

    def says(self, *lines: str | asyncio.Event) -> None:
        self.model.feed(lines)

    def breaks_off(self, text: str, then: asyncio.Event) -> None:
        self.model.feed((text, then, ModelUnavailable("cut")))

    def fails(self) -> None:
        self.model.feed(ModelUnavailable("busy"))

    def refuses(self) -> None:
        self.model.feed(ModelRejected("no"))

    def overflows(self, limit: int) -> None:
        self.model.feed(PromptTooLong("long", limit=limit))

    async def idle(self) -> None:
        assert self.model.in_flight == 0


@dataclass
class Stage:
    """A model and its backstage."""

    model: ChatModel
    backstage: Backstage


async def no_sleep(_: float) -> None:
    """Retries come at once."""


@pytest.fixture(params=["openai", "failover", "scripted"])
async def stage(request: pytest.FixtureRequest) -> AsyncGenerator[Stage]:
    if request.param == "scripted":
        scripted = ScriptedModel()
        yield Stage(scripted, Rehearsed(scripted))
        return
    async with FakeModel() as fake, client() as http:
        wired = OpenAIModel(Endpoint(fake.base_url, name="fake", retries=1), http, sleep=no_sleep)
        yield Stage(wired if request.param == "openai" else Failover([wired]), Wired(fake))


async def test_pieces_are_not_empty_then_one_completion_then_the_end(stage: Stage) -> None:
    stage.backstage.says("Hel", "", "lo")
    *pieces, end = [piece async for piece in stage.model.stream(PROMPT)]
    assert "".join(str(piece) for piece in pieces) == "Hello"
    assert all(isinstance(piece, str) and piece for piece in pieces)
    assert isinstance(end, Completion)
    assert end.finish == "stop"
    assert end.usage.completion > 0
    assert end.model


async def test_text_comes_before_the_answer_is_complete(stage: Stage) -> None:
    hold = asyncio.Event()
    stage.backstage.says("Hel", hold, "lo")
    answer = stage.model.stream(PROMPT)
    assert await anext(answer) == "Hel"
    hold.set()
    assert await anext(answer) == "lo"
    await answer.aclose()


async def test_no_answer_is_unavailable(stage: Stage) -> None:
    stage.backstage.fails()
    with pytest.raises(ModelUnavailable):
        await anext(stage.model.stream(PROMPT))


async def test_an_empty_answer_is_unavailable(stage: Stage) -> None:
    stage.backstage.says()
    stage.backstage.says()
    with pytest.raises(ModelUnavailable):
        await anext(stage.model.stream(PROMPT))


async def test_an_answer_that_breaks_off_is_unavailable_and_not_begun_again(stage: Stage) -> None:
    seen = asyncio.Event()
    stage.backstage.breaks_off("Hel", seen)
    stage.backstage.says("Hello again")
    answer = stage.model.stream(PROMPT)
    assert await anext(answer) == "Hel"
    seen.set()
    with pytest.raises(ModelUnavailable):
        await anext(answer)


async def test_a_refusal_is_a_rejection(stage: Stage) -> None:
    stage.backstage.refuses()
    with pytest.raises(ModelRejected):
        await anext(stage.model.stream(PROMPT))


async def test_a_prompt_that_is_too_long_is_told_with_the_limit(stage: Stage) -> None:
    stage.backstage.overflows(4096)
    with pytest.raises(PromptTooLong) as told:
        await anext(stage.model.stream(PROMPT))
    assert told.value.limit == 4096


async def test_closing_early_frees_the_model_for_the_next(stage: Stage) -> None:
    stage.backstage.says("Hel", asyncio.Event())
    stage.backstage.says("next")
    answer = stage.model.stream(PROMPT)
    await anext(answer)
    await answer.aclose()
    await stage.backstage.idle()
    assert await anext(stage.model.stream(PROMPT)) == "next"


async def test_cancelling_while_nothing_has_come_frees_the_model(stage: Stage) -> None:
    stage.backstage.says(asyncio.Event())
    stage.backstage.says("next")
    waiting = asyncio.ensure_future(anext(stage.model.stream(PROMPT)))
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await stage.backstage.idle()
    assert await anext(stage.model.stream(PROMPT)) == "next"


async def test_answers_at_the_same_time_do_not_mix(stage: Stage) -> None:
    both = asyncio.Event()
    stage.backstage.says("a1", both, "a2")
    stage.backstage.says("b1", both, "b2")
    first, second = stage.model.stream(PROMPT), stage.model.stream(PROMPT)
    assert (await anext(first), await anext(second)) == ("a1", "b1")
    both.set()
    assert (await anext(first), await anext(second)) == ("a2", "b2")
    await first.aclose()
    await second.aclose()
