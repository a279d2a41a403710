"""A fake OpenAI-compatible model server over real loopback sockets.

In a test::

    async with FakeModel() as model:
        hold = asyncio.Event()
        model.next(says(hold, "Hel", "lo"), status(503), breaks_off("Hel"))
        ...  # a client of model.base_url

Each request to ``/v1/chat/completions`` takes the next behaviour of the queue. When the queue is empty the
server echoes: its reply holds every ``token-…`` of the last user message, so that a reply that reaches the
wrong fan is seen. As a process of its own, for benchmarks::

    python -m tests.worlds.model --port 0 --first-token 0.3 --rate 50 --tokens 75

prints its port on the first line and serves until it is terminated.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias

from aiohttp import web

MODEL = "fake-llama"
TOKEN = re.compile(r"\btoken-[A-Za-z0-9-]*[A-Za-z0-9]")
FILLER = ("well", "let", "me", "think", "about", "flour", "butter", "and", "sugar", "today")

Behaviour: TypeAlias = "Callable[[FakeModel, web.Request, Asked], Awaitable[web.StreamResponse]]"
Piece: TypeAlias = "str | bytes | Mapping[str, Any] | asyncio.Event"
"""Text to stream, bytes to write as they are, a whole chunk to send as JSON, or an event to wait for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def messages(self) -> Sequence[Mapping[str, str]]:
        """The chat messages of the request."""
        messages: Sequence[Mapping[str, str]] = self.body.get("messages", [])
        return messages

    @property
    def last(self) -> str:
        """What the user said last."""
        return next((m["content"] for m in reversed(self.messages) if m["role"] == "user"), "")


# ── behaviours ───────────────────────────────────────────────────────────────────────────────────


def says(
    *pieces: Piece,
    finish: str | None = "stop",  # None sends no chunk with a finish_reason
    usage: Mapping[str, Any] | None = None,  # reported instead of a counted one
    with_usage: bool = True,
    done: bool = True,  # whether [DONE] is sent
    eol: str = "\n",
    comment: str = "",  # an SSE comment before every event
) -> Behaviour:
    """Stream these pieces as a well-behaved endpoint would, less what the keywords take away."""

    async def answer(model: FakeModel, request: web.Request, asked: Asked) -> web.StreamResponse:
        wire = await _Wire.opened(request, eol=eol, comment=comment)
        await wire.chunk({"role": "assistant", "content": None})
        for piece in pieces:
            await wire.put(piece)
        if finish is not None:
            await wire.chunk({}, finish=finish)
        if with_usage:
            texts = [p for p in pieces if isinstance(p, str)]
            await wire.json(_frame([], usage=dict(usage or _count(asked, len(texts)))))
        if done:
            await wire.data("[DONE]")
        await wire.response.write_eof()
        return wire.response

    return answer


