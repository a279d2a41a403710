"""PDF files, page by page."""

# ruff: noqa: RUF001  the wide signs are meant

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from adapters.ingest.decoding import beginning
from adapters.ingest.naming import date_in, ends_with, language_tag, moment, title_of
from adapters.ingest.outline import Block, documents, sections
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Section, Skipped
from core.errors import InvalidInput

if TYPE_CHECKING:
    from pypdf import PdfReader

BOOK_FROM = 20  # pages
BROKEN_WORD = re.compile(r"(?<=[^\W\d_])[-\u00ad]\n(?=[^\W\d_A-Z])")
ENDS = re.compile(r"[.!?:…。！？][\"'”»)]*$")
FULL_LINE = 0.75  # of the longest line: shorter ones end a paragraph
PAGE_NUMBER = re.compile(r"\A\s*\d{1,4}\s*\n|\n\s*\d{1,4}\s*\Z")


class Pdf:
    """PDF with text in it; scans without a text layer are skipped."""

    name = "PDF"

    def recognises(self, item: Item) -> bool:
        """By the file's ending, by what the web server said, or by how it begins."""
        return (
            item.media_type == "application/pdf" or ends_with(item, ".pdf") or beginning(item.path).startswith(b"%PDF-")
        )

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield the text with its page numbers, and how many pages had none or were broken."""
        with item.path.open("rb") as source:
            try:
                from pypdf import PdfReader  # noqa: PLC0415  takes half a second, and not every item is a PDF

                reader = PdfReader(source)
                locked = reader.is_encrypted and not reader.decrypt("")
                count = 0 if locked else len(reader.pages)
            except Exception as exc:  # the library raises anything for broken files
                raise InvalidInput("is damaged, or no PDF: open it and save it anew") from exc
            if locked:
                raise InvalidInput("is locked with a password: save a copy without one")
            pages = _Pages(reader, count)
            for found in documents(_head(item, reader, count), pages.sections()):
                if not isinstance(found, Skipped):
                    yield found
            yield from pages.skipped(item.key)


class _Pages:
    """The pages of a file, and what was wrong with some."""

    def __init__(self, reader: PdfReader, count: int) -> None:
        self._reader = reader
        self._count = count
        self._empty = 0
        self._broken = 0

    def sections(self) -> Iterator[Section]:
        for number in range(self._count):
            try:
                text = self._reader.pages[number].extract_text()
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001  the library raises anything for broken pages
                self._broken += 1
                continue
            found = list(sections(_paragraphs(text), page=number + 1))
            self._empty += not found
            yield from found

    def skipped(self, key: str) -> Iterator[Skipped]:
        if self._broken:
            yield Skipped(key, "pages that are damaged", failed=True, count=self._broken)
        if self._empty and self._empty + self._broken == self._count:
            yield Skipped(key, "pages that are pictures without text: run them through OCR", True, self._empty)
        elif self._empty:
            yield Skipped(key, "pages without text", count=self._empty)


def _head(item: Item, reader: PdfReader, count: int) -> Document:
    title, published, language = "", None, ""
    with suppress(Exception):  # metadata of broken files raises anything, and is not worth losing the text for
        language = str(reader.root_object.get("/Lang", ""))
        if reader.metadata is not None:
            title = str(reader.metadata.title or "")
            written = reader.metadata.creation_date
            published = moment(written.isoformat()) if written else None
    return Document(
        item.key,
        Kind.BOOK if count >= BOOK_FROM else Kind.PAGE,
        title.strip() or title_of(item.key),
        (),
        item.url,
        date_in(item.key) or published,
        language_tag(language),
    )


def _paragraphs(text: str) -> Iterator[Block]:
    """Lines of a page joined to paragraphs: one ends where a line is short or ends a sentence early."""
    lines = [line.strip() for line in BROKEN_WORD.sub("", PAGE_NUMBER.sub("\n", text)).split("\n")]
    full = FULL_LINE * max(map(len, lines), default=0)
    held: list[str] = []
    for line in lines:
        if line:
            held.append(line)
        if held and (not line or (len(line) < full and ENDS.search(line))):
            yield Block(" ".join(held))
            held = []
    if held:
        yield Block(" ".join(held))
