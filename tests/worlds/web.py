"""A fake web server over a real loopback socket, with pages that are good, old, slow, endless or poisoned.

In a test::

    async with FakeWeb() as web, Fetcher(exempt=web.exempt, interval=0) as fetcher:
        web.pages["/post"] = page("<p>Hello</p>", etag='"1"')
        web.pages["/bomb"] = bomb(megabytes=200)
        ...  # fetch web.url("/post"); look at web.asked

The server answers to every host name; ``web.url(path, host)`` and ``resolve`` make it appear as any site. What is not
in ``pages`` is 404, robots.txt included.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias

from aiohttp import web
from multidict import CIMultiDict

LOOPBACK = "127.0.0.1"
PIECE = 64 * 1024
SITES = ("maya.example", "www.maya.example", "blog.maya.example", "elsewhere.example")

Behaviour: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    host: str  # without the port
    path: str  # with the query
    headers: Mapping[str, str]
    at: float  # seconds of the loop's clock


# ── behaviours ───────────────────────────────────────────────────────────────────────────────────


def page(
    body: str | bytes,
    content_type: str = "text/html",
    *,
    status: int = 200,
    etag: str = "",
    modified: str = "",
    headers: Mapping[str, str] | None = None,
) -> Behaviour:
    """Serve this body; a request with its validators is told that nothing has changed."""

    async def answer(request: web.Request) -> web.StreamResponse:
        given = {"ETag": etag, "Last-Modified": modified}
        extra = CIMultiDict({**{name: value for name, value in given.items() if value}, **(headers or {})})
        same = (etag and request.headers.get("If-None-Match") == etag) or (
            modified and request.headers.get("If-Modified-Since") == modified
        )
        if same:
            return web.Response(status=304, headers=extra)
        raw = body.encode() if isinstance(body, str) else body
        return web.Response(body=raw, status=status, content_type=content_type, headers=extra)

    return answer


def redirect(to: str, status: int = 302) -> Behaviour:
    """Send the client elsewhere, with the address exactly as given."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": to})

    return answer


def packed(body: bytes, encoding: str = "gzip") -> Behaviour:
    """Serve bytes as they are, saying that they are packed so."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="text/html", headers={"Content-Encoding": encoding})

    return answer


def bomb(megabytes: int) -> Behaviour:
    """Serve so many megabytes of zeros, packed a thousand times smaller."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    body = b"".join(packer.compress(bytes(2**20)) for _ in range(megabytes)) + packer.flush()
    return packed(body)


def endless() -> Behaviour:
    """Serve bytes until the client goes away."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        while True:
            await response.write(b"x" * PIECE)

    return answer


def hangs(body: bytes = b"") -> Behaviour:
    """Serve these bytes, then stay silent until the client goes away."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        await response.write(body)
        await asyncio.Event().wait()
        return response

    return answer


def then(*behaviours: Behaviour) -> Behaviour:
    """The first behaviour for the first request, and so on; the last one stays."""
    left = list(behaviours)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


# ── the server ───────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class FakeWeb:
    """The server; enter it to start, leave it to stop.

    Attributes:
        pages: What is served, by path (with the query).
        asked: Every request, oldest first.
        resolved: Every host that was looked up with ``resolve``.
    """

    pages: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    port: int = 0
    _runner: web.AppRunner | None = None

    @property
    def exempt(self) -> frozenset[tuple[str, int]]:
        """What a fetcher must be allowed to reach it, by its address and as any of the sites."""
        return frozenset((host, self.port) for host in (LOOPBACK, *SITES))

    def url(self, path: str, host: str = LOOPBACK) -> str:
        """The address of a page."""
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """What was asked for, robots.txt left out."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """A resolver for which every host is this server."""
        self.resolved.append(host)
        return [LOOPBACK]

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        now = asyncio.get_running_loop().time()
        host = request.host.partition(":")[0]
        self.asked.append(Asked(host, request.path_qs, dict(request.headers), now))
        behaviour = self.pages.get(request.path_qs)
        return await behaviour(request) if behaviour else web.Response(status=404, text="no such page")
