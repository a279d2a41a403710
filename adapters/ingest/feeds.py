"""Feeds: RSS, Atom and JSON Feed."""

from __future__ import annotations

import io
import json
import re
import warnings
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.ingest.decoding import beginning, limited
from adapters.ingest.links import Link, same_site
from adapters.ingest.markup import blocks, parsed, text_of
from adapters.ingest.naming import language_tag, moment
from adapters.ingest.outline import documents, sections
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput

MOST_BYTES = 32 * 2**20
ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF|channel)[\s>]", re.IGNORECASE)
JSON_VERSION = re.compile(rb'"version"\s*:\s*"https?:(?:\\?/){2}jsonfeed\.org')
WHOLE_FROM = 800  # characters; a shorter text under a title is a summary, if its page can be read
BROKEN_OFF = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|read more|weiterlesen|leer más|lire la suite)\W*$", re.IGNORECASE
)
TITLE_OF_UNTITLED = 80  # characters


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, whatever the format."""

    id: str
    url: str
    title: str
    html: str
    published: datetime | None
    language: str
    whole: bool  # the format says that this is the full text

    def summary(self, home: str) -> bool:
        """Whether this is only a summary of a page that can be read instead."""
        if self.whole or not self.title or not same_site(self.url, home):
            return False
        text = text_of(self.html)
        return len(text) < WHOLE_FROM or BROKEN_OFF.search(text[-40:]) is not None


class Feed:
    """RSS, Atom or JSON Feed. Of a feed that was fetched, entries that only sum up their pages are left to those."""

    name = "feed"
    partial = True

    def recognises(self, item: Item) -> bool:
        """By how the file begins; media types and names of feeds say little."""
        start = beginning(item.path)
        if start.startswith(b"{"):
            return JSON_VERSION.search(start) is not None
        return start.startswith(b"<") and ROOT.search(start) is not None

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield a document for each entry."""
        summaries = 0
        for entry in _entries(item):
            if item.url and entry.summary(item.url):
                summaries += 1
                continue
            title = entry.title or _first_words(entry.html)
            key = entry.id or entry.url or title
            kind = Kind.PAGE if entry.title else Kind.POST
            head = Document(key, kind, title, (), entry.url, entry.published, entry.language)
            yield from documents(head, sections(blocks(parsed(entry.html)), title=title))
        if summaries:
            yield Skipped(item.key, "summaries in the feed: their pages are read instead", count=summaries)

    def links(self, item: Item) -> Iterator[Link]:
        """Yield the pages behind the entries that are only summaries."""
        urls = (entry.url for entry in _entries(item) if entry.summary(item.url))
        yield from (Link(url) for url in dict.fromkeys(urls))


def _entries(item: Item) -> Iterator[Entry]:
    raw = limited(item.path, MOST_BYTES).read_bytes()
    return _json_entries(raw) if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _xml_entries(raw, item)


def _first_words(source: str) -> str:
    text = " ".join(text_of(source).split())
    return text if len(text) <= TITLE_OF_UNTITLED else text[:TITLE_OF_UNTITLED].rpartition(" ")[0] + " …"


# ── RSS and Atom ─────────────────────────────────────────────────────────────────────────────────


def _xml_entries(raw: bytes, item: Item) -> Iterator[Entry]:
    import feedparser  # noqa: PLC0415  not every item is a feed

    base = {"content-location": item.url} if item.url else {}
    try:
        with warnings.catch_warnings(action="ignore"):
            # As a stream: the library takes a text for an address or a path, if it looks like one.
            feed = feedparser.parse(io.BytesIO(raw), response_headers=base, sanitize_html=False)
    except Exception as exc:  # the library raises anything for broken files
        raise InvalidInput("is no feed that can be understood") from exc
    if not feed.entries and feed.bozo:
        raise InvalidInput("is no feed that can be understood")
    language = language_tag(str(feed.feed.get("language", "")))
    for entry in feed.entries:
        yield _xml_entry(dict(entry), language)  # its own mapping warns of aliases when asked


def _xml_entry(entry: Mapping[str, Any], language: str) -> Entry:
    contents = [part for part in entry.get("content", []) if isinstance(part, Mapping) and part.get("value")]
    readable = [part for part in contents if "html" in str(part.get("type")) or str(part.get("type")) == "text/plain"]
    best = max(readable or contents, key=lambda part: len(str(part["value"])), default={})
    date = entry.get("published_parsed") or entry.get("updated_parsed")
    return Entry(
        str(entry.get("id") or ""),
        _address(entry.get("link")),
        text_of(str(entry.get("title") or "")),
        str(best.get("value") or entry.get("summary") or ""),
        _moment(date),
        language_tag(str(best.get("language") or "")) or language,
        whole=bool(best),
    )


def _moment(parts: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parts), UTC) if parts else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _address(url: Any) -> str:
    return url if isinstance(url, str) and url.startswith(("http://", "https://")) else ""


# ── JSON Feed ────────────────────────────────────────────────────────────────────────────────────


def _json_entries(raw: bytes) -> Iterator[Entry]:
    try:
        feed = json.loads(raw.decode("utf-8-sig", "replace"))
        items = feed["items"]
    except (ValueError, RecursionError, KeyError, TypeError) as exc:
        raise InvalidInput("is no JSON Feed that can be understood") from exc
    language = language_tag(_text(feed, "language"))
    for entry in items if isinstance(items, list) else []:
        if isinstance(entry, Mapping):
            yield _json_entry(entry, language)


def _json_entry(entry: Mapping[str, Any], language: str) -> Entry:
    full = _text(entry, "content_html") or _as_html(_text(entry, "content_text"))
    return Entry(
        str(entry.get("id") or ""),
        _address(entry.get("url")),
        _text(entry, "title").strip(),
        full or _as_html(_text(entry, "summary")),
        moment(_text(entry, "date_published")),
        language_tag(_text(entry, "language")) or language,
        whole=bool(full),
    )


def _text(source: Mapping[str, Any], name: str) -> str:
    value = source.get(name)
    return value if isinstance(value, str) else ""


def _as_html(text: str) -> str:
    if not text:
        return ""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"<p>{part}</p>" for part in escaped.split("\n\n")).replace("\n", "<br>")
