"""Markdown files with or without front matter, and plain text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import pyromark

from adapters.ingest.decoding import pieces
from adapters.ingest.markup import blocks, parsed
from adapters.ingest.naming import date_in, ends_with, language_tag, moment, title_of
from adapters.ingest.outline import Block, documents, sections
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Skipped

FRONT = re.compile(r"\A\ufeff?(---|\+\+\+)[ \t]*\n(.{0,20000}?)^\1[ \t]*$\n?", re.DOTALL | re.MULTILINE)
FIELD = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
DATES = ("date", "published", "publishdate", "pubdate", "created", "datepublished")
ADDRESSES = ("url", "canonical_url", "canonicalurl", "canonical", "link", "permalink")
PARAGRAPHS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH | pyromark.Options.ENABLE_FOOTNOTES


class Markdown:
    """Markdown. Front matter may give ``title``, ``date``, ``url``, ``language`` and ``draft``."""

    name = "Markdown"

    def recognises(self, item: Item) -> bool:
        """By the file's ending, or by what the web server said."""
        return item.media_type == "text/markdown" or ends_with(item, ".md", ".markdown", ".mdx", ".mkd")

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield the note in sections by its headings; a draft is skipped."""
        text = pieces(item.path)
        first = next(text, "")
        front = FRONT.match(first)
        fields = _fields(front) if front else {}
        if fields.get("draft", "").lower() in {"true", "yes"} or fields.get("published", "").lower() == "false":
            yield Skipped(item.key, "a draft: its front matter says that it is not published")
            return
        found = _blocks(chain([first[front.end() :] if front else first], text))
        start = next(found, Block(""))
        given = fields.get("title") or (start.text if start.level == 1 else "") or title_of(item.key)
        head = Document(
            item.key,
            Kind.PAGE,
            given,
            (),
            next((fields[name] for name in ADDRESSES if fields.get(name, "").startswith("http")), item.url),
            next(filter(None, (moment(fields.get(name, "")) for name in DATES)), None) or date_in(item.key),
            language_tag(fields.get("language") or fields.get("lang") or ""),
        )
        yield from documents(head, sections(chain([start], found), title=given))


class Text:
    """Plain text: paragraphs without headings."""

    name = "text"

    def recognises(self, item: Item) -> bool:
        """By the file's ending, or by what the web server said."""
        return item.media_type == "text/plain" or ends_with(item, ".txt", ".text", ".rst", ".org")

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield the text, paragraph by paragraph."""
        head = Document(item.key, Kind.PAGE, title_of(item.key), (), item.url, date_in(item.key))
        found = (Block(part.strip()) for piece in pieces(item.path) for part in PARAGRAPHS.split(piece) if part.strip())
        yield from documents(head, sections(found))


def _blocks(text: Iterable[str]) -> Iterator[Block]:
    for piece in text:
        yield from blocks(parsed(pyromark.html(piece, options=OPTIONS)))


def _fields(front: re.Match[str]) -> Mapping[str, str]:
    """The simple fields of front matter in YAML or TOML; what is nested is of no interest here."""
    if front[1] == "+++":
        try:
            return {name.lower(): str(value) for name, value in tomllib.loads(front[2]).items()}
        except (ValueError, RecursionError):  # no TOML, or a number of absurd length
            return {}
    return {name.lower(): value.strip("\"'").strip() for name, value in FIELD.findall(front[2])}
