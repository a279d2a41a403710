"""A chat model behind any OpenAI-compatible endpoint: streamed, patient within limits, retried while nothing shows.

Three patiences, in seconds: ``connect_timeout`` for the connection; ``first_token_timeout`` without a token
that the model made, shown or thought (keep-alive comments do not extend it: an endpoint that is merely
alive answers nobody); ``silence_timeout`` without any byte, a comment included, once the answer has begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import structlog

from adapters.llm.answer import Answer, ErrorInStream
from adapters.llm.endpoint import (
    TRANSPORT,
    Endpoint,
    Unheard,
    body_of,
    chat_model,
    client,
    models,
    refusal,
    translated,
    unavailable,
)
from adapters.llm.faults import stream_fault
from adapters.llm.sse import Malformed
from core.errors import ModelRejected, ModelUnavailable
from core.model import Completion, Prompt

__all__ = ["Endpoint", "OpenAIModel", "client"]

LONGEST_WAIT = 30.0  # seconds that a Retry-After is obeyed here; beyond, another endpoint is the better answer
FIRST_BACKOFF = 0.5  # seconds; doubles with each retry, spread over half to one and a half times
COURTESY = 1.0  # seconds that a complete answer still waits for usage and for the end of its stream
NO_STREAM = ("application/json", "text/html")  # what an endpoint that does not stream, or is none, answers with

log = structlog.get_logger()


class OpenAIModel:
    """The ``ChatModel`` of one endpoint.

    Args:
        endpoint: Where and how patiently.
        http: Of ``client()``; stays the caller's.
        sleep: Waits between retries.
        spread: A factor drawn for each backoff, so that many turns do not come back at once.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        http: httpx.AsyncClient,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        spread: Callable[[], float] = lambda: random.uniform(0.5, 1.5),  # noqa: S311 - nothing secret is drawn
    ) -> None:
        self.endpoint = endpoint
        self._http = http
        self._sleep = sleep
        self._spread = spread
        self._in_flight = asyncio.Semaphore(endpoint.max_in_flight)
        self._name = endpoint.name
        self._naming = asyncio.Lock()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """As ``core.ports.ChatModel``; one piece for each network read that brings text."""
        attempt, unheard = 0, False
        while True:
            shown = False
            try:
                async with contextlib.aclosing(self._attempt(prompt)) as pieces:
                    async for piece in pieces:
                        shown = True
                        yield piece
            except (ModelUnavailable, ModelRejected) as exc:
                if shown:
                    raise ModelUnavailable(f"the answer broke off: {exc}") from exc
                if isinstance(exc, Unheard) and not unheard:
                    unheard = True
                    continue
                await self._pause(exc, attempt)
                attempt += 1
            else:
                return

    async def _pause(self, exc: ModelUnavailable | ModelRejected, attempt: int) -> None:
        if isinstance(exc, ModelRejected) or attempt >= self.endpoint.retries:
            raise exc
        asked = exc.retry_after or 0.0
        if asked > LONGEST_WAIT:
            raise exc
        delay = asked + FIRST_BACKOFF * 2**attempt * self._spread()
        log.info("llm.retry", endpoint=self.endpoint.host, delay=round(delay, 2), reason=str(exc))
        await self._sleep(delay)

    async def _attempt(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        answer, shown = Answer(), False
        async with self._in_flight:
            patience = _Patience(self.endpoint)
            async with self._opened(prompt, patience) as response:
                reads = aiter(response.aiter_bytes())
                while read := await self._read(reads, patience, answer):
                    if text := self._text(answer, read):
                        shown = True
                        yield text
        rest = self._text(answer, b"")
        if not answer.complete:
            raise ModelUnavailable(f"{self.endpoint.host} broke off its answer")
        if not shown and not rest.strip():
            raise ModelUnavailable(f"{self.endpoint.host} gave an empty answer")
        if rest:
            yield rest
        yield answer.completion(prompt)

    @contextlib.asynccontextmanager
    async def _opened(self, prompt: Prompt, patience: _Patience) -> AsyncGenerator[httpx.Response]:
        request = self._http.build_request(
            "POST",
            self.endpoint.url("chat/completions"),
            json=_body(prompt, await self._named()),
            headers=self.endpoint.headers,
            timeout=httpx.Timeout(None, connect=self.endpoint.connect_timeout),
        )
        with translated(self.endpoint, opening=True):
            async with asyncio.timeout_at(patience.until):
                response = await self._http.send(request, stream=True)
        async with contextlib.aclosing(response):
            if response.status_code != httpx.codes.OK or _media_type(response) in NO_STREAM:
                with translated(self.endpoint):
                    async with asyncio.timeout_at(patience.until):
                        payload = await body_of(response, self.endpoint)
                raise refusal(self.endpoint, response, payload)
            yield response

    async def _read(self, reads: AsyncIterator[bytes], patience: _Patience, answer: Answer) -> bytes:
        # Empty at the end of the stream, or when only its courtesies were still to come.
        try:
            async with asyncio.timeout_at(patience.after(answer)):
                return await anext(reads, b"")
        except TRANSPORT as exc:
            if answer.complete:
                return b""
            raise unavailable(exc, self.endpoint) from exc

    def _text(self, answer: Answer, read: bytes) -> str:
        try:
            return answer.take(read)
        except ErrorInStream as exc:
            raise stream_fault(exc.error, host=self.endpoint.host, key=self.endpoint.api_key) from exc
        except Malformed as exc:
            raise ModelUnavailable(f"{self.endpoint.host} sent a broken stream: {exc}") from exc

    async def _named(self) -> str:
        async with self._naming:
            if not self._name:
                name = chat_model(await models(self.endpoint, self._http))
                if name is None:
                    raise ModelUnavailable(f"{self.endpoint.host} lists no model to talk to")
                self._name = name
        return self._name


class _Patience:
    """Until when the next byte is waited for, in the event loop's time."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._time = asyncio.get_running_loop().time
        self._written = 0
        self.until = self._time() + endpoint.first_token_timeout

    def after(self, answer: Answer) -> float:
        now = self._time()
        if answer.complete:
            self.until = min(self.until, now + COURTESY)
            return self.until
        if answer.written != self._written:
            self._written = answer.written
            self.until = now + self._endpoint.first_token_timeout
        if not answer.written:
            return self.until
        return min(self.until, now + self._endpoint.silence_timeout)


def _body(prompt: Prompt, model: str) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
