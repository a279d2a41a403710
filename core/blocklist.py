"""Finding blocked words and phrases, however they are dressed up: in linear time, whatever is written.

A text is brought into a few plain readings, and each entry is looked for in these as a whole word or phrase. Letters
are told apart no more finely than the eye does: case, accents, widths, look-alikes of other scripts. Beyond that there
are readings in which signs stand for letters (b4d), in which signs inside a word count for nothing (b.a-d) and in which
letters that stand alone make a word (b a d).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby

from core.words import BREAK, DENSE

LONGEST_ENTRY = 80  # characters
SHORTEST_INSIDE = 4  # letters of a word that is looked for inside a row of single letters; a shorter one must be all

_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0640\u064b-\u0652\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0]+"
)
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)

_LOOKALIKES = str.maketrans(
    "аеорсхукмтнвіјѕԁһӏɡαοερικτυνħıøłđðþœæƒɑɩʀ",
    "aeopcxykmthbijsdhlgaoepiktuvhiolddpoafair",
)
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc]")  # "he'll" is two words, and never a third

_ENDINGS = re.compile(r"[!|+]+(?!\w)")  # signs that end a word stand for no letter

_SIGNS = str.maketrans("0134578@$!|€+", "oleastbasiiet")
_ONE_AS_I = str.maketrans("1", "i")


def fold(text: str) -> str:
    """The text as the eye takes it: without case, accents, widths and look-alikes."""
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()
    return _MARKS.sub("", unicodedata.normalize("NFKD", plain)).translate(_LOOKALIKES)


class Blocklist:
    """Words and phrases that are blocked.

    Args:
        entries: As they were given; one that ends in ``*`` stands for all words that begin with it.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries: list[tuple[str, str, str]] = []  # as given, as a padded phrase, as letters in a row
        for entry in entries:
            words = _words(fold(entry))
            if words:
                end = "" if entry.rstrip().endswith("*") else " "
                self._entries.append((entry, f" {' '.join(words)}{end}", "".join(words)))

    def find(self, text: str) -> str:
        """The first entry that is in the text; empty if none is."""
        if not self._entries:
            return ""
        readings = _readings(fold(text))
        rows = [row for reading in readings for row in _rows(reading)]
        lines = [f" {' '.join(words)} " for reading in readings for words in (reading, _joined(reading))]
        whole = "".join(readings[0])
        for entry, phrase, letters in self._entries:
            if any(phrase in line for line in lines):
                return entry
            if any(letters == row or (len(letters) >= SHORTEST_INSIDE and letters in row) for row in rows):
                return entry
            if DENSE.search(letters) and letters in whole:
                return entry
        return ""


@lru_cache(maxsize=64)
def blocklist(entries: tuple[str, ...]) -> Blocklist:
    """The list of these entries, made once."""
    return Blocklist(entries)


def tidy(text: str) -> tuple[str, ...]:
    """The entries that somebody has typed, with commas between them; those without a letter or digit are dropped."""
    entries = (" ".join(part.split())[:LONGEST_ENTRY] for part in text.split(","))
    return tuple(dict.fromkeys(entry for entry in entries if _words(fold(entry))))


def _words(folded: str) -> list[str]:
    return [word for word in BREAK.split(folded) if word]


def _readings(folded: str) -> list[Sequence[str]]:
    """The words as they stand and with signs for letters, in two ways; then each of these with its words closed up."""
    letters = _ENDINGS.sub(" ", folded)
    texts = (folded, letters.translate(_SIGNS), letters.translate(_ONE_AS_I).translate(_SIGNS))
    closed = [["".join(_words(chunk)) for chunk in _APOSTROPHES.sub(" ", text).split()] for text in texts]
    return [*(_words(text) for text in texts), *([word for word in words if word] for words in closed)]


def _rows(words: Sequence[str]) -> list[str]:
    """Letters that stand alone, one after the other, as one word."""
    rows = ("".join(group) for alone, group in groupby(words, _alone) if alone)
    return [row for row in rows if len(row) > 1]


def _joined(words: Sequence[str]) -> list[str]:
    """The words, with those between them that are spelled out in letters."""
    groups = ((alone, list(group)) for alone, group in groupby(words, _alone))
    return [word for alone, group in groups for word in (["".join(group)] if alone else group)]


def _alone(word: str) -> bool:
    return len(word) == 1
