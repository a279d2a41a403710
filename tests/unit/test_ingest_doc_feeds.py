"""Feeds and sitemaps."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.ingest.feeds import Feed
from adapters.ingest.links import Link, same_site
from adapters.ingest.reading import Item, Wishes
from adapters.ingest.sitemap import Sitemap
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput

HOME = "https://maya.example/feed"
FULL = "<p>Rye is <b>dark</b>.</p><h2>Why</h2><p>Bran &amp; all.</p><script>steal()</script>"
RSS = f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Maya bakes</title><link>https://maya.example</link><language>en-gb</language>
<item><title>Rye</title><link>https://maya.example/rye</link><guid>tag:1</guid>
<pubDate>Wed, 01 May 2024 10:00:00 +0200</pubDate><description>Short.</description>
<content:encoded><![CDATA[{FULL}]]></content:encoded></item>
<item><title>Wheat</title><link>https://maya.example/wheat</link><guid>tag:2</guid>
<description>Wheat is light and … read more</description></item>
<item><title>Elsewhere</title><link>https://elsewhere.example/x</link><guid>tag:3</guid>
<description>Look at this.</description></item>
<item><guid>tag:4</guid><link>https://maya.example/4</link><description>Just a thought.</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>t</title><entry><id>urn:1</id>
<title>Roggen</title><link href="https://maya.example/roggen"/><updated>2024-05-01T08:00:00Z</updated>
<content type="html">&lt;p&gt;Dunkel.&lt;/p&gt;</content></entry></feed>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "language": "fr",
    "items": [
        {"id": "1", "url": "https://maya.example/1", "title": "Seigle", "content_html": "<p>Sombre.</p>"},
        {"id": "2", "content_text": "Une pensée.\n\nEt une autre <3", "date_published": "2024-05-01T08:00:00Z"},
        {"id": "3", "url": "https://maya.example/3", "title": "Blé", "summary": "Clair."},
        "nonsense",
    ],
}
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def item(folder: Path, content: str | bytes, url: str = "") -> Item:
    path = folder / "list"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Item(path, "list", url)


def documents(found: list[Document | Skipped]) -> list[Document]:
    return [one for one in found if isinstance(one, Document)]


def test_entries_of_a_feed_become_documents(tmp_path: Path):
    feed = item(tmp_path, RSS)
    assert Feed().recognises(feed)
    rye, *others = documents(list(Feed().read(feed, Wishes())))
    assert (rye.key, rye.title, rye.url, rye.language) == ("tag:1", "Rye", "https://maya.example/rye", "en-gb")
    assert rye.published == datetime(2024, 5, 1, 8, tzinfo=UTC)
    assert [(one.heading, one.text) for one in rye.sections] == [("", "Rye is dark."), ("Why", "Bran & all.")]
    assert [one.kind for one in others] == [Kind.PAGE, Kind.PAGE, Kind.POST]
    assert others[-1].title == "Just a thought."


def test_of_a_fetched_feed_summaries_are_left_to_their_pages(tmp_path: Path):
    feed = item(tmp_path, RSS, HOME)
    found = list(Feed().read(feed, Wishes()))
    assert [one.key for one in documents(found)] == ["tag:1", "tag:3", "tag:4"]
    assert [(one.count, one.failed) for one in found if isinstance(one, Skipped)] == [(1, False)]
    assert list(Feed().links(feed)) == [Link("https://maya.example/wheat")]


def test_atom_is_read(tmp_path: Path):
    (found,) = documents(list(Feed().read(item(tmp_path, ATOM), Wishes())))
    assert (found.key, found.title, found.language, found.sections[0].text) == ("urn:1", "Roggen", "de", "Dunkel.")


def test_json_feed_is_read(tmp_path: Path):
    feed = item(tmp_path, json.dumps(JSON_FEED))
    assert Feed().recognises(feed)
    found = documents(list(Feed().read(feed, Wishes())))
    assert [(one.title, one.sections[0].text) for one in found] == [
        ("Seigle", "Sombre."),
        ("Une pensée. Et une autre <3", "Une pensée.\n\nEt une autre <3"),
        ("Blé", "Clair."),
    ]
    assert list(Feed().links(item(tmp_path, json.dumps(JSON_FEED), HOME))) == [Link("https://maya.example/3")]


def test_entities_of_a_feed_are_harmless(tmp_path: Path):
    (tmp_path / "secret").write_text("TOP SECRET")
    doctype = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    bad = RSS.replace('<?xml version="1.0"?>', doctype).replace("Just a thought.", "a &x; &l9; b")
    text = str(list(Feed().read(item(tmp_path, bad), Wishes())))
    assert "SECRET" not in text
    assert "lollollol" not in text
    assert "Rye is dark." in text


@pytest.mark.parametrize("raw", ["<rss><chann", '{"version": "https://jsonfeed.org/version/1"}', "<feed <<<"])
def test_a_broken_feed_says_so(tmp_path: Path, raw: str):
    with pytest.raises(InvalidInput, match=r"no (?:JSON F|f)eed"):
        list(Feed().read(item(tmp_path, raw), Wishes()))


SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://maya.example/a</loc><lastmod>2024-01-01</lastmod></url>
<url><loc> https://blog.maya.example/b </loc></url><url><loc>https://maya.example/a</loc></url>
<url><loc>https://elsewhere.example/c</loc></url><url><loc>javascript:alert(1)</loc></url></urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://maya.example/s1.xml.gz</loc></sitemap></sitemapindex>"""


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_sitemap_names_the_pages_of_its_own_site(tmp_path: Path, pack: Callable[[bytes], bytes]):
    sitemap = item(tmp_path, pack(SITEMAP.encode()), HOME)
    assert Sitemap().recognises(sitemap)
    assert list(Sitemap().links(sitemap)) == [Link("https://maya.example/a"), Link("https://blog.maya.example/b")]


def test_an_index_names_further_sitemaps(tmp_path: Path):
    assert list(Sitemap().links(item(tmp_path, INDEX, HOME))) == [Link("https://maya.example/s1.xml.gz", listing=True)]


def test_entities_of_a_sitemap_are_harmless(tmp_path: Path):
    bad = f'<!DOCTYPE urlset [<!ENTITY l0 "lol">{LAUGHS}]>' + SITEMAP[21:].replace("/a", "/&l9;", 1)
    assert all(len(link.url) < 1000 for link in Sitemap().links(item(tmp_path, bad, HOME)))


def test_a_gzip_bomb_as_a_sitemap_is_stopped(tmp_path: Path):
    bomb = gzip.compress(b"<urlset>" + b" " * (80 * 2**20))
    with pytest.raises(InvalidInput, match="more than"):
        list(Sitemap().links(item(tmp_path, bomb, HOME)))


def test_a_sitemap_in_a_folder_says_to_give_its_address(tmp_path: Path):
    (found,) = Sitemap().read(item(tmp_path, SITEMAP), Wishes())
    assert isinstance(found, Skipped)
    assert "address" in found.why


def test_a_site_is_its_host_and_what_is_below():
    assert same_site("https://www.maya.example/x", "http://maya.example")
    assert same_site("https://blog.maya.example", "https://www.maya.example")
    assert not same_site("https://notmaya.example", "https://maya.example")
    assert not same_site("https://maya.example.evil.example", "https://maya.example")
    assert not same_site("ftp://maya.example", "https://maya.example")
