"""Macros in the texts of character cards and lorebooks: ``{{char}}``, ``{{random:a,b}}``, ``{{roll:d6}}`` and the like.

What they draw is drawn from seeds, so that a turn that is resumed after a crash says the same.
Source: "curly braced syntaxes" in Character Card V3 (kwaroran, github.com/kwaroran/character-card-spec-v3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count

INNERMOST = re.compile(r"\{\{([^{}]*)\}\}")
ANGLED = re.compile(r"<(char|bot|user)>", re.IGNORECASE)
VOCATIVE = re.compile(r"[,،，][ \t]*(?:\{\{user\}\}|<user>)(?=\s*(?:[.!?…]|$))", re.IGNORECASE | re.MULTILINE)  # noqa: RUF001  commas of other scripts
POSSESSIVE = re.compile(r"(?:\{\{user\}\}|<user>)['’]s\b", re.IGNORECASE)  # noqa: RUF001  both apostrophes are written
COMMA = re.compile(r"(?<!\\),")
MOST_NESTED = 10
MOST_DIGITS = 9  # of a die's sides


@dataclass(frozen=True, slots=True)
class Seeds:
    """What draws come from: the same seeds draw the same.

    Attributes:
        turn: For ``random`` and ``roll``.
        talk: For ``pick``, which is to stay the same all through a conversation.
        place: What tells one text from another, so that two texts don't draw alike.
    """

    turn: int = 0
    talk: int = 0
    place: str = ""


def drawn(sides: int, *seed: int | str) -> int:
    """A number from 0 to ``sides`` - 1 that depends on nothing but the seed."""
    return int.from_bytes(blake2b(repr(seed).encode(), digest_size=8).digest(), "big") % sides


def has_macros(text: str) -> bool:
    """Whether there may be macros in it."""
    return "{{" in text or "<" in text


def resolve(
    text: str, *, char: str, user: str, users: str, seeds: Seeds, hidden: bool = False, keep: str = ""
) -> tuple[str, frozenset[str]]:
    """The text without macros.

    Args:
        text: A text with macros.
        char: The character's name.
        user: What stands for the fan: "you" where a fan is spoken to, "the fan" where they are spoken of.
        users: The same in the possessive.
        seeds: What is drawn comes from these.
        hidden: Show what ``hidden_key`` holds, for looking for keys in the text; comments are left out all the same.
        keep: The name of a macro that stays as it is.

    Returns:
        The text, and the names of macros that are not of the specification; these are left out.
    """
    if not has_macros(text):
        return text, frozenset()
    names = {"char": char, "bot": char, "user": user}
    unknown: set[str] = set()
    numbers = count()

    def one(match: re.Match[str]) -> str:
        name, _, value = match[1].strip().partition(":")
        name, value = name.strip().lower(), value.lstrip(":")
        if name == keep:
            return match[0]
        if name in DRAWN:
            return DRAWN[name](value, seeds, next(numbers))
        if name == "hidden_key" and hidden:
            return value.strip()
        if name not in names and name not in SHOWN and not name.startswith("//"):
            unknown.add(name[:40])
        return names[name] if name in names else value[::-1] if name == "reverse" else ""

    text = POSSESSIVE.sub(lambda _: users, VOCATIVE.sub("", text))
    for _ in range(MOST_NESTED):
        text, found = INNERMOST.subn(one, text)
        if not found:
            break
    return ANGLED.sub(lambda match: names[match[1].lower()], text), frozenset(unknown)


def named(text: str, names: Mapping[str, str]) -> str:
    """The text with these names put in, all other macros left as they are."""
    text = INNERMOST.sub(lambda match: names.get(match[1].strip().lower(), match[0]), text)
    return ANGLED.sub(lambda match: names.get(match[1].lower(), match[0]), text)


def _random(value: str, seeds: Seeds, number: int) -> str:
    return _chosen(value, seeds.turn, seeds.place, number)


def _pick(value: str, seeds: Seeds, _: int) -> str:
    return _chosen(value, seeds.talk, value)


def _roll(value: str, seeds: Seeds, number: int) -> str:
    sides = value.strip().lower().removeprefix("d")
    if not (sides.isascii() and sides.isdigit() and len(sides) <= MOST_DIGITS and int(sides)):
        return ""
    return str(1 + drawn(int(sides), seeds.turn, seeds.place, number))


def _chosen(value: str, *seed: int | str) -> str:
    choices = [choice.replace("\\,", ",").strip() for choice in COMMA.split(value)]
    return choices[drawn(len(choices), *seed)]


DRAWN = {"random": _random, "pick": _pick, "roll": _roll}
SHOWN = {"reverse", "hidden_key", "comment"}
