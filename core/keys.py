"""Looking for a lorebook's keys in messages: plain words, and regular expressions in linear time.

A plain key is found by one substring search. For whole words the text is marked at the edges of its words, and the key
likewise, so that no second look is needed and no text can make the search slow. Writing without spaces has no edges to
mark. Regular expressions are RE2's (github.com/google/re2), which knows no backtracking.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import Any, Self

import re2

EDGE = "\0"
FORM = re.compile(r"/(?P<pattern>.+)/(?P<flags>[a-z]*)", re.DOTALL)
FLAGS = "imsugy"  # JavaScript's, in which cards are written; u, g and y change nothing here
MOST_MEMORY = 1 << 20  # bytes for one compiled pattern
LONGEST_SCAN = 8000  # characters, newest first, in which patterns are looked for
ESCAPED = re.compile(r"\\u(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{4}))")  # JavaScript's; RE2 writes \x{...}
REFUSED = (
    (re.compile(r"\(\?<?[=!]"), "lookahead and lookbehind can't be had. Use exclude_keys or secondary_keys"),
    (re.compile(r"\\[1-9]|\\k<"), "references back to a group can't be had. Write out what may stand there"),
)

_DENSE = (  # scripts without spaces between words, and Korean, whose words end in particles
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u318f\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_BETWEEN = re.compile(f"([\\W_{_DENSE}]+)")  # words
_MARKS = {  # combining marks, which belong to their word and are yet no \w; with a letter to stand in for them
    char: "x"
    for char in map(chr, chain(range(0x300, 0x3100), range(0xA600, 0xAC00), range(0x11000, 0x12000)))
    if unicodedata.category(char)[0] == "M" and not re.match(f"[{_DENSE}]", char)
}
_AS_LETTERS = str.maketrans(_MARKS)

_ALIKE = str.maketrans({
    **dict.fromkeys("\0\u200c\u200d\ufe0e\ufe0f"),  # joiners and selectors of one same sign
    **dict.fromkeys("\u2019\u02bc", "'"),
})  # fmt: skip


class BadPattern(ValueError):
    """A regular expression that is not to be had. The text says why and what to write instead."""


class Texts:
    """Texts in which keys are looked for, newest last; each form that a key needs is made once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(reversed(texts))
        self._forms: dict[tuple[bool, bool], tuple[str, list[int]]] = {}
        self._raw: list[bytes] = []

    def form(self, *, case: bool, whole: bool) -> tuple[str, list[int]]:
        """All texts as one, newest first, folded as told; and where each of them ends."""
        if (case, whole) not in self._forms:
            texts = [folded(text, case=case) for text in self._texts]
            texts = [marked(text) for text in texts] if whole else texts
            self._forms[case, whole] = "\n".join(texts), list(accumulate(len(text) + 1 for text in texts))
        return self._forms[case, whole]

    def words(self) -> frozenset[str]:
        """All words in any text, in small letters."""
        return frozenset(_parted(self.form(case=False, whole=False)[0])[::2])

    def raw(self) -> Sequence[bytes]:
        """The texts as a pattern reads them, newest first."""
        if not self._raw:
            starts = accumulate((len(text) for text in self._texts), initial=0)
            cut = [text[: max(LONGEST_SCAN - start, 0)] for text, start in zip(self._texts, starts, strict=False)]
            self._raw = [unicodedata.normalize("NFC", text).encode("utf-8", "replace") for text in cut]
        return self._raw


@dataclass(frozen=True, slots=True)
class Key:
    """A key, ready to be looked for."""

    written: str  # as its author wrote it
    case: bool
    whole: bool
    needle: str = ""
    pattern: Any = None  # RE2's, of bytes
    word: str = ""  # one of the ``words`` of every text in which it occurs; empty: nothing is known of them

    @classmethod
    def of(cls, written: str, *, case: bool, whole: bool) -> Self:
        """Make a key.

        Args:
            written: Words, or ``/a regular expression/`` with flags behind it.
            case: Whether capitals count. A regular expression says so itself, by its flag i.
            whole: Whether it must stand as a word of its own. Means nothing to a regular expression.

        Raises:
            BadPattern: It is a regular expression that can't be had.
        """
        regular = FORM.fullmatch(written)
        if regular:
            return cls(written, case, whole, pattern=_compiled(regular["pattern"], regular["flags"]))
        needle = folded(written, case=case)
        if not whole:
            return cls(written, case, whole, needle)
        needle = marked(needle).removeprefix(EDGE * 2).removesuffix(EDGE * 2)
        word = next(filter(None, _parted(folded(written, case=False))[::2]), "")
        return cls(written, case, whole, needle, word=word)

    @property
    def effort(self) -> int:
        """What looking for it costs: 1 for a plain key, the number of a pattern's instructions for a pattern."""
        return 1 if self.pattern is None else int(self.pattern.programsize)

    def occurs(self, texts: Texts, depth: int | None = None) -> bool:
        """Whether it is in one of the newest ``depth`` texts; None: in any."""
        return self.place(texts, depth) is not None

    def place(self, texts: Texts, depth: int | None = None) -> int | None:
        """In which of the newest ``depth`` texts it is, 0 being the newest; None: in none."""
        if depth == 0:
            return None
        if self.pattern is not None:
            newest = enumerate(texts.raw()[:depth])
            return next((number for number, raw in newest if self.pattern.search(raw) is not None), None)
        text, ends = texts.form(case=self.case, whole=self.whole)
        end = ends[depth - 1] if depth is not None and depth <= len(ends) else len(text)
        at = text.find(self.needle, 0, end) if self.needle else -1
        return bisect_right(ends, at) if at >= 0 else None


def folded(text: str, *, case: bool) -> str:
    """The text as keys see it: one space between words, one form of each sign, small letters unless case counts."""
    text = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    if not case:  # both of Turkish's letters i become one, or neither would find the other's capital
        text = unicodedata.normalize("NFKC", text.casefold()).replace("i\u0307", "i").replace("\u0131", "i")
    return " ".join(text.split())


def marked(text: str) -> str:
    """A folded text with an edge at the beginning and the end of every word."""
    return EDGE + EDGE.join(_parted(text)) + EDGE


def _parted(text: str) -> list[str]:
    """Words and what stands between them, by turns, beginning and ending with a word, be it empty."""
    if _MARKS.keys().isdisjoint(text):
        return _BETWEEN.split(text)
    lengths = accumulate((len(piece) for piece in _BETWEEN.split(text.translate(_AS_LETTERS))), initial=0)
    return [text[start:end] for start, end in pairwise(lengths)]


def _compiled(pattern: str, flags: str) -> Any:
    odd = "".join(sorted(set(flags) - set(FLAGS)))
    if odd:
        raise BadPattern(f"there is no flag '{odd}'. Known: i, m, s")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    kept = "".join(flag for flag in "ims" if flag in flags)
    pattern = ESCAPED.sub(lambda match: f"\\x{{{match[1] or match[2]}}}", pattern)
    try:
        return re2.compile((f"(?{kept}){pattern}" if kept else pattern).encode(), options)
    except (re2.error, UnicodeEncodeError) as exc:
        known = next((why for shape, why in REFUSED if shape.search(pattern)), None)
        raise BadPattern(known or _reason(exc)) from exc


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else "it is not sound text"
    return f"{text[:80]}. Mend the expression, or write a plain key"
