"""Asking a classifier over HTTP: one JSON question, one short JSON answer, within a deadline."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import httpx

from core.errors import ConfigError, ModelRejected, ModelUnavailable

ANSWER_LIMIT = 1 << 20  # bytes
PASSING = frozenset({408, 409, 425, 429})  # refusals that another try may not meet
TRANSPORT = (OSError, httpx.TransportError, aiohttp.ClientError)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a classifier is served.

    Raises:
        ConfigError: ``base_url`` is no address.
    """

    base_url: str  # up to and including /v1
    api_key: str = field(default="", repr=False)
    name: str = ""  # of the model; empty: the endpoint's own choice
    timeout: float = 10.0  # seconds for a whole answer: a fan waits for it

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except httpx.InvalidURL as exc:
            raise ConfigError("A classifier's base_url is no URL; give it as http://host:port/v1") from exc
        if url.scheme not in {"http", "https"} or not url.host:
            raise ConfigError("A classifier's base_url must begin with http:// or https:// and name a host")

    @property
    def host(self) -> str:
        """Host and port, for logs and error texts: a URL may hold a secret, this does not."""
        return httpx.URL(self.base_url).netloc.decode("ascii", "replace")


async def ask(address: Address, http: httpx.AsyncClient, route: str, question: Mapping[str, Any]) -> Any:
    """The answer's JSON.

    Raises:
        ModelUnavailable: No answer in time, a passing refusal, or an answer that is no JSON.
        ModelRejected: The endpoint refused.
    """
    key = {"Authorization": f"Bearer {address.api_key}"} if address.api_key else {}
    model = {"model": address.name} if address.name else {}
    request = http.build_request(
        "POST",
        f"{address.base_url.rstrip('/')}/{route}",
        json={**model, **question},
        headers={"Accept-Encoding": "identity", **key},
        timeout=httpx.Timeout(None),
    )
    try:
        async with asyncio.timeout(address.timeout):
            response = await http.send(request, stream=True)
            async with contextlib.aclosing(response):
                body = await _body(response, address)
    except TimeoutError as exc:
        raise ModelUnavailable(f"{address.host} took too long") from exc
    except TRANSPORT as exc:
        raise ModelUnavailable(f"{address.host} could not be reached: {type(exc).__name__}") from exc
    if response.status_code != httpx.codes.OK:
        passing = response.is_server_error or response.status_code in PASSING
        raise (ModelUnavailable if passing else ModelRejected)(f"{address.host} answers {response.status_code}")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise ModelUnavailable(f"{address.host} does not answer with JSON; base_url often ends in /v1") from exc


async def _body(response: httpx.Response, address: Address) -> bytes:
    body = bytearray()
    async for read in response.aiter_bytes():
        body += read
        if len(body) > ANSWER_LIMIT:
            raise ModelUnavailable(f"{address.host} answers with more than a verdict")
    return bytes(body)
