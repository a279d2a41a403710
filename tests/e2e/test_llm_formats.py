"""Asking real sockets for JSON: an endpoint that does not know the strictest way gets the next one, once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from adapters.llm.openai import Endpoint, OpenAIModel, client
from core.errors import ModelRejected, PromptTooLong
from core.model import ChatMessage, Prompt
from tests.worlds.model import MODEL, FakeModel, says, status

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
FREE = Prompt((ChatMessage("user", "hi"),), max_tokens=20)
FORMED = replace(FREE, schema=SCHEMA)


@pytest.fixture
async def fake() -> AsyncGenerator[FakeModel]:
    async with FakeModel() as fake:
        yield fake


@pytest.fixture
async def model(fake: FakeModel) -> AsyncGenerator[OpenAIModel]:
    async with client() as http:
        yield OpenAIModel(Endpoint(fake.base_url, name=MODEL, retries=0), http)


async def ask(model: OpenAIModel, prompt: Prompt) -> str:
    return "".join([piece async for piece in model.stream(prompt) if isinstance(piece, str)])


def formats(fake: FakeModel) -> list[str]:
    return [asked.body.get("response_format", {}).get("type", "") for asked in fake.asked]


async def test_a_schema_is_sent_as_a_strict_response_format(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(says("{}"))
    assert await ask(model, FORMED) == "{}"
    asked = fake.asked[0].body["response_format"]
    assert asked == {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}


async def test_free_text_is_asked_for_without_a_format(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(says("hi"))
    await ask(model, FREE)
    assert "response_format" not in fake.asked[0].body


async def test_an_endpoint_that_refuses_a_schema_gets_an_object_and_that_is_remembered(
    fake: FakeModel, model: OpenAIModel
) -> None:
    fake.next(status(400), says("{}"), says("{}"))
    await ask(model, FORMED)
    await ask(model, FORMED)
    assert formats(fake) == ["json_schema", "json_object", "json_object"]


async def test_an_endpoint_that_knows_no_format_is_asked_in_words_alone(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(status(422), status(400), says("{}"), says("{}"))
    await ask(model, FORMED)
    await ask(model, FORMED)
    assert formats(fake) == ["json_schema", "json_object", "", ""]


async def test_a_refusal_that_was_not_about_the_format_is_not_remembered(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(status(400), status(400), status(400), says("{}"))
    with pytest.raises(ModelRejected):
        await ask(model, FORMED)
    await ask(model, FORMED)
    assert formats(fake)[-1] == "json_schema"


@pytest.mark.parametrize("code", [401, 404])
async def test_a_refused_key_or_name_is_no_question_of_format(fake: FakeModel, model: OpenAIModel, code: int) -> None:
    fake.next(status(code))
    with pytest.raises(ModelRejected):
        await ask(model, FORMED)
    assert formats(fake) == ["json_schema"]


async def test_a_prompt_that_is_too_long_stays_too_long(fake: FakeModel, model: OpenAIModel) -> None:
    fake.next(status(400, {"error": {"type": "exceed_context_size_error", "n_ctx": 512}}))
    with pytest.raises(PromptTooLong):
        await ask(model, FORMED)
    assert formats(fake) == ["json_schema"]
