"""Web pages: the article without menus, advertising and footers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lxml import etree

from adapters.ingest.decoding import beginning, encoding_of, limited
from adapters.ingest.markup import blocks, parsed
from adapters.ingest.naming import ends_with, language_tag, moment, title_of
from adapters.ingest.outline import documents, sections
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput

if TYPE_CHECKING:
    from trafilatura.settings import Document as Extracted

MOST_BYTES = 32 * 2**20
DECLARED = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,30})""", re.IGNORECASE)
LOOKS_LIKE = re.compile(rb"<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
PLAIN_TAGS = {"list": "ul", "item": "li", "row": "tr", "cell": "td", "quote": "blockquote", "lb": "br", "code": "pre"}
AS_WRITTEN = {"original_date": True, "extensive_search": False}  # no date is guessed from the text


class Html:
    """A web page or a saved one."""

    name = "web page"

    def recognises(self, item: Item) -> bool:
        """By the file's ending, by what the web server said, or by how it begins."""
        if item.media_type in {"text/html", "application/xhtml+xml"} or ends_with(item, ".html", ".htm", ".xhtml"):
            return True
        return bool(item.url) and LOOKS_LIKE.search(beginning(item.path)) is not None

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield the article in sections by its headings, with the title, address, day and language that it names."""
        tree = parsed(_source(item))
        if tree is None:
            raise InvalidInput("holds no HTML")
        language = next(iter(tree.xpath("/html/@lang | /html/@xml:lang")), "")
        article = _article(tree, item.url)
        title = (article.title if article else None) or title_of(item.key)
        head = Document(
            item.key,
            Kind.PAGE,
            title,
            (),
            item.url or (article.url if article else None) or "",
            moment(article.date) if article and article.date else None,
            language_tag(str(language)),
        )
        found = list(sections(blocks(_plain(article.body)), title=title)) if article else []
        yield from documents(head, found or sections(blocks(parsed(_source(item))), title=title))


def _article(tree: etree._Element, url: str) -> Extracted | None:
    from trafilatura import bare_extraction  # noqa: PLC0415  takes most of a second, and not every item is HTML

    try:
        article = bare_extraction(
            tree, url=url or None, include_comments=False, with_metadata=True, date_extraction_params=AS_WRITTEN
        )
    except Exception as exc:  # the library lets through whatever odd markup made its parts stumble
        raise InvalidInput(f"could not be understood as a page ({type(exc).__name__})") from exc
    assert not isinstance(article, dict)
    return article


def _source(item: Item) -> str:
    raw = limited(item.path, MOST_BYTES).read_bytes()
    declared = DECLARED.search(raw[:4096])
    for encoding in (declared[1].decode() if declared else encoding_of(raw), "utf-8"):
        try:
            return raw.decode(encoding, "replace").replace("\0", "")
        except (LookupError, UnicodeError):
            continue
    raise AssertionError("UTF-8 with replacement decodes everything")


def _plain(body: etree._Element | None) -> etree._Element | None:
    """The extractor's own tags as those of HTML."""
    for element in body.iter(etree.Element) if body is not None else ():
        if element.tag == "head":
            element.tag = element.get("rend") or "h2"
        else:
            element.tag = PLAIN_TAGS.get(str(element.tag), element.tag)
    return body
