"""A chat model behind any OpenAI-compatible endpoint: streamed, patient within limits, retried while nothing shows.

Three patiences, in seconds: ``connect_timeout`` for the connection; ``first_token_timeout`` without a token
that the model made, shown or thought (keep-alive comments do not extend it: an endpoint that is merely
alive answers nobody); ``silence_timeout`` without any byte, a comment included, once the answer has begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from http import HTTPStatus

import aiohttp
import structlog
from yarl import URL

from adapters.llm.answer import Answer, ErrorInStream
from adapters.llm.endpoint import (
    TRANSPORT,
    Client,
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
from adapters.llm.formats import FormatRefused, refused, response_format
from adapters.llm.sse import Malformed
from core.errors import ModelRejected, ModelUnavailable
from core.model import Completion, Prompt

__all__ = ["Client", "Endpoint", "OpenAIModel", "client"]

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
        http: Client,
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
        self._format = 0  # the step of the ladder in ``formats`` that this endpoint is known to take
        self._url = URL(endpoint.url("chat/completions"))
        self._headers = {"Content-Type": "application/json", **endpoint.headers}
        self._timeout = aiohttp.ClientTimeout(sock_connect=endpoint.connect_timeout)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion]:
        """As ``core.ports.ChatModel``; one piece for each network read that brings text."""
        attempt, unheard, step = 0, False, self._format
        while True:
            shown = False
            try:
                async with contextlib.aclosing(self._attempt(prompt, step)) as pieces:
                    async for piece in pieces:
                        shown = True
                        yield piece
            except (ModelUnavailable, ModelRejected) as exc:
                if shown:
                    raise ModelUnavailable(f"the answer broke off: {exc}") from exc
                if isinstance(exc, Unheard) and not unheard:
                    unheard = True
                    continue
                if isinstance(exc, FormatRefused):
                    step += 1
                    continue
                await self._pause(exc, attempt)
                attempt += 1
            else:
                self._format = max(self._format, step)
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

    async def _attempt(self, prompt: Prompt, step: int) -> AsyncGenerator[str | Completion]:
        answer, shown = Answer(), False
        async with self._in_flight:
            with contextlib.closing(_Patience(self.endpoint)) as patience:
                async with self._opened(prompt, patience, step) as response:
                    while read := await self._read(response.content, patience, answer):
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
    async def _opened(self, prompt: Prompt, patience: _Patience, step: int) -> AsyncGenerator[aiohttp.ClientResponse]:
        body = _body(prompt, self._name or await self._named(), step)
        with translated(self.endpoint, opening=True):
            async with asyncio.timeout_at(patience.until):
                response = await self._http.session.post(
                    self._url, data=body, headers=self._headers, timeout=self._timeout, allow_redirects=False
                )
        async with response:
            if response.status != HTTPStatus.OK or response.content_type in NO_STREAM:
                with translated(self.endpoint):
                    async with asyncio.timeout_at(patience.until):
                        payload = await body_of(response.content.iter_any(), self.endpoint)
                error = refusal(self.endpoint, response.status, response.headers, payload)
                raise refused(error, response.status, prompt.schema, step)
            yield response

    async def _read(self, content: aiohttp.StreamReader, patience: _Patience, answer: Answer) -> bytes:
        # Empty at the end of the stream, or when only its courtesies were still to come.
        try:
            return await patience.read(content, answer)
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
    """How long the next bytes are waited for, in the event loop's time.

    There is one timer for an answer, not one for each of its tokens: when it rings it is seen whether it is time.
    What a busy event loop comes to read too late has come in time all the same.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._written = 0
        self._timer: asyncio.TimerHandle | None = None
        self._awaited: aiohttp.StreamReader | None = None
        self._reads = 0
        self._due = self.until = self._loop.time() + endpoint.first_token_timeout

    async def read(self, content: aiohttp.StreamReader, answer: Answer) -> bytes:
        """The next bytes, none at the end; TimeoutError when they do not come in time."""
        self._due = self._after(answer)
        if self._timer is None or self._timer.when() > self._due:
            self._set_timer()
        self._awaited = content
        self._reads += 1
        try:
            return await content.readany()
        finally:
            self._awaited = None

    def close(self) -> None:
        """No more is read."""
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self) -> None:
        self.close()
        self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._awaited is None:  # the next read sets it again
            return
        if self._loop.time() < self._due:
            self._set_timer()
        else:  # whoever was woken in this very round of the loop comes before
            self._loop.call_soon(self._give_up, self._reads)

    def _give_up(self, read: int) -> None:
        if self._awaited is not None and read == self._reads:
            self._awaited.set_exception(TimeoutError())

    def _after(self, answer: Answer) -> float:
        now = self._loop.time()
        if answer.complete:
            self.until = min(self.until, now + COURTESY)
            return self.until
        if answer.written != self._written:
            self._written = answer.written
            self.until = now + self._endpoint.first_token_timeout
        if not answer.written:
            return self.until
        return min(self.until, now + self._endpoint.silence_timeout)


def _body(prompt: Prompt, model: str, step: int) -> bytes:
    body = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
        **response_format(prompt.schema, step),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
