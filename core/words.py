"""The words of a text that say something, roughly reduced to their stems: enough to tell what rests on what."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Split at what is no letter, no mark and no digit. \w would not do: it has no combining marks, which Hindi needs.
BREAK = re.compile(
    "[\\s!-/:-@\\[-`{-~\u00a0-\u00bf\u0589\u05be\u05c0\u05c3\u060c\u061b\u061f\u0640\u06d4\u0964\u0965\u2000-\u206f"
    "\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u30fb\ufe30-\ufe4f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+"
)
DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # no spaces
SHORTEST = 4  # letters; shorter words are mostly grammar
STEM = 6  # letters kept of a word: what endings change comes later


def gist(text: str) -> frozenset[str]:
    """The stems of the words that carry a text's meaning: numbers, longer words, pairs of signs in Chinese and such."""
    return frozenset(stem for stem, _ in stems(text))


def stems(text: str) -> Iterator[tuple[str, str]]:
    """Every stem of the text's gist, with the word as it stands there in lower case."""
    for word in BREAK.split(text.casefold()):
        if DENSE.search(word):
            yield from ((word[at : at + 2], word[at : at + 2]) for at in range(max(len(word) - 1, 1)))
        elif len(word) >= SHORTEST or word.isdigit():
            yield word[:STEM], word


def rough(text: str) -> frozenset[str]:
    """As ``gist``, with the short words too: for where what is common is weighed down by being common."""
    return gist(text) | {word for word in BREAK.split(text.casefold()) if 1 < len(word) < SHORTEST}


def numbers(text: str) -> frozenset[str]:
    """The numbers that a text names, as they are written."""
    return frozenset(word for word in BREAK.split(text) if word.isdecimal())
