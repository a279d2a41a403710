"""All readers, in the order in which they are asked whether an item is theirs."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.ingest.answers import Answers
from adapters.ingest.exports import READERS as EXPORTS
from adapters.ingest.feeds import Feed
from adapters.ingest.html import Html
from adapters.ingest.markdown import Markdown, Text
from adapters.ingest.packed import Docx, Epub
from adapters.ingest.pdf import Pdf
from adapters.ingest.reading import Item, Reader
from adapters.ingest.sitemap import Sitemap
from adapters.ingest.subtitles import Subtitles

READERS: tuple[Reader, ...] = (
    *EXPORTS,  # first: they know by more than an ending what is theirs
    Sitemap(),
    Feed(),
    Subtitles(),
    Answers(),
    Epub(),
    Docx(),
    Pdf(),
    Markdown(),  # before HTML, which it may begin with
    Html(),
    Text(),
)


def reader_for(item: Item, readers: Iterable[Reader] = READERS) -> Reader | None:
    """The first reader that recognises the item."""
    return next((reader for reader in readers if reader.recognises(item)), None)
