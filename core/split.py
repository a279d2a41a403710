"""Cutting a long Markdown text into parts that a platform takes."""

# ruff: noqa: RUF001  the wide and look-alike signs are meant

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from core.graphemes import boundary

FENCE = re.compile(r"^ {0,3}(?P<marker>`{3,12}|~{3,12})(?![`~])[ \t]*(?P<language>[^`\s]{0,20})[^`\n]*$", re.MULTILINE)
BLANK_LINES = re.compile(r"(?:[^\S\n]*\n)+")
WHOLE = re.compile(  # what loses its meaning when cut: links and inline code
    r"!?\[[^\[\]\n]{0,200}\]\([^()\n]{0,500}\)|`[^`\n]{1,200}`|<https?://[^<>\s]{1,500}>|https?://[^\s<>]{1,500}"
)
PLACES = (  # where to cut, best first, with the share of the room that must at least be used
    (re.compile(r"\n\s*\n"), 0.4),
    (re.compile(r"\n"), 0.4),
    (re.compile(r"[.!?…][\"'”’»)\]*_~]{0,4}(?=\s)|[。！？｡][”’」』）]{0,2}"), 0.4),
    (re.compile(r"(?<=\S)(?=\s)"), 0.2),
    (re.compile(r"[、，；：,;]"), 0.6),
)


class Fence(NamedTuple):
    """An open code block."""

    marker: str
    language: str
    start: int  # of its first line
    body: int  # of what is inside

    @property
    def opening(self) -> str:
        """The line that opens it again."""
        return f"{self.marker}{self.language}\n"


def split(markdown: str, limit: int, measure: Callable[[str], int] = len) -> list[str]:
    """Cut Markdown into parts, none empty, that ``measure`` at most ``limit`` each.

    Cuts fall between paragraphs, else lines, sentences, words, characters as a reader sees them; what is lost is only
    whitespace at the cuts. A code block that is cut is closed and opened again in the next part.

    Args:
        markdown: The text; a blank one gives no parts.
        limit: In the units of ``measure``, at least 64. A part exceeds it only where a single character does.
        measure: What a text takes once rendered: more or less than its length, roughly growing with it.
    """
    parts: list[str] = []
    opening, rest = "", markdown.strip("\n").rstrip()
    while rest:
        if (size := measure(opening + rest)) <= limit:
            parts.append(opening + rest)
            break
        part, opening, rest = _first(opening, rest, limit, measure, size)
        if part.strip():
            parts.append(part)
    return parts


def _first(opening: str, rest: str, limit: int, measure: Callable[[str], int], size: int) -> tuple[str, str, str]:
    """A first part that fits, and what comes after it: the fence to be opened again and the text."""
    room = len(rest)
    while True:
        # ever shorter, by at least a sixteenth, so that the search ends whatever is measured
        room = max(min(room * limit // size, room * 15 // 16), 1)
        cut = max(_place(rest, room), 1)
        whole = opening + rest[:cut]
        fence = _open_fence(whole)
        if fence and not whole[fence.body :].strip() and fence.start > len(opening):
            cut = fence.start - len(opening)  # rather before a code block than right after its first line
            whole, fence = whole[: fence.start], None
        part = whole.rstrip() + (f"\n{fence.marker}" if fence else "")
        size = measure(part)
        if size <= limit or room == 1:
            return part, *_after(rest, cut, fence)


def _after(rest: str, cut: int, fence: Fence | None) -> tuple[str, str]:
    """The fence to open again after a cut, and the text that is left."""
    tail = rest[cut:]
    blank = BLANK_LINES.match(tail)
    tail = tail[blank.end() :] if blank else tail if rest[cut - 1] == "\n" else tail.lstrip(" \t")
    if fence is None:
        return "", tail
    closing = FENCE.match(tail)
    if closing and _closes(closing, fence) and (blank or rest[cut - 1] == "\n"):
        return "", tail[closing.end() :].lstrip("\n")
    return (fence.opening if tail else ""), tail


def _place(text: str, room: int) -> int:
    """The best place for a cut within ``room`` characters."""
    for pattern, share in PLACES:
        least = int(room * share)
        place = _last_end(pattern.finditer(text, least, min(room + 1, len(text))), room)
        if place > least:
            return _outside(text, place)
    return _outside(text, boundary(text, room) or room)


def _last_end(matches: Iterable[re.Match[str]], room: int) -> int:
    return max((match.end() for match in matches if match.end() <= room), default=0)


def _outside(text: str, place: int) -> int:
    """The same place, or the start of the link or inline code that a cut there would break."""
    for whole in WHOLE.finditer(text, max(place - 700, 0), place + 700):
        if whole.start() < place < whole.end():
            return whole.start() or place
    return place


def _open_fence(text: str) -> Fence | None:
    """The code block that is still open at the end of a text."""
    fence: Fence | None = None
    for line in FENCE.finditer(text):
        if fence is None:
            fence = Fence(line["marker"], line["language"], line.start(), min(line.end() + 1, len(text)))
        elif _closes(line, fence):
            fence = None
    return fence


def _closes(line: re.Match[str], fence: Fence) -> bool:
    return line["marker"].startswith(fence.marker) and line[0].strip() == line["marker"]
