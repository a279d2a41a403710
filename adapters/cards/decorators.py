"""Decorators: lines such as ``@@depth 4`` above the content of a lorebook entry (Character Card V3).

A line that begins with ``@@@`` is what to do where the one before it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Fields = Mapping[str, Any]  # of a core.lore.Entry
Chain = tuple[str, ...]  # a line and what to do instead of it, as they are written

LINE = re.compile(r"(@@@?)([A-Za-z_]+)(?:[ \t]+(.*))?")  # of a line without blanks around it
COMMA = re.compile(r"(?<!\\),")
MOST_DIGITS = 6
LOWEST = -(10**9)  # priority


class Decorated(NamedTuple):
    """What decorators say.

    Attributes:
        fields: Of the entry.
        ignored: Names of those that mean nothing here.
    """

    fields: Fields
    ignored: frozenset[str]


def parted(content: str) -> tuple[Sequence[Chain], str]:
    """The decorators above a content, and the content."""
    chains: list[Chain] = []
    lines = content.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        found = LINE.fullmatch(line.strip())
        if found and found[1] == "@@@" and chains:
            chains[-1] = (*chains[-1], line.strip())
        elif found:
            chains.append((line.strip(),))
        elif line.strip():
            return chains, "\n".join(lines[number:])
    return chains, ""


def joined(chains: Iterable[Chain], content: str) -> str:
    """The content with decorators above it."""
    return "\n".join([*(line for chain in chains for line in chain), content])


def without(chains: Iterable[Chain], names: frozenset[str]) -> list[Chain]:
    """These decorators, but for those of these names."""
    return [chain for chain in chains if not names & {_named(line)[0] for line in chain}]


def listed(keys: Iterable[str]) -> str:
    """Several values of one decorator."""
    return ",".join(key.replace(",", "\\,") for key in keys)


def read(chains: Iterable[Chain]) -> Decorated:
    """What the decorators say; of several with one name the first counts, but lists of keys add up."""
    fields: dict[str, Any] = {}
    ignored: set[str] = set()
    seen: set[str] = set()
    for chain in chains:
        said = ((name, READERS[name](value)) for name, value in map(_named, chain) if name in READERS)
        name, meant = next(((name, meant) for name, meant in said if meant is not None), ("", None))
        if meant is None:
            ignored.add(_named(chain[0])[0])
        elif name in LISTS:
            fields[LISTS[name]] = [*fields.get(LISTS[name], ()), *meant[LISTS[name]]]
        elif name not in seen:
            fields |= meant
        seen.add(name)
    if "position" in seen:
        fields["depth"] = None
    if "activate" in seen:
        fields.pop("enabled", None)
    return Decorated(fields, frozenset(ignored))


def _named(line: str) -> tuple[str, str]:
    found = LINE.fullmatch(line)
    return (found[2].lower(), found[3] or "") if found else ("", "")


def _number(field: str, least: int) -> Callable[[str], Fields | None]:
    def read_number(value: str) -> Fields | None:
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
            return None
        return {field: max(int(value), least)}

    return read_number


def _keys(field: str) -> Callable[[str], Fields | None]:
    def read_keys(value: str) -> Fields | None:
        keys = [key.replace("\\,", ",").strip() for key in COMMA.split(value)]
        return {field: [key for key in keys if key]} if any(keys) else None

    return read_keys


def _means(**fields: Any) -> Callable[[str], Fields | None]:
    return lambda _: fields


POSITIONS = {"before_desc": "before", "after_desc": "after"}
LISTS = {"additional_keys": "secondary_keys", "exclude_keys": "exclude_keys"}
READERS: Mapping[str, Callable[[str], Fields | None]] = {
    "activate": _means(constant=True, probability=100, after_replies=0, every_replies=1),
    "activate_only_after": _number("after_replies", 0),
    "activate_only_every": _number("every_replies", 1),
    "additional_keys": _keys("secondary_keys"),
    "constant": _means(constant=True),
    "depth": _number("depth", 0),
    "dont_activate": _means(enabled=False),
    "dont_activate_after_match": _means(after_match="never"),
    "exclude_keys": _keys("exclude_keys"),
    "ignore_on_max_context": _means(priority=LOWEST),
    "keep_activate_after_match": _means(after_match="stay"),
    "position": lambda value: {"position": POSITIONS[value.strip('"')]} if value.strip('"') in POSITIONS else None,
    "scan_depth": _number("scan_depth", 0),
}
