"""What a text is made of as its reader sees it: words, sentences, emoji, its first and last words; in any script."""

# ruff: noqa: RUF001  the wide and look-alike signs are meant

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from core.words import BREAK, DENSE

MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\s]{0,500}\)")
ADDRESS = re.compile(r"<?(?:https?://|www\.)\S+|(?<!\w)[@#][\w.]{2,}|<a?:\w{1,40}:\d{1,25}>")
WRAPPED = re.compile(r"(?<=[^\n]{60})\n(?=\S)")  # inside a paragraph of a text with lines of even length

_PICTURE = "(?:[\u231a\u231b\u23e9-\u23f3\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001f1e5\U0001f200-\U0001faff])"
_DRESSED = rf"{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*[\U000e0020-\U000e007f]*"
EMOJI = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|[#*0-9]\ufe0f?\u20e3|[\u00a9\u00ae\u2122\u2194-\u21aa]\ufe0f|"
    rf"{_DRESSED}(?:\u200d{_DRESSED})*|(?<![\w:;])(?:[:;=]-?[)(DPp/|3]|<3|\^\^)(?!\w)"
)

_SIGN = BREAK.pattern.removesuffix("+")[1:-1]  # what no word contains
WORD = re.compile(rf"[^{_SIGN}]+(?:['’][^{_SIGN}]+)*")
SENTENCE_END = re.compile(r"(?<=[.!?…؟।۔])[\"'”’»)\]*_]*\s+|(?<=[。！？])[”’」』）]*|\n\s*")
CLAUSE_END = re.compile(r"[.!?…,:;–—。！？，、؟،।\n]| - ")
PAUSE = re.compile(r"[.!?…,:;()–—。！？，、；：؟،।\n\d]+| - ")
MARK = re.compile(r"[!?！？؟]+|\.{3,}|…+|—|–|(?<=\s)-(?=\s)")
MOST_OPENING_WORDS = 5  # of a greeting or a farewell


def plain(text: str) -> str:
    """The text without addresses, mentions and link marks, its wrapped lines joined."""
    return WRAPPED.sub(" ", ADDRESS.sub(" ", MARKDOWN_LINK.sub(r"\1", text)))


def words(text: str) -> list[str]:
    """The words as they are written, in order; in writing without spaces every character counts as one.

    Numbers and emoji are none.
    """
    found: list[str] = []
    for word in WORD.findall(EMOJI.sub(" ", text)):
        if DENSE.search(word):
            found += word
        elif any(char.isalpha() for char in word):
            found.append(word)
    return found


def sentences(text: str) -> list[str]:
    """The sentences in order, with their marks; a line of its own is one too."""
    return [part.strip() for part in SENTENCE_END.split(text) if part.strip()]


def clauses(sentence: str) -> list[list[str]]:
    """The words of a sentence, parted where it pauses and where it names a number."""
    return [found for part in PAUSE.split(EMOJI.sub(",", sentence)) if (found := words(part))]


def emoji(text: str) -> list[str]:
    """The emoji in order, each with its skin tone and all that joins it; emoticons such as ``:)`` too."""
    return EMOJI.findall(text)


def marks(text: str) -> list[str]:
    """The marks of exclamation, question, omission and pause, in order; a run such as ``?!!`` is one."""
    return MARK.findall(text)


def script(char: str) -> str:
    """The script of a letter, as Unicode names it: "latin", "cyrillic", "cjk"; empty for what has no name."""
    return unicodedata.name(char, "").partition(" ")[0].lower()


def opening(text: str) -> str:
    """What a text begins with, up to its first pause; empty if that is too long for a greeting."""
    return _short(text, 0, CLAUSE_END.search(text.rstrip()))


def closing(text: str) -> str:
    """What a text ends with, from its last pause on; empty if that is too long for a farewell."""
    body = text.rstrip(" \n.!?…。！？*_\"'”’")
    *_, last = [None, *CLAUSE_END.finditer(body)]
    return "" if last is None else _fit(text[last.end() :])


def _short(text: str, start: int, pause: re.Match[str] | None) -> str:
    return "" if pause is None else _fit(text[start : pause.start() + (pause[0] in "!?…！？")])


def _fit(clause: str) -> str:
    clause = clause.strip(" \n*_-–—,:;\"“”'’")
    return clause if 1 <= len(words(clause)) <= MOST_OPENING_WORDS else ""


def joined(parts: Sequence[str]) -> str:
    """Words as a phrase: with spaces, but for writing that has none."""
    return "".join(parts) if all(DENSE.match(part) for part in parts) else " ".join(parts)