def status(code: int, body: object = None, *, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer with this status and JSON body (a str is sent as plain text)."""

    async def answer(model: FakeModel, request: web.Request, asked: Asked) -> web.StreamResponse:
        if isinstance(body, str):
            return web.Response(status=code, text=body, headers=headers)
        payload = {"error": {"message": f"status {code}", "type": "fake", "code": code}} if body is None else body
        return web.json_response(payload, status=code, headers=headers)

    return answer


def drops() -> Behaviour:
    """Close the connection before one byte of an answer, as a stale keep-alive connection does."""

    async def answer(model: FakeModel, request: web.Request, asked: Asked) -> web.StreamResponse:
        _cut(request)
        return web.Response()

    return answer


def breaks_off(*pieces: Piece) -> Behaviour:
    """Stream these pieces, then cut the connection."""

    async def answer(model: FakeModel, request: web.Request, asked: Asked) -> web.StreamResponse:
        wire = await _Wire.opened(request)
        for piece in pieces:
            await wire.put(piece)
        _cut(request)
        return wire.response

    return answer


def hangs(*pieces: Piece) -> Behaviour:
    """Stream these pieces, then stay silent until the client goes away."""
    return says(*pieces, asyncio.Event())


def fails(error: object, *pieces: Piece) -> Behaviour:
    """Stream these pieces, then this error object as an event of the stream with HTTP 200."""
    return says(*pieces, f"data: {json.dumps(error)}\n\n".encode(), finish=None, with_usage=False, done=False)


def malformed(*pieces: Piece) -> Behaviour:
    """Stream these pieces, then an event whose JSON is broken."""
    return says(*pieces, b'data: {"choices": [{"delta": {"conte\n\n', finish=None, with_usage=False)


def thinks(*thoughts: str, key: str = "reasoning_content") -> tuple[Piece, ...]:
    """Pieces that carry reasoning beside the content, as vLLM names it."""
    return tuple(_frame([{"index": 0, "delta": {key: thought}, "finish_reason": None}]) for thought in thoughts)


# ── the server ───────────────────────────────────────────────────────────────────────────────────


@dataclass(kw_only=True)
class FakeModel:
    """The server; enter it to serve. All times in seconds."""

    key: str = ""  # the API key asked for; empty: none
    models: Sequence[str] | None = (MODEL,)  # None: there is no such route
    first_token: float = 0.0  # before an echo begins
    rate: float = 0.0  # tokens per second of an echo; 0 sends it in one go
    tokens: int = 12  # length of an echo
    port: int = 0
    asked: list[Asked] = field(default_factory=list)  # every chat request, in order
    in_flight: int = 0
    peak: int = 0  # most requests ever in flight
    left_early: int = 0  # clients that went away before their answer was complete

    def __post_init__(self) -> None:
        self._behaviours: deque[Behaviour] = deque()
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self.port}/v1"

    def next(self, *behaviours: Behaviour) -> None:
        """Append behaviours to the queue, one for each request to come."""
        self._behaviours.extend(behaviours)

    async def until(self, holds: Callable[[Self], bool], *, within: float = 10.0) -> None:
        """Wait until something holds of this server, such as ``lambda m: m.in_flight == 0``."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: holds(self))

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._list)
        app.router.add_get("/health", self._health)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Close every connection and stop listening; entering again serves on the same port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _list(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        if self.models is None:
            return web.json_response({"error": {"message": "no such route", "code": 404}}, status=404)
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(await request.json(), dict(request.headers))
        async with self._served(asked):
            if refusal := self._refusal(request):
                return refusal
            behaviour = self._behaviours.popleft() if self._behaviours else echoes
            return await behaviour(self, request, asked)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self.key or request.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        return web.json_response({"error": {"message": "Incorrect API key", "type": "auth", "code": 401}}, status=401)

    @asynccontextmanager
    async def _served(self, asked: Asked) -> AsyncGenerator[None]:
        self.asked.append(asked)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        await self._tell()
        try:
            yield
        except (asyncio.CancelledError, ConnectionError):
            self.left_early += 1
            raise
        finally:
            self.in_flight -= 1
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def echoes(model: FakeModel, request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer with the tokens found in the last user message, at the server's pace."""
    words = list(_echo(asked.last, model.tokens))
    if not asked.body.get("stream"):
        await asyncio.sleep(model.first_token)
        return web.json_response(_whole("".join(words), _count(asked, len(words))))
    wire = await _Wire.opened(request)
    chunks = [_event(_delta({"content": word})) for word in words]
    tail = _event(_delta({}, "stop")) + _event(_frame([], usage=_count(asked, len(words)))) + b"data: [DONE]\n\n"
    loop = asyncio.get_running_loop()
    start = loop.time() + model.first_token
    if not model.rate:
        await asyncio.sleep(model.first_token)
        chunks = [b"".join(chunks)]
    for number, chunk in enumerate(chunks):
        due = start + (number / model.rate if model.rate else 0.0)
        await asyncio.sleep(max(0.0, due - loop.time()))
        await wire.response.write(chunk)
    await wire.response.write(tail)
    await wire.response.write_eof()
    return wire.response


# ── the wire ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Wire:
    """One open event stream."""

    response: web.StreamResponse
    eol: str
    comment: str

    @classmethod
    async def opened(cls, request: web.Request, *, eol: str = "\n", comment: str = "") -> _Wire:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        return cls(response, eol, comment)

    async def put(self, piece: Piece) -> None:
        match piece:
            case asyncio.Event():
                await piece.wait()
            case bytes():
                await self.response.write(piece)
            case str():
                await self.chunk({"content": piece})
            case _:
                await self.json(piece)

    async def chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> None:
        await self.json(_delta(delta, finish))

    async def json(self, payload: Mapping[str, Any]) -> None:
        await self.data(json.dumps(payload))

    async def data(self, text: str) -> None:
        comment = f": {self.comment}{self.eol}{self.eol}" if self.comment else ""
        await self.response.write(f"{comment}data: {text}{self.eol}{self.eol}".encode())


def _cut(request: web.Request) -> None:
    if isinstance(request.transport, asyncio.WriteTransport):
        request.transport.abort()


def _frame(choices: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": MODEL,
        "choices": choices,
        **more,
    }


def _delta(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    return _frame([{"index": 0, "delta": dict(delta), "finish_reason": finish}])


def _event(payload: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(payload)}\n\n".encode()


def _whole(text: str, usage: Mapping[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return _frame([choice], usage=usage) | {"object": "chat.completion"}


def _count(asked: Asked, completion: int) -> dict[str, Any]:
    prompt = sum(len(message["content"]) // 4 + 4 for message in asked.messages)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _echo(text: str, tokens: int) -> Iterator[str]:
    words = ["You", "said", *(TOKEN.findall(text) or text.split()[:3])]
    words += [FILLER[i % len(FILLER)] for i in range(tokens - len(words))]
    for number, word in enumerate(words):
        yield f" {word}" if number else word


async def _serve(model: FakeModel) -> None:
    async with model:
        print(model.port, flush=True)  # noqa: T201 - the first line is how the caller learns the port
        await asyncio.Event().wait()


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description="A fake model server for benchmarks.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--first-token", type=float, default=0.0, help="seconds")
    parser.add_argument("--rate", type=float, default=0.0, help="tokens per second; 0 sends all at once")
    parser.add_argument("--tokens", type=int, default=12)
    asked = parser.parse_args()
    asyncio.run(_serve(FakeModel(port=asked.port, first_token=asked.first_token, rate=asked.rate, tokens=asked.tokens)))


if __name__ == "__main__":
    main()
