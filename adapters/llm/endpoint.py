"""An OpenAI-compatible endpoint: where it is, how to speak HTTP with it, and its faults as errors of ours."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
import httpx
import httpx_aiohttp

from adapters.llm.faults import error_of, fault, retry_after, stream_fault
from core.errors import ConfigError, ModelRejected, ModelUnavailable, StagedoorError

CONNECTIONS = 1024  # of one client, over all endpoints; each model bounds its own requests below that
BODY_LIMIT = 1 << 20  # bytes of a list of models or of an error
NOT_FOR_CHAT = ("embed", "rerank", "whisper", "bge-")  # in the names of models that some servers list as well

TRANSPORT = (OSError, httpx.TransportError, aiohttp.ClientError)
"""What goes wrong between here and there."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served. Timeouts in seconds.

    Raises:
        ConfigError: ``base_url`` is no address.
    """

    base_url: str  # up to and including /v1
    api_key: str = field(default="", repr=False)
    name: str = ""  # of the model; empty: the first that the endpoint lists
    connect_timeout: float = 5.0
    first_token_timeout: float = 60.0
    silence_timeout: float = 30.0
    max_in_flight: int = 64
    retries: int = 2

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except httpx.InvalidURL as exc:
            raise ConfigError("The model's base_url is no URL; give it as http://host:port/v1") from exc
        if url.scheme not in {"http", "https"} or not url.host:
            raise ConfigError("The model's base_url must begin with http:// or https:// and name a host")

    @property
    def host(self) -> str:
        """Host and port, for logs and error texts: a URL may hold a secret, this does not."""
        return httpx.URL(self.base_url).netloc.decode("ascii", "replace")

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        key = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        return {"Accept-Encoding": "identity", **key}

    def url(self, path: str) -> str:
        """The address of one route."""
        return f"{self.base_url.rstrip('/')}/{path}"


class Unheard(ModelUnavailable):
    """The connection closed before one byte of an answer: most often a kept-alive one that had gone stale."""


class Client(httpx.AsyncClient):
    """An HTTP client for all endpoints. It has no timeouts: each request sets its own.

    Its transport is aiohttp's: httpx's own serves an eighth of the requests when 200 are under way.

    Attributes:
        session: What lies below, for the requests that come with every turn: half their cost would be httpx's.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(transport=httpx_aiohttp.AiohttpTransport(client=session), timeout=httpx.Timeout(None))
        self.session = session


@contextlib.asynccontextmanager
async def client() -> AsyncGenerator[Client]:
    """Open a ``Client``, and close it."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=30.0, ssl=httpx.create_ssl_context())
    async with (
        aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
        Client(session) as http,
    ):
        yield http


async def models(endpoint: Endpoint, http: httpx.AsyncClient) -> list[str]:
    """The names of the models that an endpoint lists.

    Raises:
        ModelUnavailable: No usable list.
        ModelRejected: The endpoint refused, for instance the key.
    """
    request = http.build_request(
        "GET",
        endpoint.url("models"),
        headers=endpoint.headers,
        timeout=httpx.Timeout(endpoint.silence_timeout, connect=endpoint.connect_timeout),
    )
    with translated(endpoint, opening=True):
        response = await http.send(request, stream=True)
    async with contextlib.aclosing(response):
        payload = await body_of(response.aiter_bytes(), endpoint)
        if response.status_code != httpx.codes.OK:
            raise refusal(endpoint, response.status_code, response.headers, payload)
    listed = payload.get("data") if isinstance(payload, Mapping) else None
    if not isinstance(listed, list):
        raise ModelUnavailable(f"{endpoint.host} gave no list of models; base_url often ends in /v1")
    return [str(entry["id"]) for entry in listed if isinstance(entry, Mapping) and entry.get("id")]


def chat_model(names: Sequence[str]) -> str | None:
    """The first of these models that looks like one to talk to."""
    return next((name for name in names if not any(mark in name.lower() for mark in NOT_FOR_CHAT)), None)


# ── faults ───────────────────────────────────────────────────────────────────────────────────────


async def body_of(reads: AsyncIterable[bytes], endpoint: Endpoint) -> object:
    """The body of a short answer: JSON decoded, a plain text as an error's message, None for anything else."""
    body = bytearray()
    with translated(endpoint):
        async for read in reads:
            body += read
            if len(body) > BODY_LIMIT:
                return None
    text = body.decode("utf-8", "replace").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {"error": text} if text and not text.startswith("<") else None


def refusal(endpoint: Endpoint, status: int, headers: Mapping[str, str], payload: object) -> StagedoorError:
    """The error for an answer that is not the stream or the list that was asked for."""
    error = error_of(payload) or {}
    if status != httpx.codes.OK:
        wait = retry_after(headers, now=datetime.now(UTC))
        return fault(status, error, host=endpoint.host, key=endpoint.api_key, retry_after=wait)
    if error:
        return stream_fault(error, host=endpoint.host, key=endpoint.api_key)
    return ModelRejected(f"{endpoint.host} does not stream chat completions; base_url often ends in /v1")


@contextlib.contextmanager
def translated(endpoint: Endpoint, *, opening: bool = False) -> Generator[None]:
    """Raise what goes wrong in transport as ``ModelUnavailable``; ``opening`` while no byte has arrived."""
    try:
        yield
    except TRANSPORT as exc:
        raise unavailable(exc, endpoint, opening=opening) from exc


def unavailable(exc: Exception, endpoint: Endpoint, *, opening: bool = False) -> ModelUnavailable:
    """What a fault in transport means."""
    # httpx-aiohttp calls every lost connection a ConnectTimeout; what aiohttp said is in the cause.
    cause = exc.__cause__ if isinstance(exc, httpx.TransportError) and exc.__cause__ else exc
    lost = isinstance(cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
    if opening and lost and not isinstance(cause, aiohttp.ClientConnectorError):
        return Unheard(f"{endpoint.host} closed the connection without an answer")
    if isinstance(cause, TimeoutError | httpx.TimeoutException):
        return ModelUnavailable(f"{endpoint.host} took too long")
    said = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
    return ModelUnavailable(f"{endpoint.host} could not be reached: {said}")
