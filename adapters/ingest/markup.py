"""HTML of any origin as headings and paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from lxml import etree, html

from adapters.ingest.outline import Block

HEADINGS = {f"h{level}": level for level in range(1, 7)}
LINES = {"li", "tr", "dd", "dt", "caption", "figcaption"}  # blocks that follow each other closely


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


BLOCKS = (
    LINES
    | HEADINGS.keys()
    | _tags(
        "address article aside blockquote body center details dialog div dl fieldset footer form header hgroup hr html"
        " legend main menu nav ol p pre section summary table tbody tfoot thead ul"
    )
)
SILENT = _tags(
    "audio button canvas head iframe input link math meta noscript object script select style svg template textarea"
    " title video"
)
CELLS = {"td", "th"}
SPACE = re.compile(r"[ \t\r\n\f]+")
AROUND_BREAK = re.compile(r"[ \t]*\n[ \t]*")


def parsed(source: str | bytes) -> etree._Element | None:
    """The tree of an HTML text that may be broken; None if there is nothing in it."""
    # Text goes in as UTF-8: lxml refuses a str with an encoding declaration, and what it declares is wrong by then.
    raw = source.encode("utf-8", "replace") if isinstance(source, str) else source
    encoding = "utf-8" if isinstance(source, str) else None
    parser = html.HTMLParser(encoding=encoding, remove_comments=True, remove_pis=True, no_network=True)
    try:
        return html.document_fromstring(raw, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):  # an empty or hopeless text
        return None


def blocks(root: etree._Element | None) -> Iterator[Block]:
    """What a reader of the page would read, in order."""
    if root is None:
        return
    line = _Line()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = _tag(element)
        if event == "start" and tag in SILENT:
            walk.skip_subtree()
            continue
        if tag in BLOCKS:
            yield from line.finished()
        if event == "start":
            line.enter(tag, element.text)
        else:
            line.leave(tag)
            if element is not root:
                line.add(element.tail)
    yield from line.finished()


def text_of(source: str) -> str:
    """A piece of HTML as plain text, paragraphs apart."""
    found = list(blocks(parsed(source)))
    return "".join(f"{block.joint}{block.text}" if place else block.text for place, block in enumerate(found))


class _Line:
    """The block that is being read."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._level = 0
        self._item = False
        self._pre = 0
        self._close = self._was_close = False

    def enter(self, tag: str, text: str | None) -> None:
        self._pre += tag == "pre"
        if tag in BLOCKS:
            self._level = HEADINGS.get(tag, 0)
            self._item = self._item or tag == "li"
            self._close = self._close or tag in LINES
        if tag == "br":
            self._text.append("\n")
        if tag in CELLS and any(part.strip() for part in self._text):
            self._text.append(" | ")
        self.add(text)

    def leave(self, tag: str) -> None:
        self._pre -= tag == "pre"
        if tag in BLOCKS:
            self._level, self._item, self._close = 0, False, False

    def add(self, text: str | None) -> None:
        if text:
            self._text.append(text if self._pre else SPACE.sub(" ", text))

    def finished(self) -> Iterator[Block]:
        text = AROUND_BREAK.sub("\n", "".join(self._text)).strip()
        self._text.clear()
        if text:
            joint: Literal["\n\n", "\n"] = "\n" if self._close and self._was_close else "\n\n"
            yield Block(f"- {text}" if self._item and not self._level else text, self._level, joint)
            self._was_close, self._item = self._close, False


def _tag(element: etree._Element) -> str:
    """The local name of a tag in lower case, as XHTML has namespaces."""
    return str(element.tag).rpartition("}")[2].lower()
