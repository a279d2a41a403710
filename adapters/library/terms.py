"""From text to terms: what is compared when words are looked for, in any language.

Words are normalised (NFKC, case, diacritics, digits) and stemmed by Snowball for their language. Where a script has no
spaces between words, runs of it become overlapping pairs (Chinese, Japanese, Korean) or triples (Thai, Lao, Khmer,
Burmese) of characters with their marks. Marks are part of words: without them Hindi falls to pieces.
"""

# ruff: noqa: RUF001  letters of other scripts are meant

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

import Stemmer

from adapters.library.speech import FUNCTION_WORDS


def _class(*categories: str) -> str:
    """The characters of these categories, as the inside of a regular expression's class."""
    signs = (chr(code) for code in range(0x80, 0x10000))  # astral ones would make the class a slow list
    return "".join(sign for sign in signs if unicodedata.category(sign) in categories)


MARKS = _class("Mn", "Mc", "Me") + "\u200c\u200d"
TOKEN = re.compile(rf"\d+(?:[.,]\d+)+|[\w{MARKS}]+")
PLAIN_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|\w+")  # the same for texts without marks, many times as fast
MARKED = re.compile(f"[{MARKS}]")
PAIRED = (  # Han, kana, Hangul
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
TRIPLED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f"  # Thai, Lao, Burmese, Khmer
UNSPACED = re.compile(rf"(?P<pairs>[{PAIRED}]+)|(?P<triples>[{TRIPLED}]+)")
CLUSTER = re.compile(rf"[^{MARKS}][{MARKS}]*|[{MARKS}]+")
CJK_SMALL = re.compile("|".join(sorted((*FUNCTION_WORDS["zh"].split(),), key=len, reverse=True)))
SEPARATED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")  # 1,000 or 1.000

FOLDS = str.maketrans(
    {
        **dict.fromkeys("\u0640\u0307\u200c\u200d"),  # tatweel, the dot that a Turkish capital leaves, joiners
        **dict.fromkeys(map(chr, range(0x0591, 0x05C8))),  # Hebrew points
        **dict.fromkeys(map(chr, range(0x064B, 0x0653))),  # Arabic vowel signs
        "ё": "е",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "\u0901": "\u0902",
        "\u093c": None,
    }
)
PLAIN = str.maketrans("ıøłđðŧħ", "iolddth")
TURKISH = str.maketrans({"I": "ı", "İ": "i"})
ACCENTED = re.compile("[\u00c0-\u024f\u0370-\u03ff\u1e00-\u1fff]")  # Latin and Greek: where accents come and go

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
LONGEST = 40  # characters of a word; what is longer is none
MOST_REMEMBERED = 1 << 17  # tokens of one language
TRUNK = 5  # letters to which words of a language without a stemmer are cut, where its words change at the end
CHANGING = re.compile("[a-z\u00c0-\u024f\u0400-\u052f]+")  # Latin and Cyrillic
SMALL = "\u00b7"  # marks a small word, so that "was" in German and "was" in English stay apart from nouns


def terms(text: str, language: str) -> list[str]:
    """The terms of a text in their order; those of small words begin with ``SMALL``.

    Args:
        text: Anything.
        language: As ``language_of`` names it; decides about case, stems and small words.
    """
    if language == "tr":
        text = text.translate(TURKISH)
    return list(chain.from_iterable(map(_analysis(language).__getitem__, tokens(text))))


def tokens(text: str) -> list[str]:
    """The runs of letters, marks and digits in a text, folded."""
    text = fold(text)
    return (TOKEN if not text.isascii() and MARKED.search(text) else PLAIN_TOKEN).findall(text)


def fold(text: str) -> str:
    """The text without differences that readers hardly see: case, width, points and vowel signs."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(FOLDS)


class _Analysis(dict[str, tuple[str, ...]]):
    """The terms of each token met so far in one language: texts say the same few words again and again."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, token: str) -> tuple[str, ...]:
        found = _analysed(token, self._language)
        if len(token) <= LONGEST:
            if len(self) >= MOST_REMEMBERED:
                self.clear()
            self[token] = found
        return found


@cache
def _analysis(language: str) -> _Analysis:
    return _Analysis(language)


def _analysed(token: str, language: str) -> tuple[str, ...]:
    """The terms of one run of letters, marks and digits."""
    if UNSPACED.search(token):
        return tuple(_unspaced(token, language))
    if "." in token or "," in token:
        return (re.sub("[.,]", "", token) if SEPARATED.fullmatch(token) else token.replace(",", "."),)
    words = (word[:LONGEST] for word in token.split("_") if word)
    return tuple(
        SMALL + word if word in small_words(language) else _stem(_ascii_digits(word), language) for word in words
    )


def _unspaced(token: str, language: str) -> Iterator[str]:
    """The terms of a run in which there is writing without spaces."""
    end = 0
    for match in UNSPACED.finditer(token):
        yield from _analysed(token[end : match.start()], language) if match.start() > end else ()
        end = match.end()
        if match["pairs"]:
            for run in CJK_SMALL.split(match[0]):
                yield from _grams(run, 2)
        else:
            yield from _grams(match[0], 3)
    yield from _analysed(token[end:], language) if end < len(token) else ()


def _grams(run: str, size: int) -> Iterator[str]:
    """Overlapping runs of so many characters with their marks; a shorter run is one by itself."""
    clusters = CLUSTER.findall(run)
    for start in range(max(len(clusters) - size + 1, min(len(clusters), 1))):
        yield "".join(clusters[start : start + size])


def _stem(word: str, language: str) -> str:
    if stemmer := _stemmer(language):
        word = stemmer.stemWord(word)
    elif CHANGING.fullmatch(word) and language != "vi":
        word = word[:TRUNK]
    if language != "vi" and ACCENTED.search(word):
        word = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return word.translate(PLAIN)


def _ascii_digits(word: str) -> str:
    """Digits of every script as 0 to 9."""
    if word.isascii() or not any(map(str.isdecimal, word)):
        return word
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in word)


_stemmers = threading.local()  # a Snowball stemmer holds one word at a time


def _stemmer(language: str) -> Any:
    if language not in STEMMERS:
        return None
    if (found := getattr(_stemmers, language, None)) is None:
        found = Stemmer.Stemmer(STEMMERS[language], 0)
        setattr(_stemmers, language, found)
    return found


@cache
def small_words(language: str) -> frozenset[str]:
    """The small words of a language, folded."""
    return frozenset(fold(word) for word in FUNCTION_WORDS.get(language, "").split())
