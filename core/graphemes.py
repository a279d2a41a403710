"""Where text may be cut without cutting what a reader sees as one character.

Unicode's rules for extended grapheme clusters (UAX #29), from the standard library's tables, on the cautious side:
some pairs that the rules would part are kept together, such as any letter after an Indic virama.
"""

from __future__ import annotations

import unicodedata

ZWNJ, ZWJ = "\u200c", "\u200d"
REACH = 64  # characters; what is longer without a boundary is not writing, and may be cut anywhere

EXTENDING = frozenset("\u0e33\u0eb3\uff9e\uff9f" + ZWNJ + ZWJ)  # Thai and Lao AM, halfwidth voicing marks, joiners
VIRAMA = 9  # canonical combining class


def boundary(text: str, at: int) -> int:
    """The last place at or before ``at`` that cuts no grapheme; ``at`` itself if none is near."""
    if at >= len(text):
        return len(text)
    for place in range(at, max(at - REACH, 0), -1):
        if not _joined(text, place):
            return place
    return 0 if at <= REACH else at


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after ``at`` belong together."""
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return before == "\r" and after == "\n"
    if before == "\n":
        return False
    return (
        _extends(after)
        or before == ZWJ
        or (unicodedata.combining(before) == VIRAMA and unicodedata.category(after) == "Lo")
        or (_is_leading_jamo(before) and (_is_leading_jamo(after) or "\uac00" <= after <= "\ud7a3"))
        or (_is_regional(before) and _is_regional(after) and _regionals_end(text, at) % 2 == 1)
    )


def _extends(char: str) -> bool:
    return (
        char in EXTENDING
        or unicodedata.category(char)[0] == "M"
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags, as in the flag of Scotland
        or "\u1160" <= char <= "\u11ff"  # Hangul vowels and final consonants
        or "\ud7b0" <= char <= "\ud7fb"
    )


def _is_leading_jamo(char: str) -> bool:
    return "\u1100" <= char <= "\u115f" or "\ua960" <= char <= "\ua97c"


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regionals_end(text: str, at: int) -> int:
    """How many regional indicators, which pair up into flags, end at ``at``."""
    start = at
    while start and _is_regional(text[start - 1]):
        start -= 1
    return at - start
