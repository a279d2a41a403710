"""From what a creator types to items and documents: folders, pages, feeds, sitemaps."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest

from adapters.ingest.fetch import Fetcher, Validators
from adapters.ingest.reading import Item, Wishes
from adapters.ingest.sandbox import Sandbox
from adapters.ingest.sources import Gathered, Gathering, Unchanged, gather
from core.content import Document, Skipped
from core.errors import InvalidInput
from tests.worlds.web import FakeWeb, page, redirect

pytestmark = pytest.mark.timeout(300)
HOST = "maya.example"


def article(title: str) -> str:
    sentences = f"{title} is a bread that keeps for a week and tastes of the land it comes from. " * 5
    return f"<html><body><article><h1>{title}</h1><p>{sentences}</p></article></body></html>"


@pytest.fixture
async def web() -> AsyncGenerator[FakeWeb]:
    async with FakeWeb() as web:
        yield web


@pytest.fixture
async def fetcher(web: FakeWeb) -> AsyncGenerator[Fetcher]:
    async with Fetcher(exempt=web.exempt, interval=0, resolve=web.resolve) as fetcher:
        yield fetcher


@pytest.fixture
async def sandbox() -> AsyncGenerator[Sandbox]:
    async with Sandbox(deadline=60) as sandbox:
        yield sandbox


class Ingestion:
    """Gathers sources and reads their items, as the composition does."""

    def __init__(self, fetcher: Fetcher, sandbox: Sandbox, scratch: Path) -> None:
        self.fetcher = fetcher
        self.sandbox = sandbox
        self.scratch = scratch

    def gather(self, source: str, known: Mapping[str, Validators] | None = None) -> Gathering:
        return gather(source, web=self.fetcher, sandbox=self.sandbox, known=known, scratch=self.scratch)

    async def items(self, gathering: Gathering) -> list[Gathered]:
        return [one async for one in gathering]

    async def read(self, gathering: Gathering) -> list[Document | Skipped | Unchanged]:
        found: list[Document | Skipped | Unchanged] = []
        async for one in gathering:
            if isinstance(one, Item):
                assert one.path.exists()
                found += [answer async for answer in self.sandbox.read(one, Wishes())]
            else:
                found.append(one)
        assert list(self.scratch.iterdir()) == [], "what was fetched is deleted"
        return found


@pytest.fixture
def ingestion(fetcher: Fetcher, sandbox: Sandbox, tmp_path: Path) -> Ingestion:
    (tmp_path / "scratch").mkdir()
    return Ingestion(fetcher, sandbox, tmp_path / "scratch")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("b.md", "a.txt", "deep/c.md", "deep/er/d.html", ".hidden.md", ".git/config.md", "~$lock.docx"):
        (folder / name).write_text("Text.")
    return folder


def documents(found: list[Document | Skipped | Unchanged]) -> list[str]:
    return [one.title for one in found if isinstance(one, Document)]


# ── the disk ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_folder_is_walked_in_order_without_what_is_hidden(ingestion: Ingestion, folder: Path):
    gathering = ingestion.gather(str(folder))
    assert [one.key for one in await ingestion.items(gathering)] == ["a.txt", "b.md", "deep/c.md", "deep/er/d.html"]
    assert (gathering.total, gathering.complete) == (4, True)


async def test_links_out_of_a_folder_are_not_followed(ingestion: Ingestion, folder: Path, tmp_path: Path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "diary.md").write_text("Dear diary")
    (folder / "link.md").symlink_to(tmp_path / "secret" / "diary.md")
    (folder / "loop").symlink_to(folder)
    (folder / "out").symlink_to(tmp_path / "secret")
    found = await ingestion.items(ingestion.gather(str(folder)))
    assert sorted(one.key for one in found if isinstance(one, Skipped)) == ["link.md", "loop", "out"]
    assert len([one for one in found if isinstance(one, Item)]) == 4


async def test_one_file_is_one_item(ingestion: Ingestion, folder: Path):
    gathering = ingestion.gather(str(folder / "b.md"))
    assert [one.key for one in await ingestion.items(gathering)] == ["b.md"]


async def test_a_path_where_nothing_is_says_so(ingestion: Ingestion, tmp_path: Path):
    with pytest.raises(InvalidInput, match="no such file or folder"):
        await ingestion.items(ingestion.gather(str(tmp_path / "nowhere")))


# ── the web ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_page_becomes_a_document(ingestion: Ingestion, web: FakeWeb):
    web.pages["/rye"] = page(article("Rye"))
    gathering = ingestion.gather(web.url("/rye", HOST))
    (found,) = await ingestion.read(gathering)
    assert isinstance(found, Document)
    assert (found.title, found.key, found.url) == ("Rye", web.url("/rye", HOST), web.url("/rye", HOST))
    assert (gathering.total, gathering.complete) == (1, True)


async def test_a_page_that_is_as_it_was_is_not_read_again(ingestion: Ingestion, web: FakeWeb):
    url = web.url("/rye", HOST)
    web.pages["/rye"] = page(article("Rye"), etag='"1"')
    first = ingestion.gather(url)
    assert documents(await ingestion.read(first)) == ["Rye"]
    again = ingestion.gather(url, first.validators)
    assert await ingestion.read(again) == [Unchanged(url)]
    assert again.validators == first.validators == {url: Validators('"1"')}


async def test_a_page_that_fails_is_skipped_with_its_reason(ingestion: Ingestion, web: FakeWeb):
    (gone,) = await ingestion.items(ingestion.gather(web.url("/gone", HOST)))
    assert isinstance(gone, Skipped)
    assert not gone.failed, "what is not there any more may be forgotten"
    gathering = ingestion.gather("http://169.254.169.254/")
    (refused,) = await ingestion.items(gathering)
    assert isinstance(refused, Skipped)
    assert (refused.failed, gathering.complete) == (True, False)


FEED = """<rss version="2.0"><channel><title>t</title>
<item><title>Whole</title><guid>1</guid><link>{home}/whole</link><description>{long}</description></item>
<item><title>Rye</title><guid>2</guid><link>{home}/rye</link><description>In short …</description></item>
<item><title>Gone</title><guid>3</guid><link>{home}/gone</link><description>In short …</description></item>
<item><title>Away</title><guid>4</guid><link>{home}/away</link><description>In short …</description></item>
</channel></rss>"""


async def test_of_a_feed_whole_entries_are_taken_and_pages_behind_summaries(ingestion: Ingestion, web: FakeWeb):
    home = web.url("", HOST)
    web.pages["/feed"] = page(FEED.format(home=home, long="Word. " * 200), "application/rss+xml", etag='"1"')
    web.pages["/rye"] = page(article("Rye"))
    web.pages["/away"] = redirect(web.url("/there", "elsewhere.example"))
    web.pages["/there"] = page(article("Somebody else's"))
    gathering = ingestion.gather(f"{home}/feed")
    found = await ingestion.read(gathering)
    assert documents(found) == ["Whole", "Rye"]
    assert {one.key: one.why for one in found if isinstance(one, Skipped)} == {
        f"{home}/feed": "summaries in the feed: their pages are read instead",
        f"{home}/gone": "is not there any more (HTTP 404)",
        f"{home}/away": "leads to another site",
    }
    assert gathering.total == 4
    assert not gathering.complete, "a feed names only its newest entries"
    assert f"{home}/feed" not in gathering.validators, "a list is always read anew"


def sitemap(*urls: str, tag: str = "url") -> str:
    inner = "".join(f"<{tag}><loc>{url}</loc></{tag}>" for url in urls)
    root = "urlset" if tag == "url" else "sitemapindex"
    return f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</{root}>'


async def test_the_pages_of_a_sitemap_index_are_read(ingestion: Ingestion, web: FakeWeb):
    home = web.url("", HOST)
    index = sitemap(f"{home}/s1.xml", f"{home}/s2.xml", f"{home}/index.xml", tag="sitemap")
    web.pages["/index.xml"] = page(index, "application/xml")
    web.pages["/s1.xml"] = page(sitemap(f"{home}/rye", f"{home}/wheat", "http://10.0.0.1/"), "application/xml")
    web.pages["/s2.xml"] = page(sitemap(f"{home}/rye", f"{home}/spelt"), "application/xml")
    web.pages |= {f"/{name}": page(article(name.title())) for name in ("rye", "wheat", "spelt")}
    gathering = ingestion.gather(f"{home}/index.xml")
    found = await ingestion.read(gathering)
    assert documents(found) == ["Rye", "Wheat", "Spelt"]
    assert (gathering.total, gathering.complete) == (4, True)
    assert sorted(gathering.validators) == [f"{home}/{name}" for name in ("rye", "spelt", "wheat")]


async def test_a_sitemap_that_cannot_be_read_leaves_what_is_known(ingestion: Ingestion, web: FakeWeb):
    home = web.url("", HOST)
    web.pages["/index.xml"] = page(sitemap(f"{home}/s1.xml", f"{home}/s2.xml", tag="sitemap"), "application/xml")
    web.pages["/s1.xml"] = page(sitemap(f"{home}/rye"), "application/xml")
    web.pages["/s2.xml"] = page("", status=403)
    web.pages["/rye"] = page(article("Rye"))
    gathering = ingestion.gather(f"{home}/index.xml")
    assert documents(await ingestion.read(gathering)) == ["Rye"]
    assert not gathering.complete


async def test_a_file_on_the_web_is_read_by_what_it_is(ingestion: Ingestion, web: FakeWeb):
    web.pages["/notes"] = page("# Rye\n\nDark.", "text/markdown")
    web.pages["/plain"] = page("Just text.", "text/plain")
    assert documents(await ingestion.read(ingestion.gather(web.url("/notes", HOST)))) == ["Rye"]
    assert len(documents(await ingestion.read(ingestion.gather(web.url("/plain", HOST))))) == 1
