"""Example exchanges in a card: blocks after ``<START>``, each line with its speaker (Character Card V1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

START = re.compile(r"^[ \t]*<START>[ \t]*$", re.IGNORECASE | re.MULTILINE)
FAN = (r"\{\{user\}\}", "<user>")
AVATAR = (r"\{\{char\}\}", "<char>", "<bot>")


class Exchanges(NamedTuple):
    """What was found.

    Attributes:
        pairs: A fan's text and the avatar's answer each; macros still in them.
        odd: Messages that are in no pair.
    """

    pairs: tuple[tuple[str, str], ...]
    odd: int


class _Said(NamedTuple):
    by_fan: bool
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def exchanges(text: str, names: Sequence[str]) -> Exchanges:
    """Read a card's examples.

    Args:
        text: The field.
        names: What the character is called, for cards that have the name where the macro belongs.
    """
    avatar = "|".join([*AVATAR, *(re.escape(name) for name in names if name.strip())])
    speaker = re.compile(rf"[ \t]*(?:(?P<fan>{'|'.join(FAN)})|{avatar})[ \t]*:[ \t]?(?P<text>.*)", re.IGNORECASE)
    pairs: list[tuple[str, str]] = []
    odd = 0
    for block in START.split(text.replace("\r\n", "\n")):
        said, strays = _said(block, speaker)
        found = [(one.text, two.text) for one, two in pairwise(said) if one.by_fan]
        pairs += found
        odd += len(said) - 2 * len(found) + strays
    return Exchanges(tuple(pairs), odd)


def written(pairs: Iterable[tuple[str, str]]) -> str:
    """The field for these exchanges."""
    return "\n".join(f"<START>\n{{{{user}}}}: {fan}\n{{{{char}}}}: {avatar}" for fan, avatar in pairs)


def _said(block: str, speaker: re.Pattern[str]) -> tuple[list[_Said], int]:
    """What was said in a block, what one speaker says in a row being one; and whether something precedes it."""
    said: list[_Said] = []
    strays = 0
    for line in block.strip().split("\n"):
        begins = speaker.fullmatch(line)
        if begins and not (said and said[-1].by_fan == bool(begins["fan"])):
            said.append(_Said(bool(begins["fan"]), [begins["text"]]))
        elif said:
            said[-1].lines.append(begins["text"] if begins else line)
        elif line.strip():
            strays = 1
    return said, strays
