"""From a stream of headings and paragraphs to sections, and from any number of sections to documents of bearable size.

Everything here is lazy, so that a book of a gigabyte passes through in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from core.content import Document, Section, Skipped

LONGEST_SECTION = 8_000  # characters, unless one paragraph has more
LONGEST_PARAGRAPH = 64_000  # characters; a longer one is cut
LONGEST_DOCUMENT = 400_000  # characters; what is longer goes on in a further document
MOST_SECTIONS = 4_000  # of one document, likewise
LONGEST_HEADING = 200  # characters


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (level 0) or a heading (level 1 to 6)."""

    text: str
    level: int = 0
    joint: Literal["\n\n", "\n"] = "\n\n"  # what parts it from the paragraph before


def sections(blocks: Iterable[Block], *, title: str = "", page: int | None = None) -> Iterator[Section]:
    """Sections by headings, each with the path of headings above it; a heading that only repeats the title is left out.

    Args:
        blocks: In reading order.
        title: Of the document.
        page: Where all of it stands.
    """
    path: list[Block] = []
    text = ""
    for block in blocks:
        if block.level or len(text) + len(block.text) > LONGEST_SECTION:
            yield from _section(text, path, page)
            text = ""
        if block.level:
            path = [above for above in path if above.level < block.level]
            if path or block.text.casefold() != title.casefold():
                path.append(block)
        else:
            text = f"{text}{block.joint}{block.text}" if text else block.text
    yield from _section(text, path, page)


def documents(head: Document, found: Iterable[Section]) -> Iterator[Document | Skipped]:
    """The document with these sections; a long one as several, the further ones with ``#2``, ``#3`` … in their keys.

    Without any text it is a ``Skipped``.
    """
    part = 1
    held: list[Section] = []
    size = 0
    for section in _cut(found):
        if size + len(section.text) > LONGEST_DOCUMENT or len(held) == MOST_SECTIONS:
            yield _part(head, part, held)
            part, held, size = part + 1, [], 0
        held.append(section)
        size += len(section.text)
    if held:
        yield _part(head, part, held)
    elif part == 1:
        yield Skipped(head.key, "holds no text")


def _section(text: str, path: list[Block], page: int | None) -> Iterator[Section]:
    if text.strip():
        heading = " > ".join(" ".join(above.text.split())[:LONGEST_HEADING] for above in path if above.text.strip())
        yield Section(text.strip(), heading, page)


def _cut(found: Iterable[Section]) -> Iterator[Section]:
    for section in found:
        for start in range(0, len(section.text), LONGEST_PARAGRAPH):
            yield replace(section, text=section.text[start : start + LONGEST_PARAGRAPH])


def _part(head: Document, part: int, held: list[Section]) -> Document:
    key = head.key if part == 1 else f"{head.key}#{part}"
    return replace(head, key=key, sections=tuple(held))
