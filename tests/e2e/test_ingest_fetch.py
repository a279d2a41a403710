"""Fetching from a real server: only public addresses, bounded, polite (B15, B16)."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator, Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.ingest.fetch import AGENT, MOST_BYTES, Fetcher, Page, Validators
from core.errors import InvalidInput, NotFound, Unavailable
from tests.worlds.web import Behaviour, FakeWeb, bomb, endless, hangs, packed, page, redirect, then

HELLO = "<p>Hello.</p>"


@pytest.fixture
async def web() -> AsyncGenerator[FakeWeb]:
    async with FakeWeb() as web:
        yield web


@pytest.fixture
async def fetcher(web: FakeWeb) -> AsyncGenerator[Fetcher]:
    async with Fetcher(exempt=web.exempt, interval=0, deadline=20, resolve=web.resolve) as fetcher:
        yield fetcher


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "page"


def content(path: Path) -> bytes:
    return path.read_bytes()


async def got(fetcher: Fetcher, url: str, to: Path, known: Validators | None = None) -> Page:
    found = await fetcher.get(url, to, known)
    assert found is not None
    return found


async def test_a_page_arrives_in_a_file_with_its_type_and_validators(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/a?b=c"] = page(HELLO, "Text/HTML", etag='"1"', modified="Wed, 01 May 2024 10:00:00 GMT")
    found = await got(fetcher, web.url("/a?b=c#d"), to)
    assert content(to) == HELLO.encode()
    assert found.media_type == "text/html"
    assert found.validators == Validators('"1"', "Wed, 01 May 2024 10:00:00 GMT")
    assert web.asked[-1].headers["User-Agent"] == AGENT
    assert AGENT.startswith("Stagedoor/")


async def test_what_has_not_changed_is_not_sent_again(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/a"] = page(HELLO, etag='"1"')
    assert await fetcher.get(web.url("/a"), to, Validators('"1"')) is None
    assert await fetcher.get(web.url("/a"), to, Validators('"0"')) is not None


# ── where it may go (B15) ────────────────────────────────────────────────────────────────────────


async def test_a_host_is_resolved_once_and_reached_at_that_address(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/a"] = page(HELLO)
    await got(fetcher, web.url("/a", "maya.example"), to)
    assert set(web.resolved) == {"maya.example"}
    assert len(web.resolved) == 1, "robots.txt and the page share one connection, and so one resolution"
    assert web.asked[-1].host == "maya.example"


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::ffff:169.254.169.254"], ["fd00::1"], ["2002:7f00:1::"]],
)
async def test_a_name_with_any_private_address_is_refused(addresses: Sequence[str], to: Path):
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    async with Fetcher(interval=0, resolve=resolve) as fetcher:
        with pytest.raises(InvalidInput, match="private or special"):
            await fetcher.get("http://innocent.example/", to)


async def test_an_answer_that_changes_between_two_looks_gains_nothing(web: FakeWeb, to: Path):
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    exempt = frozenset({("127.0.0.1", web.port), ("rebinds.example", web.port)}) - {("10.0.0.1", web.port)}
    web.pages["/a"] = page(HELLO)
    async with Fetcher(exempt=exempt, interval=0, resolve=resolve) as fetcher:
        await got(fetcher, web.url("/a", "rebinds.example"), to)
    assert answers == [["10.0.0.1"]], "nobody asked a second time"


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "file:///etc/passwd",
     "http://user:secret@maya.example/", "http://2130706433/", "ftp://maya.example/", "http://maya.example:22/"],
)  # fmt: skip
async def test_each_redirect_is_checked_again(web: FakeWeb, fetcher: Fetcher, to: Path, target: str):
    web.pages["/a"] = redirect(target)
    with pytest.raises(InvalidInput):
        await fetcher.get(web.url("/a"), to)
    assert web.paths() == ["/a"]


async def test_five_redirects_are_followed_and_six_are_not(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages |= {f"/{number}": redirect(f"{number - 1}") for number in range(1, 7)}
    web.pages["/0"] = page(HELLO)
    assert (await got(fetcher, web.url("/5"), to)).url == web.url("/0")
    with pytest.raises(InvalidInput, match="redirects"):
        await fetcher.get(web.url("/6"), to)


async def test_cookies_are_not_kept(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/a"] = page(HELLO, headers={"Set-Cookie": "id=1; Path=/"})
    await got(fetcher, web.url("/a"), to)
    await got(fetcher, web.url("/a"), to)
    assert "Cookie" not in web.asked[-1].headers


# ── how much and how long (B16) ──────────────────────────────────────────────────────────────────


async def test_an_endless_page_is_stopped(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/a"] = endless()
    with pytest.raises(InvalidInput, match="longer than 10 MB"):
        await fetcher.get(web.url("/a"), to)
    assert len(content(to)) <= MOST_BYTES


async def test_a_compressed_bomb_is_stopped(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/a"] = bomb(megabytes=200)
    with pytest.raises(InvalidInput, match="longer than 10 MB"):
        await fetcher.get(web.url("/a"), to)
    assert len(content(to)) <= MOST_BYTES


@pytest.mark.parametrize("behaviour", [hangs(), hangs(b"<p>He")])
async def test_a_slow_page_is_stopped_at_its_deadline(web: FakeWeb, to: Path, behaviour: Behaviour):
    web.pages["/a"] = behaviour
    async with Fetcher(exempt=web.exempt, interval=0, deadline=0.5) as fetcher:
        with pytest.raises(Unavailable, match="did not arrive"):
            async with asyncio.timeout(30):
                await fetcher.get(web.url("/a"), to)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_compressed_pages_are_unpacked(
    web: FakeWeb, fetcher: Fetcher, to: Path, encoding: str, pack: Callable[[bytes], bytes]
):
    web.pages["/a"] = packed(pack(b"<p>" + b"Rye. " * 50_000), encoding)
    await got(fetcher, web.url("/a"), to)
    assert content(to) == b"<p>" + b"Rye. " * 50_000


@pytest.mark.parametrize(
    "behaviour",
    [packed(b"not gzip at all"), packed(b"?", "br"), page(b"\x89PNG", "image/png"), page(HELLO, status=403)],
)
async def test_what_cannot_be_read_is_refused(web: FakeWeb, fetcher: Fetcher, to: Path, behaviour: Behaviour):
    web.pages["/a"] = behaviour
    with pytest.raises(InvalidInput):
        await fetcher.get(web.url("/a"), to)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_page_that_is_gone_is_not_there(web: FakeWeb, fetcher: Fetcher, to: Path, status: int):
    web.pages["/a"] = page("", status=status)
    with pytest.raises(NotFound):
        await fetcher.get(web.url("/a"), to)


async def test_a_busy_server_is_asked_once_more_as_it_told(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/a"] = then(page("", status=503, headers={"Retry-After": "0"}), page(HELLO))
    await got(fetcher, web.url("/a"), to)
    web.pages["/b"] = page("", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(Unavailable) as raised:
        await fetcher.get(web.url("/b"), to)
    assert raised.value.retry_after == 3600
    assert web.paths() == ["/a", "/a", "/b"]


async def test_a_server_that_is_not_there_is_unavailable(to: Path):
    async with Fetcher(exempt=frozenset({("127.0.0.1", 1)}), interval=0) as fetcher:
        with pytest.raises(Unavailable, match="could not be reached"):
            await fetcher.get("http://127.0.0.1:1/", to)


# ── manners ──────────────────────────────────────────────────────────────────────────────────────


async def test_robots_txt_is_obeyed_and_asked_for_once(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/robots.txt"] = page("User-agent: Stagedoor\nDisallow: /private\n", "text/plain")
    web.pages["/open"] = page(HELLO)
    await got(fetcher, web.url("/open"), to)
    with pytest.raises(InvalidInput, match=r"robots\.txt"):
        await fetcher.get(web.url("/private/x"), to)
    assert [asked.path for asked in web.asked] == ["/robots.txt", "/open"]


async def test_a_redirect_into_what_robots_txt_forbids_is_not_followed(web: FakeWeb, fetcher: Fetcher, to: Path):
    web.pages["/robots.txt"] = page("User-agent: *\nDisallow: /private\n", "text/plain")
    web.pages["/a"] = redirect("/private")
    with pytest.raises(InvalidInput, match=r"robots\.txt"):
        await fetcher.get(web.url("/a"), to)


@pytest.mark.parametrize("behaviour", [endless(), page("\x00\xff" * 99, "text/plain"), page("", status=403)])
async def test_a_strange_robots_txt_stops_nothing(web: FakeWeb, fetcher: Fetcher, to: Path, behaviour: Behaviour):
    web.pages["/robots.txt"] = behaviour
    web.pages["/a"] = page(HELLO)
    assert (await got(fetcher, web.url("/a"), to)).url == web.url("/a")


async def test_requests_to_one_host_keep_their_distance(web: FakeWeb, tmp_path: Path):
    web.pages |= {f"/{number}": page(HELLO) for number in range(3)}
    async with Fetcher(exempt=web.exempt, interval=0.2) as fetcher:
        await asyncio.gather(*(fetcher.get(web.url(f"/{number}"), tmp_path / str(number)) for number in range(3)))
    times = sorted(asked.at for asked in web.asked)
    assert times[-1] - times[0] >= 0.2 * (len(times) - 2)
    assert all(later - sooner > 0.02 for sooner, later in pairwise(times[1:]))
