"""Every reader on broken files: it yields documents and what it skipped, or says that the file is of no use (B20)."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.ingest.answers import Answers
from adapters.ingest.feeds import Feed
from adapters.ingest.html import Html
from adapters.ingest.links import Listing
from adapters.ingest.markdown import Markdown, Text
from adapters.ingest.packed import Docx, Epub
from adapters.ingest.pdf import Pdf
from adapters.ingest.reading import Item, Reader, Wishes
from adapters.ingest.registry import reader_for
from adapters.ingest.sitemap import Sitemap
from adapters.ingest.subtitles import Subtitles
from adapters.ingest.wire import said, understood
from core.content import Document, Skipped
from core.errors import InvalidInput
from tests.worlds.papers import docx, epub, paragraph, pdf

FEED = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"><channel><language>en</language><item>'
    "<title>Rye &a;</title><link>https://maya.example/1</link><pubDate>Wed, 01 May 2024 10:00:00 GMT</pubDate>"
    "<description>&lt;p&gt;Dark.&lt;/p&gt;</description></item></channel></rss>"
)
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "items": [{"id": "1", "url": "https://maya.example/1", "title": "Rye", "content_html": "<p>Dark.</p>"}],
}
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Rye</title><meta property='
    '"article:published_time" content="2024-05-01"></head><body><article><h1>Rye</h1><p>Rye is dark and good.</p>'
    "<table><tr><td>a<td>b</table><ul><li>c</ul></article></body></html>"
)
SAMPLES: dict[str, tuple[Reader, str, bytes]] = {
    "markdown": (Markdown(), "x.md", b"---\ntitle: T\ndate: 2024-01-01\n---\n# A\n\n*b* [c](d)\n\n> - e\n|a|\n|-|\n"),
    "toml": (Markdown(), "x.md", b'+++\ntitle = "T"\ndate = 2024-01-01\n+++\n# A\n\ntext\n'),
    "text": (Text(), "x.txt", "Größe\n\n你好 and more\r\n\r\nend".encode()),
    "html": (Html(), "x.html", PAGE.encode()),
    "pdf": (Pdf(), "x.pdf", pdf([["Rye is dark.", "And good."], ["Page two."]], title="Rye", language="en")),
    "docx": (Docx(), "x.docx", docx(paragraph("Rye", "Heading1") + paragraph("Dark."), "<dc:title>T</dc:title>")),
    "epub": (Epub(), "x.epub", epub({"a.xhtml": "<h1>One</h1><p>First.</p>"})),
    "srt": (Subtitles(), "x.srt", b"1\n00:00:01,000 --> 00:00:02,500\n<i>Rye</i>\nMAYA: dark.\n\n2\n00:03,0 --> 4"),
    "vtt": (Subtitles(), "x.vtt", b"WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 line:0\n<v Maya>Rye <c>is</c> dark\n"),
    "csv": (Answers(), "x.csv", b'question;answer;date\n"How ""long""?";Two days.;2024-01-01\nB?;C;D\n'),
    "rss": (Feed(), "x.xml", FEED.encode()),
    "json feed": (Feed(), "x.json", json.dumps(JSON_FEED).encode()),
    "sitemap": (Sitemap(), "x.xml", b"<urlset><url><loc>https://maya.example/a</loc></url></urlset>"),
    "sitemap.gz": (Sitemap(), "x.gz", gzip.compress(b"<urlset><url><loc>https://maya.example/a</loc></url></urlset>")),
}  # fmt: skip
SPLICES = (
    b"\x00", b"\xff\xfe", b"<![CDATA[", b"]]>", b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
    b"&#x110000;", b"%PDF-1.7", b"9" * 5000, b"-1", b"[" * 3000, b"<a>" * 500, b'"', b"\n\n", b"PK\x05\x06", b"endobj",
    b"/Length 99999999", b"/Kids [2 0 R]", b"1e999", b"NaN", b"null", b"\xed\xa0\x80", b"--> ",
    b"00:00:00,000 --> 99:99:99,999\n",
)  # fmt: skip


def mutations(sample: bytes) -> st.SearchStrategy[bytes]:
    """The sample with bytes changed, pieces cut out, doubled or moved, and strange things put in."""
    place = st.integers(0, len(sample))
    changed = st.tuples(place, st.binary(min_size=1, max_size=4)).map(
        lambda at: sample[: at[0]] + at[1] + sample[at[0] + len(at[1]) :]
    )
    truncated = place.map(lambda at: sample[:at])
    beheaded = place.map(lambda at: sample[at:])
    spliced = st.tuples(place, st.sampled_from(SPLICES)).map(lambda at: sample[: at[0]] + at[1] + sample[at[0] :])
    moved = st.tuples(place, place, place).map(
        lambda at: sample[: at[0]] + sample[min(at[1:]) : max(at[1:])] + sample[at[0] :]
    )
    return st.one_of(changed, truncated, beheaded, spliced, moved, st.binary(max_size=200))


def repacked(sample: bytes) -> st.SearchStrategy[bytes]:
    """A sound zip with one of its files mutated, so that more than the zip itself is tried."""
    with zipfile.ZipFile(io.BytesIO(sample)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    def packed(choice: tuple[str, bytes]) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in {**parts, choice[0]: choice[1]}.items():
                archive.writestr(name, content)
        return target.getvalue()

    return st.sampled_from(sorted(parts)).flatmap(
        lambda name: st.tuples(st.just(name), mutations(parts[name]))
    ).map(packed)  # fmt: skip


def outcome(job: Callable[[], list[object]]) -> list[object]:
    """What came out, a file of no use included."""
    try:
        return job()
    except InvalidInput as exc:
        return [Skipped("x", str(exc), failed=True)]


def survives(reader: Reader, name: str, raw: bytes, url: str) -> None:
    """Read it as the worker does, and see that only what is allowed comes out."""
    with tempfile.TemporaryDirectory() as folder:
        item = Item(Path(folder) / name, name, url)
        item.path.write_bytes(raw)
        reader_for(item)
        jobs: list[Callable[[], list[object]]] = [lambda: list(reader.read(item, Wishes()))]
        if isinstance(reader, Listing):
            jobs.append(lambda: list(reader.links(item)))
        for job in jobs:
            for one in outcome(job):
                assert understood(said(one)) is not None  # type: ignore[arg-type]
                assert not isinstance(one, Document) or (one.key and one.sections)
                assert not isinstance(one, Skipped) or (one.why and one.count > 0)


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_sample_itself_is_read(kind: str, tmp_path: Path):
    reader, name, raw = SAMPLES[kind]
    item = Item(tmp_path / name, name, "https://maya.example/" if isinstance(reader, Sitemap) else "")
    item.path.write_bytes(raw)
    assert reader.recognises(item)
    found = list(reader.links(item)) if isinstance(reader, Sitemap) else list(reader.read(item, Wishes()))
    assert found
    assert not isinstance(found[0], Skipped)


@pytest.mark.parametrize("kind", SAMPLES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(choice=st.data(), url=st.sampled_from(["", "https://maya.example/"]))
def test_a_broken_file_yields_documents_or_says_what_is_wrong(kind: str, choice: st.DataObject, url: str):
    reader, name, raw = SAMPLES[kind]
    survives(reader, name, choice.draw(mutations(raw)), url)


@pytest.mark.parametrize("kind", ["docx", "epub"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(choice=st.data())
def test_a_broken_part_of_a_zip_yields_documents_or_says_what_is_wrong(kind: str, choice: st.DataObject):
    reader, name, raw = SAMPLES[kind]
    survives(reader, name, choice.draw(repacked(raw)), "")
