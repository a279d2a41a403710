"""Finding in what somebody wrote the few things that code must not miss, in any language and in linear time.

Patterns are RE2's (github.com/google/re2), which knows no backtracking. They look at text that ``plain`` has made
comparable, and may be written with the accents of their language. In them

- ``<3>`` stands for up to three words,
- ``@`` for the rest of a word,
- ``.`` for the end of a sentence,

and a blank is the border of a word. In scripts that are written without blanks they are simply found.
"""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

import re
import unicodedata
from typing import Any

import re2

MOST_MEMORY = 64 << 20  # bytes of RE2's cache for one pattern; what does not fit is only slower

_DROPPED = re.compile("['’‘ʼ`´＇\u0300-\u036f\u0640\u064b-\u065f\u0670\u093c\u200b-\u200f\u2060\ufe0f\u00ad]")
_LETTERS = {"ı": "i", "ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ँ": "ं"}
_DIGITS = {digit: str(value) for zero in "٠۰०" for value in range(10) for digit in [chr(ord(zero) + value)]}
_FOLDED = str.maketrans(_LETTERS | _DIGITS)
_DISGUISED = re.compile(r"(?<=[^\W\d_])[013457$](?=[^\W\d_])")  # k1ll, su1c1de
_UNMASKED = dict(zip("013457$", "oieasts", strict=True))
_PAUSE = re.compile(r"\.{2,}|…+|\n+")
_STOP = re.compile(r"[.!?。！？؟।]+")
_BETWEEN = re.compile(r"[^\w.\u0900-\u0963\u0970-\u097f]+|_+")
_QUOTED = re.compile(
    r"\"[^\"]{1,200}\"|“[^“”]{1,200}”|„[^„“”]{1,200}[“”]|«[^«»]{1,200}»|「[^「」]{1,200}」|『[^『』]{1,200}』"
)
_WORDS = re.compile(r"\w+")
_UP_TO = re.compile(r"<(\d+)>")


def plain(text: str) -> str:
    """Text in lower case without accents, apostrophes and punctuation, words and ends of sentences parted by a blank.

    "I don't WANT to, ok? No." becomes `` i dont want to ok . no . ``.
    """
    text = _STOP.sub(" . ", _PAUSE.sub(" ", folded(text)))
    return f" {' '.join(_BETWEEN.sub(' ', text).split())} . "


def folded(text: str) -> str:
    """Text in lower case without accents and apostrophes, widths made one and digits that pose as letters undone."""
    text = _DROPPED.sub("", unicodedata.normalize("NFKD", text.casefold())).translate(_FOLDED)
    text = unicodedata.normalize("NFC", text)
    return _DISGUISED.sub(lambda sign: _UNMASKED[sign[0]], text)


def without_quotations(text: str) -> str:
    """A text without what it quotes, unless it is nothing but a quotation."""
    rest = _QUOTED.sub(" ", text)
    return rest if len(_WORDS.findall(rest)) > 1 else text


class Signs:
    """Patterns that are looked for together.

    Args:
        pattern: Of any number of languages, parted by ``|``; see the module.
    """

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = MOST_MEMORY
        self._found: Any = re2.compile(_expanded(pattern), options)

    def found(self, text: str) -> bool:
        """Whether one of them is in a text that ``plain`` gave."""
        return self._found.search(text) is not None

    def removed(self, text: str) -> str:
        """The text without all that they match."""
        return str(self._found.sub(" ", text))


def _expanded(pattern: str) -> str:
    """A pattern as RE2 reads it."""
    pattern = folded(pattern).replace(".", r"\.").replace("@", "[^ .]*")
    return _UP_TO.sub(r"(?:[^ .]+ ){0,\1}", pattern)
