"""Which language a text is in: by its script, and where several share one, by the small words in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import cache

from adapters.library.speech import FUNCTION_WORDS
from adapters.library.terms import fold, tokens

LEAST_LEAD = 1  # small words by which a language must be ahead of the next
ENOUGH, ENOUGH_FOR_SCRIPT = 600, 240  # characters that are looked at
SCRIPTS = {  # one language each, or the one that is likeliest without small words to go by
    "ko": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff",
    "ja": "\u3040-\u30ff",
    "zh": "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff",
    "ru": "\u0400-\u052f",
    "ar": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff",
    "he": "\u0590-\u05ff",
    "el": "\u0370-\u03ff",
    "hi": "\u0900-\u097f",
    "ta": "\u0b80-\u0bff",
    "hy": "\u0530-\u058f",
    "th": "\u0e00-\u0e7f",
    "": "A-Za-z\u00c0-\u024f",
}
SHARED = {"": "Latin", "ru": "Cyrillic", "ar": "Arabic"}  # the scripts of several languages
LETTERS = {language: re.compile(f"[{letters}]") for language, letters in SCRIPTS.items()}


def _speakers() -> Mapping[str, tuple[str, ...]]:
    """In which languages each small word is one."""
    found: dict[str, tuple[str, ...]] = {}
    for language, words in FUNCTION_WORDS.items():
        for word in map(fold, words.split()):
            found[word] = (*found.get(word, ()), language)
    return found


SPEAKERS = _speakers()


def language_of(text: str, among: Collection[str] = ()) -> str:
    """The language as a two-letter code; empty where it cannot be told.

    Args:
        text: Some words suffice, a sentence is better.
        among: The only languages to choose from where one script has several; empty: all known ones.
    """
    text = text[:ENOUGH]
    script = _script(text)
    if script not in SHARED:
        return script
    votes = Counter(
        language for token in tokens(text) for language in SPEAKERS.get(token, ()) if not among or language in among
    )
    ranked = votes.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] - ranked[1][1] < LEAST_LEAD):
        return script
    return ranked[0][0]


def primary(tag: str) -> str:
    """The language of an IETF tag: "pt" for "pt-BR"."""
    return tag.replace("_", "-").partition("-")[0].lower()


def _script(text: str) -> str:
    """The language that stands for the script of most letters; kana make a text Japanese, whatever else is in it."""
    if text.isascii():
        return ""
    counts = Counter(map(_script_of, text[:ENOUGH_FOR_SCRIPT]))
    del counts[None]
    if counts["ja"] * 5 > counts["zh"]:
        counts["ja"] += counts["zh"]
    return max(counts, key=lambda language: counts[language] or 0, default="") or ""


@cache
def _script_of(sign: str) -> str | None:
    return next((language for language, letters in LETTERS.items() if letters.match(sign)), None)
