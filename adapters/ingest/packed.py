"""DOCX and EPUB: zips with XML inside."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

from lxml import etree

from adapters.ingest.archive import Archive, open_archive
from adapters.ingest.markup import blocks, parsed
from adapters.ingest.naming import date_in, ends_with, language_tag, moment, title_of
from adapters.ingest.outline import Block, documents, sections
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Section, Skipped
from core.errors import InvalidInput

MOST_UNPACKED = 512 * 2**20  # bytes of all parts together
LARGEST_PART = 32 * 2**20  # bytes of one chapter or one list
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EPUB_TYPE = "application/epub+zip"
DOCX_PARTS = (".xml", ".rels")  # all that its text depends on; pictures and attachments stay behind
CHAPTERS = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}
FONTS = {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}  # scrambled fonts are no lock


class Docx:
    """Word documents."""

    name = "DOCX"

    def recognises(self, item: Item) -> bool:
        """By the file's ending, or by what the web server said."""
        return item.media_type == DOCX_TYPE or ends_with(item, ".docx", ".docm", ".dotx")

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield the document in sections by its headings."""
        import mammoth  # noqa: PLC0415  not every item is a DOCX

        with open_archive(item.path, most_bytes=MOST_UNPACKED) as archive:
            core = _xml(archive, "docProps/core.xml") if "docProps/core.xml" in archive.names else None
            copy = _repacked(archive)
        try:
            page = mammoth.convert_to_html(copy, convert_image=mammoth.images.img_element(lambda _: {})).value
        except Exception as exc:  # the library raises anything for broken files
            raise InvalidInput("is damaged, or no DOCX: open it in a word processor and save it anew") from exc
        found = blocks(parsed(page))
        start = next(found, Block(""))
        title = _said(core, "title") or (start.text if start.level == 1 else "") or title_of(item.key)
        head = Document(
            item.key,
            Kind.PAGE,
            title,
            (),
            item.url,
            date_in(item.key) or moment(_said(core, "modified")) or moment(_said(core, "created")),
            language_tag(_said(core, "language")),
        )
        yield from documents(head, sections(_after(start, found), title=title))


class Epub:
    """Books in EPUB, chapter by chapter."""

    name = "EPUB"

    def recognises(self, item: Item) -> bool:
        """By the file's ending, by what the web server said, or by what is in it."""
        return item.media_type == EPUB_TYPE or ends_with(item, ".epub")

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield the book in sections by its headings."""
        with open_archive(item.path, most_bytes=MOST_UNPACKED) as archive:
            book = _Book(archive)
            head = Document(
                item.key,
                Kind.BOOK,
                book.said("title") or title_of(item.key),
                (),
                item.url,
                moment(book.said("date")),
                language_tag(book.said("language")),
            )
            yield from documents(head, book.sections(head.title))
            if book.broken:
                yield Skipped(item.key, "chapters that are damaged or missing", failed=True, count=book.broken)


class _Book:
    """The package of an EPUB: its metadata and its chapters in reading order."""

    def __init__(self, archive: Archive) -> None:
        if any(_method(one) not in FONTS for one in _locks(archive)):
            raise InvalidInput("is copy-protected: use the manuscript that it was made from")
        container = _xml(archive, "META-INF/container.xml")
        path = next(iter(_all(container, "//*[local-name()='rootfile']/@full-path")), "")
        self.broken = 0
        self._archive = archive
        self._root = _xml(archive, path)
        self._chapters = list(self._spine(posixpath.dirname(path)))

    def said(self, name: str) -> str:
        return _said(self._root, name)

    def sections(self, title: str) -> Iterator[Section]:
        for chapter in self._chapters:
            try:
                tree = parsed(_part(self._archive, chapter))
            except InvalidInput:
                self.broken += 1
                continue
            yield from sections(blocks(tree), title=title)

    def _spine(self, folder: str) -> Iterator[str]:
        listed = {str(one.get("id")): one for one in _all(self._root, "//*[local-name()='manifest']/*")}
        for reference in _all(self._root, "//*[local-name()='spine']/*[not(@linear='no')]"):
            entry = listed.get(str(reference.get("idref")))
            if entry is not None and entry.get("media-type") in CHAPTERS and "nav" not in _words(entry, "properties"):
                yield posixpath.normpath(posixpath.join(folder, unquote(str(entry.get("href", "")))))


def _after(start: Block, rest: Iterator[Block]) -> Iterator[Block]:
    yield start
    yield from rest


def _repacked(archive: Archive) -> io.BytesIO:
    """The parts of a DOCX that its text depends on, every byte counted, for a library that would not count."""
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as target:
        for name in archive.names:
            if name.endswith(DOCX_PARTS):
                target.writestr(name, _part(archive, name))
    return copy


def _part(archive: Archive, name: str) -> bytes:
    """One file of the zip.

    Raises:
        InvalidInput: It is missing, damaged or too large.
    """
    if name not in archive.names:
        raise InvalidInput("is damaged: a part that it names is missing; save or export it anew")
    with archive.open(name) as source:
        raw = source.read(LARGEST_PART + 1)
    if len(raw) > LARGEST_PART:
        raise InvalidInput("has a part of absurd size; save or export it anew")
    return raw


def _xml(archive: Archive, name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(_part(archive, name), parser)
    except (etree.LxmlError, ValueError) as exc:
        raise InvalidInput("is damaged: its list of parts is no XML; save or export it anew") from exc
    if root is None:
        raise InvalidInput("is damaged: its list of parts is empty; save or export it anew")
    return root


def _all(root: etree._Element, path: str) -> list[etree._Element]:
    found = root.xpath(path)
    return found if isinstance(found, list) else []


def _said(root: etree._Element | None, name: str) -> str:
    """A field of Dublin Core."""
    found = _all(root, f"//*[local-name()='{name}']") if root is not None else []
    return " ".join((found[0].text or "").split()) if found else ""


def _words(element: etree._Element, attribute: str) -> list[str]:
    return str(element.get(attribute, "")).split()


def _locks(archive: Archive) -> list[etree._Element]:
    name = "META-INF/encryption.xml"
    return _all(_xml(archive, name), "//*[local-name()='EncryptionMethod']") if name in archive.names else []


def _method(lock: etree._Element) -> str:
    return str(lock.get("Algorithm", ""))
