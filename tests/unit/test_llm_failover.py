"""Failover and its breakers, on scripted models and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from adapters.llm.failover import Failover
from adapters.llm.scripted import Script, ScriptedModel
from core.errors import ModelRejected, ModelUnavailable, PromptTooLong
from core.model import ChatMessage, Prompt
from core.ports import ChatModel

PROMPT = Prompt((ChatMessage("user", "hi"),), max_tokens=10)
DOWN = ModelUnavailable("down")


class Watch:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def failing(*replies: Script) -> ScriptedModel:
    return ScriptedModel(*replies, otherwise=DOWN)


async def text(model: ChatModel) -> str:
    return "".join([piece async for piece in model.stream(PROMPT) if isinstance(piece, str)])


async def outcome(model: ChatModel) -> str:
    try:
        return await text(model)
    except ModelUnavailable:
        return "unavailable"


def times_asked(models: Sequence[ScriptedModel]) -> list[int]:
    return [len(model.prompts) for model in models]


async def test_the_next_model_answers_when_the_first_cannot() -> None:
    first, second = failing(), ScriptedModel("from the second")
    assert await text(Failover([first, second])) == "from the second"
    assert times_asked([first, second]) == [1, 1]


async def test_nothing_is_mixed_once_text_was_shown() -> None:
    first, second = failing(("Hel", DOWN)), ScriptedModel("never")
    answer = Failover([first, second]).stream(PROMPT)
    assert await anext(answer) == "Hel"
    with pytest.raises(ModelUnavailable):
        await anext(answer)
    assert second.prompts == []


async def test_a_prompt_that_is_too_long_is_told_at_once() -> None:
    first, second = ScriptedModel(PromptTooLong("long", limit=5)), ScriptedModel("never")
    with pytest.raises(PromptTooLong) as told:
        await text(Failover([first, second]))
    assert told.value.limit == 5
    assert second.prompts == []


async def test_a_model_that_refuses_is_passed_over_and_never_rests() -> None:
    first, second = ScriptedModel(otherwise=ModelRejected("wrong key")), ScriptedModel(otherwise="ok")
    model = Failover([first, second], threshold=2)
    assert [await text(model) for _ in range(4)] == ["ok"] * 4
    assert times_asked([first, second]) == [4, 4]


async def test_the_last_error_is_raised_when_all_fail() -> None:
    with pytest.raises(ModelRejected, match="second"):
        await text(Failover([failing(), ScriptedModel(ModelRejected("second"))]))


async def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_probe_through() -> None:
    watch, first, second = Watch(), failing(), ScriptedModel(otherwise="ok")
    model = Failover([first, second], threshold=3, cooldown=30, monotonic=watch)
    for _ in range(5):
        assert await text(model) == "ok"
    assert times_asked([first, second]) == [3, 5]
    watch.now += 30
    hold = asyncio.Event()
    first.feed((hold, "back"))
    probe = asyncio.create_task(text(model))
    await first.asked(4)
    assert await text(model) == "ok"
    hold.set()
    assert await probe == "back"
    first.feed("steady")
    assert await text(model) == "steady"


async def test_a_failed_probe_opens_it_again() -> None:
    watch, first, second = Watch(), failing(), ScriptedModel(otherwise="ok")
    model = Failover([first, second], threshold=2, cooldown=10, monotonic=watch)
    for _ in range(2):
        await text(model)
    watch.now += 10
    for _ in range(3):
        await text(model)
    assert len(first.prompts) == 3


async def test_a_probe_that_is_given_up_frees_its_place() -> None:
    watch, first = Watch(), failing()
    model = Failover([first], threshold=1, cooldown=10, monotonic=watch)
    assert await outcome(model) == "unavailable"
    watch.now += 10
    first.feed((asyncio.Event(), "never"), "back")
    probe = asyncio.create_task(text(model))
    await first.asked(2)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert await text(model) == "back"


async def test_success_in_between_keeps_it_closed() -> None:
    first = failing(DOWN, "a", DOWN, "b", DOWN, "c")
    model = Failover([first], threshold=2)
    assert [await outcome(model) for _ in range(6)] == ["unavailable", "a", "unavailable", "b", "unavailable", "c"]


async def test_a_model_that_always_breaks_off_comes_to_rest() -> None:
    watch, first = Watch(), ScriptedModel(otherwise=("Hel", DOWN))
    model = Failover([first], threshold=2, cooldown=10, monotonic=watch)
    for _ in range(4):
        await outcome(model)
    assert len(first.prompts) == 2
    watch.now += 10
    await outcome(model)
    await outcome(model)
    assert len(first.prompts) == 3


async def test_a_model_that_asks_for_a_pause_gets_it_at_once() -> None:
    watch, first, second = Watch(), failing(ModelUnavailable("busy", retry_after=90)), ScriptedModel(otherwise="ok")
    model = Failover([first, second], threshold=3, cooldown=10, monotonic=watch)
    await text(model)
    watch.now += 89
    await text(model)
    assert len(first.prompts) == 1
    watch.now += 1
    await text(model)
    assert len(first.prompts) == 2


async def test_when_all_rest_the_soonest_return_is_told_at_once() -> None:
    watch = Watch()
    slow, quick = failing(ModelUnavailable("busy", retry_after=90)), failing(ModelUnavailable("busy", retry_after=40))
    model = Failover([slow, quick], monotonic=watch)
    with pytest.raises(ModelUnavailable):
        await text(model)
    watch.now += 15
    with pytest.raises(ModelUnavailable) as told:
        await text(model)
    assert told.value.retry_after == 25
    assert times_asked([slow, quick]) == [1, 1]


def test_failover_between_no_models_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a model"):
        Failover([])
