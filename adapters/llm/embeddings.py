"""Embeddings from any OpenAI-compatible ``/v1/embeddings``, in batches, retried while a fault may pass."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

import httpx
import structlog

from adapters.llm.endpoint import Endpoint, body_of, refusal, translated
from core.errors import ConfigError, ModelRejected, ModelUnavailable

BATCH = 32  # texts in one request; every server takes as many
LONGEST_WAIT = 30.0  # seconds that a Retry-After is obeyed here
FIRST_BACKOFF = 0.5  # seconds; doubles with each retry
ANSWER_LIMIT = 64 << 20  # bytes: 32 vectors of 8,192 numbers in JSON, with room

log = structlog.get_logger()


class OpenAIEmbedder:
    """As ``core.ports.Embedder``.

    Args:
        endpoint: Where; its ``name`` is the embedding model's, its ``first_token_timeout`` is for a whole answer.
        http: Of ``endpoint.client()``; stays the caller's.
        before_query: What the model wants before a question ("query: " for E5).
        before_passage: What it wants before a passage ("passage: " for E5).
        sleep: Waits between retries.
        spread: A factor drawn for each backoff.

    Raises:
        ConfigError: The endpoint names no model: vectors of different models must not meet.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        http: httpx.AsyncClient,
        *,
        before_query: str = "",
        before_passage: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        spread: Callable[[], float] = lambda: random.uniform(0.5, 1.5),  # noqa: S311 - nothing secret is drawn
    ) -> None:
        if not endpoint.name:
            raise ConfigError("An endpoint for embeddings needs the name of the model to ask for")
        self.name = "|".join(filter(None, (endpoint.name, before_passage.strip())))
        self._endpoint = endpoint
        self._http = http
        self._before = {True: before_query, False: before_passage}
        self._sleep = sleep
        self._spread = spread

    async def embed(self, texts: Sequence[str], *, query: bool) -> Sequence[Sequence[float]]:
        """As ``core.ports.Embedder``."""
        asked = [self._before[query] + text for text in texts]
        found: list[list[float]] = []
        for start in range(0, len(asked), BATCH):
            found += await self._patiently(asked[start : start + BATCH])
        return found

    async def _patiently(self, texts: Sequence[str]) -> list[list[float]]:
        attempt = 0
        while True:
            try:
                return await self._ask(texts)
            except ModelUnavailable as exc:
                wait = exc.retry_after or 0.0
                if attempt >= self._endpoint.retries or wait > LONGEST_WAIT:
                    raise
                delay = wait + FIRST_BACKOFF * 2**attempt * self._spread()
                log.info("llm.retry", endpoint=self._endpoint.host, delay=round(delay, 2), reason=str(exc))
                await self._sleep(delay)
                attempt += 1

    async def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        endpoint = self._endpoint
        request = self._http.build_request(
            "POST",
            endpoint.url("embeddings"),
            json={"model": endpoint.name, "input": list(texts), "encoding_format": "float"},
            headers=endpoint.headers,
            timeout=httpx.Timeout(None, connect=endpoint.connect_timeout),
        )
        with translated(endpoint):
            async with asyncio.timeout(endpoint.first_token_timeout):
                response = await self._http.send(request, stream=True)
                async with contextlib.aclosing(response):
                    if response.status_code != httpx.codes.OK:
                        payload = await body_of(response.aiter_bytes(), endpoint)
                        raise refusal(endpoint, response.status_code, response.headers, payload)
                    body = await self._body(response)
        return self._vectors(body, len(texts))

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for read in response.aiter_bytes():
            body += read
            if len(body) > ANSWER_LIMIT:
                raise ModelRejected(f"{self._endpoint.host} answers with more than embeddings")
        return bytes(body)

    def _vectors(self, body: bytes, count: int) -> list[list[float]]:
        """The vectors in the order of their texts, each of unit length."""
        try:
            listed = json.loads(body)["data"]
            ordered = sorted(listed, key=lambda one: one.get("index", 0) if isinstance(one, Mapping) else 0)
            vectors = [_unit(one["embedding"]) for one in ordered]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise ModelUnavailable(f"{self._endpoint.host} gave no embeddings; base_url often ends in /v1") from exc
        if len(vectors) != count:
            raise ModelUnavailable(f"{self._endpoint.host} gave {len(vectors)} embeddings for {count} texts")
        return vectors


def _unit(numbers: Sequence[float]) -> list[float]:
    length = math.hypot(*numbers)
    if not numbers or not math.isfinite(length):
        raise ValueError("no vector")
    return [number / length for number in numbers] if length else list(numbers)
