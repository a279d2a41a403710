"""Sitemaps and sitemap indexes, packed with gzip or not."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from adapters.ingest.decoding import beginning
from adapters.ingest.links import Link, same_site
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Skipped
from core.errors import InvalidInput

ROOT = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
GZIP = b"\x1f\x8b"
MOST_BYTES = 64 * 2**20  # unpacked; the protocol allows 50 MB
MOST_LINKS = 50_000  # the protocol's limit for one file


class Sitemap:
    """A list of a site's pages. It holds no content of its own."""

    name = "sitemap"
    partial = False

    def recognises(self, item: Item) -> bool:
        """By how the file begins."""
        try:
            with _opened(item) as source:
                return ROOT.search(source.read(2048)) is not None
        except (OSError, EOFError, zlib.error):
            return False

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield nothing of a fetched sitemap, whose pages are items of their own; say so of a file."""
        if not item.url:
            yield Skipped(item.key, "a sitemap: give its address on the web, and its pages are read")

    def links(self, item: Item) -> Iterator[Link]:
        """Yield the pages of this site, and further sitemaps."""
        try:
            with _opened(item) as source:
                yield from _links(_Bounded(source), item.url)
        except (OSError, EOFError, zlib.error, etree.LxmlError, ValueError) as exc:
            raise InvalidInput("is no sitemap that can be understood") from exc


class _Bounded:
    """A stream that ends in an error where it is too long."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._left = MOST_BYTES

    def read(self, size: int) -> bytes:
        read = self._source.read(size)
        self._left -= len(read)
        if self._left < 0:
            raise InvalidInput(f"is a sitemap of more than {MOST_BYTES // 2**20} MB")
        return read


def _opened(item: Item) -> IO[bytes]:
    source: Any = gzip.open if beginning(item.path).startswith(GZIP) else open
    opened: IO[bytes] = source(item.path, "rb")
    return opened


def _links(source: _Bounded, home: str) -> Iterator[Link]:
    seen: set[str] = set()
    walk = etree.iterparse(
        source, events=("end",), resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_pis=True
    )
    for _, element in walk:
        if not isinstance(element.tag, str):
            continue
        if etree.QName(element).localname == "loc" and element.getparent() is not None:
            parent = etree.QName(element.getparent()).localname
            url = (element.text or "").strip()
            if parent in {"url", "sitemap"} and url not in seen and same_site(url, home):
                seen.add(url)
                yield Link(url, listing=parent == "sitemap")
        elif etree.QName(element).localname in {"url", "sitemap"}:
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        if len(seen) == MOST_LINKS:
            return
