"""Remote control of the fake Telegram for a benchmark in another process. All times are its monotonic seconds.

POST /control/mark   {"mark": "■"}: a message of the bot that holds this text counts as complete
POST /control/say    {"fans": 200, "text": "hi {fan}"}: each fan writes once → {"at": …}
POST /control/wait   {"done": 200, "timeout": 60}: until so many messages are complete → {"done": …, "at": …}
GET  /control/stats  → per fan what they said and everything they saw ("draft" or "message", with times), and
                     the number of calls of each method
POST /control/reset  forget fans, calls and what was complete (updates not yet confirmed stay)
"""

from __future__ import annotations

import collections
import contextlib
import time
from typing import TYPE_CHECKING

from aiohttp import web

from tests.worlds.telegram_people import Person
from tests.worlds.telegram_state import Message, Payload

if TYPE_CHECKING:
    from tests.worlds.telegram import FakeTelegram


class Control:
    """Many fans at once, and what came of it."""

    def __init__(self, world: FakeTelegram) -> None:
        self._world = world
        self._fans: list[Person] = []
        self._mark = ""
        self._done: set[tuple[int, int]] = set()

    def note(self, message: Message) -> None:
        """Count a message of the bot once it holds the mark."""
        if self._mark and message.by_bot and self._mark in message.text:
            self._done.add((message.chat.id, message.id))

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Do what a request asks."""
        body: Payload = await request.json() if request.method == "POST" and request.can_read_body else {}
        match request.path:
            case "/control/say":
                return web.json_response(self._say(int(body["fans"]), str(body["text"])))
            case "/control/wait":
                return web.json_response(await self._wait(int(body["done"]), float(body["timeout"])))
            case "/control/mark":
                self._mark = str(body["mark"])
                return web.json_response({})
            case "/control/stats":
                return web.json_response(self._stats())
            case "/control/reset":
                self._reset()
                return web.json_response({})
            case _:
                return web.json_response({}, status=404)

    def _say(self, fans: int, text: str) -> Payload:
        while len(self._fans) < fans:
            self._fans.append(self._world.user(f"Fan {len(self._fans)}"))
        at = time.monotonic()
        for number, fan in enumerate(self._fans[:fans]):
            fan.says(text.replace("{fan}", str(number)))
        return {"at": at}

    async def _wait(self, done: int, seconds: float) -> Payload:
        with contextlib.suppress(TimeoutError):  # the count says so
            await self._world.until(lambda: len(self._done) >= done, deadline=seconds)
        return {"done": len(self._done), "at": time.monotonic()}

    def _stats(self) -> Payload:
        return {
            "fans": [_story(fan) for fan in self._fans],
            "calls": collections.Counter(call.method for call in self._world.calls),
        }

    def _reset(self) -> None:
        self._fans.clear()
        self._done.clear()
        self._world.calls.clear()


def _story(fan: Person) -> Payload:
    said = [{"id": m.id, "at": m.at, "text": m.text} for m in fan.chat.messages.values() if not m.by_bot]
    saw = [{"kind": "draft", "id": draft.id, "at": draft.at, "text": draft.text} for draft in fan.chat.drafts]
    for message in fan.chat.said:
        saw += [{"kind": "message", "id": message.id, "at": at, "text": text} for at, text in message.shown]
    return {"fan": fan.id, "said": said, "saw": sorted(saw, key=lambda seen: seen["at"])}
