"""Web pages, feeds and sitemaps, got with care: only from the public internet, bounded in size and time, politely."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from adapters.ingest.addresses import checked, public
from adapters.ingest.robots import LONGEST_FILE, Pace, Robots
from core.errors import InvalidInput, NotFound, Unavailable

AGENT = f"Stagedoor/{version('stagedoor')} (reads pages at their author's request)"
MOST_BYTES = 10 * 2**20  # of a page, decoded
MOST_REDIRECTS = 5
DEADLINE = 30.0  # seconds for one page, redirects included
INTERVAL = 1.0  # seconds between two requests to one host
MOST_WAITED = 60.0  # seconds that a busy server may ask us to wait before the one second try
WAIT = 2.0  # seconds before it, where the server does not say
PIECE = 64 * 1024
REDIRECTS = {301, 302, 303, 307, 308}
GONE = {404, 410}
BUSY = {429, 500, 502, 503, 504}
NOT_READ = ("image/", "video/", "audio/", "font/")
HEADERS = {"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate"}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The IP addresses of a host."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to tell later whether a page has changed."""

    etag: str = ""
    modified: str = ""  # Last-Modified, as it was sent


@dataclass(frozen=True, slots=True)
class Page:
    """Something fetched."""

    url: str  # after redirects
    path: Path
    media_type: str  # in lower case, without parameters
    validators: Validators


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system resolves it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Fetcher:
    """Gets pages; enter it before use.

    A host is resolved once for each connection, every address that comes back must be public, and the connection is
    made to just those addresses. Nothing is fetched through proxies, no cookies are kept, and nothing is parsed here.

    Args:
        exempt: Hosts or addresses with ports that are allowed although they are not public; for tests.
        interval: Seconds between two requests to one host; a site's ``Crawl-delay`` may lengthen it.
        deadline: Seconds for one page.
        resolve: What resolves names.
    """

    def __init__(
        self,
        *,
        exempt: frozenset[tuple[str, int]] = frozenset(),
        interval: float = INTERVAL,
        deadline: float = DEADLINE,
        resolve: Resolve = resolved,
    ) -> None:
        self._exempt = exempt
        self._deadline = deadline
        self._resolver = _Resolver(resolve, exempt)
        self._pace = Pace(interval)
        self._robots = Robots(self._robots_txt, AGENT)
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, to: Path, known: Validators | None = None) -> Page | None:
        """Fetch a page into a file; None if it has not changed since ``known``.

        A busy server is asked once more.

        Raises:
            InvalidInput: It is not to be read: a forbidden address, robots.txt, too long, or no text.
            NotFound: The server says that there is no such page.
            Unavailable: A passing fault.
        """
        try:
            return await self._within(url, to, known or Validators())
        except Unavailable as exc:
            wait = WAIT if exc.retry_after is None else exc.retry_after
            if wait > MOST_WAITED:
                raise
            log.info("ingest.fetch.again", wait=wait)
            await asyncio.sleep(wait)
            return await self._within(url, to, known or Validators())

    async def _within(self, url: str, to: Path, known: Validators) -> Page | None:
        try:
            return await self._follow(url, to, known)
        except TimeoutError as exc:
            raise Unavailable(f"did not arrive within {self._deadline:.0f} s") from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise Unavailable(f"could not be reached ({type(exc).__name__})") from exc
        except ValueError as exc:  # a redirect or a header that the library cannot make sense of
            raise InvalidInput("answers with something that is no web page") from exc

    async def _follow(self, text: str, to: Path, known: Validators) -> Page | None:
        url = checked(text, self._exempt)
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        headers = {name: value for name, value in conditions.items() if value}
        loop, left = asyncio.get_running_loop(), self._deadline
        for _ in range(MOST_REDIRECTS + 1):
            allowed, delay = await self._robots.rules(url)
            if not allowed:
                raise InvalidInput("is closed to programs by the site's robots.txt: allow Stagedoor there")
            await self._pace.turn(url.host or "", delay)
            begun = loop.time()
            async with asyncio.timeout(left), self._asked(url, headers) as response:
                if response.status not in REDIRECTS:
                    return await self._taken(url, response, to)
                url = self._onward(url, response)
            left -= loop.time() - begun
        raise InvalidInput(f"redirects more than {MOST_REDIRECTS} times")

    async def _taken(self, url: URL, response: aiohttp.ClientResponse, to: Path) -> Page | None:
        if response.status == HTTPStatus.NOT_MODIFIED:
            return None
        _refuse_status(response)
        if response.content_type.lower().startswith(NOT_READ):
            raise InvalidInput(f"is no text ({response.content_type})")
        with to.open("wb") as target:
            async for piece in _decoded(response, MOST_BYTES):
                target.write(piece)
        validators = Validators(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))
        return Page(str(url), to, response.content_type.lower(), validators)

    def _onward(self, url: URL, response: aiohttp.ClientResponse) -> URL:
        return checked(str(url.join(URL(response.headers.get("Location", "")))), self._exempt)

    async def _robots_txt(self, url: URL) -> str:
        for _ in range(MOST_REDIRECTS + 1):
            await self._pace.turn(url.host or "")
            async with asyncio.timeout(self._deadline), self._asked(url, {}) as response:
                if response.status in REDIRECTS:
                    url = self._onward(url, response)
                    continue
                if response.status in BUSY:
                    raise Unavailable("the site's robots.txt cannot be read now", retry_after=_wait(response))
                return await _beginning(response) if response.ok else ""
        return ""

    @contextlib.asynccontextmanager
    async def _asked(self, url: URL, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None
        async with self._session.get(url, headers=headers, allow_redirects=False) as response:
            yield response

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, limit=8)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=HEADERS,
            auto_decompress=False,  # decoded here, where it can be counted
            timeout=aiohttp.ClientTimeout(total=None),  # set for each page
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()


