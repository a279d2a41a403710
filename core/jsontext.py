"""JSON as language models write it: behind a preamble, in a fence, cut off before its end."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

ENDING = re.compile(r"[}\]\"]|\d(?=\s*[,\s])")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
CLOSING = {"{": "}", "[": "]"}
MOST_BEGINNINGS, MOST_ENDINGS = 8, 40  # places that are tried
LONGEST = 20_000  # characters that are looked at


def found(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text, closed where it was cut off; None if there is none."""
    text = text[:LONGEST]
    for beginning in islice(re.finditer("{", text), MOST_BEGINNINGS):
        value = _value(text[beginning.start() :])
        if isinstance(value, dict):
            return value
    return None


def _value(text: str) -> Any:
    try:
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return _closed(text)


def _closed(text: str) -> Any:
    """A text that breaks off, up to its last whole value, with what is open closed."""
    ends = [match.end() for match in ENDING.finditer(text)]
    for end in reversed(ends[-MOST_ENDINGS:]):
        try:
            return json.loads(text[:end] + _closers(text[:end]), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _closers(text: str) -> str:
    """The brackets that close what is still open."""
    held: list[str] = []
    for sign in STRING.sub("", text):
        if sign in CLOSING:
            held.append(CLOSING[sign])
        elif held and sign == held[-1]:
            held.pop()
    return "".join(reversed(held))
