"""The fake Telegram keeps the rules that the tests around it rely on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.worlds.telegram import FakeTelegram

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def world() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as world:
        yield world


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def call(world: FakeTelegram, session: aiohttp.ClientSession, method: str, **params: Any) -> Any:
    async with session.post(f"{world.base_url}/bot{world.token}/{method}", json=params) as response:
        answer = await response.json()
        assert answer["ok"] == (response.status == 200)
        return answer["result"] if answer["ok"] else (answer["error_code"], answer["description"])


async def updates(world: FakeTelegram, session: aiohttp.ClientSession, **params: Any) -> list[str]:
    found = await call(world, session, "getUpdates", **params)
    return [update["message"]["text"] for update in found]


async def test_updates_stay_until_a_higher_offset_confirms_them(
    world: FakeTelegram, session: aiohttp.ClientSession
) -> None:
    ann = world.user("Ann")
    for text in ("one", "two", "three"):
        ann.says(text)
    assert await updates(world, session, limit=2) == ["one", "two"]
    first = world.updates.pending[0]["update_id"]
    assert await updates(world, session, offset=first + 1) == ["two", "three"]
    assert await updates(world, session, offset=-1) == ["three"]
    assert await updates(world, session) == ["three"]


async def test_a_poll_is_held_open_until_something_comes(world: FakeTelegram, session: aiohttp.ClientSession) -> None:
    poll = asyncio.create_task(updates(world, session, timeout=20))
    await world.until(lambda: len(world.calls) == 1)
    world.user("Ann").says("at last")
    assert await asyncio.wait_for(poll, 5) == ["at last"]


async def test_a_second_poll_ends_the_first_with_409(world: FakeTelegram, session: aiohttp.ClientSession) -> None:
    first = asyncio.create_task(call(world, session, "getUpdates", timeout=20))
    await world.until(lambda: len(world.calls) == 1)
    second = asyncio.create_task(updates(world, session, timeout=20))
    code, description = await asyncio.wait_for(first, 5)
    assert (code, "other getUpdates" in description) == (409, True)
    world.user("Ann").says("hi")
    assert await asyncio.wait_for(second, 5) == ["hi"]


async def test_only_allowed_updates_are_kept_from_then_on(world: FakeTelegram, session: aiohttp.ClientSession) -> None:
    ann = world.user("Ann")
    await call(world, session, "getUpdates", allowed_updates=["edited_message"])
    said = ann.says("hi")
    ann.edits(said, "hi!")
    [update] = await call(world, session, "getUpdates")
    assert "edited_message" in update


async def test_forms_multipart_json_and_queries_are_all_understood(
    world: FakeTelegram, session: aiohttp.ClientSession
) -> None:
    ann = world.user("Ann")
    url = f"{world.base_url}/bot{world.token}/sendMessage"
    entities = [{"type": "bold", "offset": 0, "length": 2}]
    form = {"chat_id": str(ann.id), "text": "form", "entities": json.dumps(entities)}
    multipart = aiohttp.FormData({"chat_id": str(ann.id), "text": "multipart"}, default_to_multipart=True)
    for body in ({"data": form}, {"data": multipart}, {"json": {"chat_id": ann.id, "text": "json"}}):
        async with session.post(url, **body) as response:
            assert response.status == 200
    async with session.get(url, params={"chat_id": ann.id, "text": "query"}) as response:
        assert (await response.json())["result"]["text"] == "query"
    assert ann.chat.texts == ["form", "multipart", "json", "query"]
    assert ann.chat.said[0].entities == entities


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"text": " "}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "hi", "entities": [{"type": "bold", "offset": 1, "length": 9}]}, "at byte offset 1"),
        ({"text": "🍞", "entities": [{"type": "bold", "offset": 1, "length": 1}]}, "can't parse entities"),
        ({"text": "hi", "entities": [{"type": "odd", "offset": 0, "length": 1}]}, "can't parse entities"),
        ({"text": "a.b", "parse_mode": "MarkdownV2"}, "is reserved and must be escaped"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "hi", "message_thread_id": 5}, "message thread not found"),
        ({"text": "hi", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"text": "hi", "chat_id": 5}, "chat not found"),
    ],
)
async def test_what_telegram_refuses_is_refused(
    world: FakeTelegram, session: aiohttp.ClientSession, params: dict[str, Any], description: str
) -> None:
    ann = world.user("Ann")
    code, words = await call(world, session, "sendMessage", **{"chat_id": ann.id, **params})
    assert code == 400
    assert description in words
    assert ann.chat.said == []


async def test_a_wrong_token_an_unknown_method_and_an_old_query(
    world: FakeTelegram, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{world.base_url}/bot1:wrong/getMe") as response:
        assert response.status == 401
    assert (await call(world, session, "doSomething"))[0] == 404
    assert "too old" in (await call(world, session, "answerCallbackQuery"))[1]


@asynccontextmanager
async def child() -> AsyncIterator[dict[str, str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.worlds.telegram", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        yield json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    finally:
        process.terminate()
        await process.wait()


async def test_as_a_program_it_serves_a_benchmark(session: aiohttp.ClientSession) -> None:
    async with child() as world:

        async def control(name: str, **body: Any) -> Any:
            method = session.get if name == "stats" else session.post
            async with method(f"{world['base_url']}/control/{name}", json=body) as response:
                return await response.json()

        await control("mark", mark="■")
        said = await control("say", fans=3, text="hi {fan}")
        api = f"{world['base_url']}/bot{world['token']}"
        async with session.get(f"{api}/getUpdates") as response:
            found = (await response.json())["result"]
        assert [update["message"]["text"] for update in found] == ["hi 0", "hi 1", "hi 2"]
        for update in found:
            chat = update["message"]["chat"]["id"]
            for method, text in (("sendMessageDraft", "h"), ("sendMessage", "hello ■")):
                async with session.post(f"{api}/{method}", json={"chat_id": chat, "draft_id": 1, "text": text}):
                    pass
        assert (await control("wait", done=3, timeout=5))["done"] == 3
        stats = await control("stats")
    assert stats["calls"] == {"getUpdates": 1, "sendMessageDraft": 3, "sendMessage": 3}
    assert len(stats["fans"]) == 3
    for story in stats["fans"]:
        assert [(seen["kind"], seen["text"]) for seen in story["saw"]] == [("draft", "h"), ("message", "hello ■")]
        assert said["at"] <= story["said"][0]["at"] <= story["saw"][0]["at"] <= story["saw"][1]["at"]