class _Resolver(AbstractResolver):
    """Resolves names to public addresses only; what it gives is what is connected to."""

    def __init__(self, resolve: Resolve, exempt: frozenset[tuple[str, int]]) -> None:
        self._resolve = resolve
        self._exempt = exempt

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  the library's shape
    ) -> list[ResolveResult]:
        found = await self._resolve(host, port)
        for address in found:
            if not public(address) and not {(address, port), (host, port)} & self._exempt:
                raise InvalidInput("leads to a private or special network address, which is never read")
        return [_result(host, address, port) for address in found]

    async def close(self) -> None:
        pass


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004  IPv6
    return {
        "hostname": host,
        "host": address,
        "port": port,
        "family": family,
        "proto": 0,
        "flags": socket.AI_NUMERICHOST,
    }


def _refuse_status(response: aiohttp.ClientResponse) -> None:
    if response.status in GONE:
        raise NotFound(f"is not there any more (HTTP {response.status})")
    if response.status in BUSY:
        raise Unavailable(f"the server is busy or broken (HTTP {response.status})", retry_after=_wait(response))
    if not response.ok:
        raise InvalidInput(f"is not given out by the server (HTTP {response.status})")


def _wait(response: aiohttp.ClientResponse) -> float | None:
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else None


async def _beginning(response: aiohttp.ClientResponse) -> str:
    raw = bytearray()
    with contextlib.suppress(InvalidInput):  # of a robots.txt that is too long, the beginning counts
        async for piece in _decoded(response, LONGEST_FILE):
            raw += piece
    return raw.decode("utf-8", "replace")


async def _decoded(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    """The body, unpacked in small pieces.

    Raises:
        InvalidInput: It is longer than ``limit`` bytes, or packed in a way that was not asked for.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise InvalidInput(f"is packed in a way that was not asked for ({encoding[:20]})")
    unpacker: Any = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding not in {"identity", ""} else None
    left = limit
    async for raw in response.content.iter_chunked(PIECE):
        for piece in _unpacked(unpacker, raw) if unpacker else (raw,):
            left -= len(piece)
            if left < 0:
                raise InvalidInput(f"is longer than {limit // 2**20 or 1} MB")
            yield piece


def _unpacked(unpacker: Any, raw: bytes) -> Iterator[bytes]:
    try:
        while raw and not unpacker.eof:
            yield unpacker.decompress(raw, PIECE)
            raw = unpacker.unconsumed_tail
    except zlib.error as exc:
        raise InvalidInput("arrives damaged: its compression is broken") from exc
