"""WordPress's own export (WXR, an RSS with everything in it): published posts and pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from lxml import etree

from adapters.ingest.archive import glimpse, open_archive
from adapters.ingest.exports.gathering import WORDLESS, Gathering
from adapters.ingest.exports.posts import LONGEST_TITLE, folded, names_of, tag, web
from adapters.ingest.markup import blocks, parsed
from adapters.ingest.naming import moment
from adapters.ingest.outline import documents, sections
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput
from core.text import clean

MARKS = (b"wordpress.org/export/", b"WordPress eXtended RSS")
SNIFFED = 8 * 1024  # bytes; the file begins with a long comment
CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")  # WordPress writes them, XML forbids them
KINDS = {"post": Kind.PAGE, "page": Kind.PAGE}
CONTENT, CREATOR = "{http://purl.org/rss/1.0/modules/content/}encoded", "{http://purl.org/dc/elements/1.1/}creator"
MOST_AUTHORS = 10_000
ATTACHED, OTHER = "attachments", "menus, forms and other things that are no posts"
LIST_ITEM = "item"
BULKY = {"comment", "postmeta"}
NO_DATE = "0000"

NAME = r"[A-Za-z][\w-]{0,60}"
WITH_VALUES = re.compile(rf"\[{NAME}[ \t][^\[\]<>]{{0,2000}}=[^\[\]<>]{{0,2000}}\]")
CLOSING = re.compile(rf"\[/({NAME})\]")
BARE = re.compile(rf"\[({NAME})[ \t]?/?\]")
KNOWN = {"gallery", "audio", "video", "playlist", "embed", "caption", "contact-form", "contact-form-7", "toc", "more"}
PARAGRAPHS = re.compile(r"<(?:p|div|ul|ol|h[1-6]|table)\b", re.IGNORECASE)
BLANK_LINE = re.compile(r"\r?\n[ \t]*\r?\n")


class WordPressExport:
    """Published posts and pages; no drafts, private or protected posts, comments or attachments."""

    name = "WordPress export"

    def recognises(self, item: Item) -> bool:
        """By what a WXR file says of itself in its beginning, alone or in a zip."""
        names = glimpse(item.path)
        listed = [name for name in names if name.endswith(".xml")]
        if not listed or item.path.is_dir() or len(listed) < len(names):
            return False
        try:
            with open_archive(item.path) as archive, archive.open(listed[0]) as source:
                head = source.read(SNIFFED)
        except (InvalidInput, KeyError):
            return False
        return any(mark in head for mark in MARKS)

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:
        """Yield posts and pages; see ``Reader``."""
        with open_archive(item.path) as archive:
            names = [name for name in archive.names if name.endswith(".xml")]
            if not names:
                raise InvalidInput("holds no XML file; export all content from WordPress (Tools, Export) again")
            gathering = Gathering()
            site = _Site(names_of(wishes), gathering)
            yield from gathering.files(archive, names, site.documents)
            yield from gathering.rest()


class _Site:
    def __init__(self, creator: frozenset[str], gathering: Gathering) -> None:
        self._creator, self._gathering = creator, gathering
        self._authors: dict[str, set[str]] = {}  # login, with all names that the author has
        self._language = ""

    def documents(self, source: IO[bytes]) -> Iterator[Document]:
        events = etree.iterparse(
            _Cleaned(source),
            events=("end",),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
            huge_tree=False,
        )
        try:
            for _, element in events:
                yield from self._met(element)
        except etree.XMLSyntaxError as exc:
            raise InvalidInput(f"is damaged from line {exc.lineno or 1} on; export it again") from exc

    def _met(self, element: etree._Element) -> Iterator[Document]:
        name = _local(element)
        if name == "language":
            self._language = tag((element.text or "").strip())
        elif name == "author" and len(self._authors) < MOST_AUTHORS:
            names = {folded(child.text or "") for child in element if _local(child).startswith("author_")}
            self._authors[folded(_text(element, "author_login"))] = names
        elif name == LIST_ITEM:
            yield from self._item(element)
        parent = element.getparent()
        if parent is not None and _local(parent) == "channel":
            _forget(element, parent)
        elif name in BULKY:
            element.clear()

    def _item(self, item: etree._Element) -> Iterator[Document]:
        key, why = _text(item, "post_id"), _against(item)
        if why:
            self._gathering.leave(key, why)
            return
        for found in self._parts(item, key):
            if isinstance(found, Document):
                yield found
            else:
                self._gathering.leave(key, WORDLESS)

    def _parts(self, item: etree._Element, key: str) -> Iterator[Document | Skipped]:
        title = clean(_text(item, "title"), 4 * LONGEST_TITLE)
        head = Document(
            f"wordpress/{key}",
            KINDS[_text(item, "post_type")],
            title or _text(item, "post_name").replace("-", " ").capitalize() or key,
            (),
            url=web(_text(item, "link")),
            published=_published(item),
            language=self._language,
            own_words=self._wrote(folded(item.findtext(CREATOR) or "")),
        )
        page = without_shortcodes(item.findtext(CONTENT) or "")
        if not PARAGRAPHS.search(page):
            page = BLANK_LINE.sub("<p>", page)
        yield from documents(head, sections(blocks(parsed(page)), title=title))

    def _wrote(self, author: str) -> bool:
        """With one author, that is the creator; of several it is the one they named."""
        if len(self._authors) <= 1:
            return True
        return bool(self._creator & (self._authors.get(author, set()) | {author}))


def without_shortcodes(text: str) -> str:
    """The text without shortcodes: what such a tag encloses stays, and so do words that only stand in brackets."""
    text = WITH_VALUES.sub("", text)
    closed = {match[1] for match in CLOSING.finditer(text)} | KNOWN
    text = CLOSING.sub("", text)
    return BARE.sub(lambda match: "" if match[1] in closed or "_" in match[1] else match[0], text)


def _against(item: etree._Element) -> str:
    """Why this is not taken."""
    kind, status = _text(item, "post_type"), _text(item, "status")
    if kind not in KINDS:
        return ATTACHED if kind == "attachment" else OTHER
    if status == "private" or _text(item, "post_password"):
        return "private or protected by a password"
    return "" if status == "publish" else "drafts, planned or deleted"


def _published(item: etree._Element) -> datetime | None:
    text = _text(item, "post_date_gmt")
    return moment(_text(item, "pubDate") if not text or text.startswith(NO_DATE) else text)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: etree._Element, name: str) -> str:
    """The text of a child, whatever the version of WordPress's namespace."""
    return next(((child.text or "").strip() for child in element if _local(child) == name), "")


def _forget(element: etree._Element, parent: etree._Element) -> None:
    """Give back the memory of an element and of all before it."""
    element.clear()
    while element.getprevious() is not None:
        del parent[0]


class _Cleaned:
    """A file without the control characters that no XML may have, and without a document type."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._begun = False

    def read(self, size: int) -> bytes:
        while piece := self._source.read(size):
            if not self._begun and b"<!DOCTYPE" in piece.partition(b"<rss")[0]:
                raise InvalidInput("declares a document type; this is no export as WordPress writes it")
            self._begun = True
            if cleaned := piece.translate(None, CONTROLS):
                return cleaned
        return b""
