"""Macros in a card's texts ("curly braced syntaxes", Character Card V3), resolved once, when the card is read.

An ``avatar.toml`` is plain text that a person edits, so what a chat program would draw anew each time (``random``,
``roll``) is settled here: the first choice, the middle of the die.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

INNERMOST = re.compile(r"\{\{([^{}]*)\}\}")
ANGLED = re.compile(r"<(char|bot|user)>", re.IGNORECASE)
VOCATIVE = re.compile(r"[,،，][ \t]*(?:\{\{user\}\}|<user>)(?=\s*(?:[.!?…]|$))", re.IGNORECASE | re.MULTILINE)  # noqa: RUF001  commas of other scripts
POSSESSIVE = re.compile(r"(?:\{\{user\}\}|<user>)['’]s\b", re.IGNORECASE)  # noqa: RUF001  both apostrophes are written
COMMA = re.compile(r"(?<!\\),")
MOST_NESTED = 10


def resolve(text: str, *, char: str, user: str, users: str) -> tuple[str, frozenset[str]]:
    """The text without macros.

    Args:
        text: A text of the card.
        char: The character's name.
        user: What stands for the fan: "you" where a fan is spoken to, "the fan" where they are spoken of.
        users: The same in the possessive.

    Returns:
        The text, and the names of macros that are not of the specification; these are left out.
    """
    unknown: set[str] = set()

    def one(match: re.Match[str]) -> str:
        return _value(match[1].strip(), {"char": char, "bot": char, "user": user}, unknown)

    text = POSSESSIVE.sub(lambda _: users, VOCATIVE.sub("", text))
    for _ in range(MOST_NESTED):
        text, count = INNERMOST.subn(one, text)
        if not count:
            break
    names = {"char": char, "bot": char, "user": user}
    return ANGLED.sub(lambda match: names[match[1].lower()], text), frozenset(unknown)


def _value(macro: str, names: Mapping[str, str], unknown: set[str]) -> str:
    if macro.lower() in names:
        return names[macro.lower()]
    if macro.startswith("//"):
        return ""
    name, _, value = macro.partition(":")
    known = DRAWN.get(name.strip().lower())
    if known is None:
        unknown.add(name.strip()[:40])
        return ""
    return known(value.lstrip(":"))


def _first(values: str) -> str:
    return COMMA.split(values)[0].replace("\\,", ",").strip()


def _middle(die: str) -> str:
    sides = die.strip().lower().removeprefix("d")
    return str((int(sides) + 1) // 2) if sides.isascii() and sides.isdigit() and len(sides) < 10 else ""  # noqa: PLR2004  digits


DRAWN: Mapping[str, Callable[[str], str]] = {
    "random": _first,
    "pick": _first,
    "roll": _middle,
    "reverse": lambda text: text[::-1],
    "hidden_key": lambda _: "",
    "comment": lambda _: "",
}
