"""A fake classifier over real loopback sockets: Llama Guard behind ``/v1/chat/completions``, and ``/v1/moderations``.

In a test::

    async with FakeClassifier() as classifier:
        classifier.next("unsafe\\nS11", 503)
        ...  # a client of classifier.base_url

Each request takes the next answer: a text is what Llama Guard says, a mapping is sent as it is, a number is a status,
``SILENCE`` never comes, bytes are sent raw. With none left, everything is fine.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

SILENCE = object()


class FakeClassifier:
    """The server; enter it to serve."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any], Mapping[str, str]]] = []  # route, body, headers
        self._answers: deque[object] = deque()
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self.port}/v1"

    def next(self, *answers: object) -> None:
        """Append answers to the queue, one for each request to come."""
        self._answers.extend(answers)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._guard)
        app.router.add_post("/v1/moderations", self._moderations)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _guard(self, request: web.Request) -> web.Response:
        return await self._answer(request, "chat", "safe")

    async def _moderations(self, request: web.Request) -> web.Response:
        return await self._answer(request, "moderations", {"results": [{"flagged": False, "categories": {}}]})

    async def _answer(self, request: web.Request, route: str, fine: object) -> web.Response:
        self.asked.append((route, await request.json(), dict(request.headers)))
        answer = self._answers.popleft() if self._answers else fine
        if answer is SILENCE:
            await asyncio.Event().wait()
        if isinstance(answer, int):
            return web.json_response({"error": {"message": "no"}}, status=answer)
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/json")
        if isinstance(answer, str):
            message = {"role": "assistant", "content": answer}
            return web.json_response({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
        return web.json_response(answer)
