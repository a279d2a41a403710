"""A card's lorebook as a ``lorebook.toml``, and what changed in a ``lorebook.toml`` back in the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from adapters.cards import decorators, entries
from adapters.cards.card import Card
from core.keys import FORM, BadPattern, Key
from core.lore import LONGEST_COMMENT, LONGEST_CONTENT, MOST_EFFORT, MOST_ENTRIES, MOST_KEYS, Book, Entry, parse
from core.macros import named
from core.text import clean, neutralise

LONGEST_NAME = 80  # characters, of an entry
LONGEST_KEY = 300  # the longest line that a lorebook takes; tests hold them against each other
MOST_NAMED = 5  # things of one kind in one remark
SPECIAL = frozenset("\\^$.|?*+()[]{}")  # what makes a regular expression of a text
MET = {  # what may be met in a book, as a remark says it after the number
    "empty": "of its lorebook entries say nothing and were left out",
    "long": f"of its lorebook entries were shortened to {LONGEST_CONTENT:,} characters",
    "keyless": "of its lorebook entries have no key and are switched off",
    "odd keys": "keys of its lorebook are too long, too much to look for, or empty, and were left out",
}
SETTINGS = {"scan_depth": 1000, "token_budget": 100_000}  # with the most that they may be


@dataclass(frozen=True, slots=True)
class LoreDraft:
    """What became of a card's lorebook.

    Attributes:
        toml: The text of the ``lorebook.toml``.
        book: What it says.
        remarks: What was shortened, left out or made up, a sentence each.
        unused: Names of fields that Stagedoor does not use; they are kept for export.
    """

    toml: str
    book: Book
    remarks: tuple[str, ...]
    unused: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """A book while it is being read."""

    char: str
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)  # what was met, and how often
    ignored: set[str] = field(default_factory=set)
    unused: set[str] = field(default_factory=set)
    effort: int = MOST_EFFORT  # that may still be spent on keys

    def count(self, what: str) -> None:
        self.found[what] = self.found.get(what, 0) + 1


def lore(card: Card, char: str) -> LoreDraft | None:
    """Write a ``lorebook.toml`` from a card; None if the card has nothing of the kind.

    Args:
        card: The card.
        char: What ``{{char}}`` stands for.
    """
    book = card.fields.get("character_book") or {}
    listed = book.get("entries") or []
    if not listed:
        return None
    reading = _Reading(char)
    for number, entry in enumerate(listed[:MOST_ENTRIES], 1):
        _read(reading, entry, number)
    settings = {name: int(book[name]) for name, most in SETTINGS.items() if _between(book.get(name), most)}
    remarks = _remarks(reading, len(listed))
    toml = _written({**settings, "recursive": book.get("recursive_scanning") is True}, reading.rows, remarks)
    return LoreDraft(toml, parse(toml, "character_book"), remarks, tuple(sorted(reading.unused)))


def with_lore(card: Card, before: Book | None, now: Book | None) -> Card:
    """The card with what its creator has changed in the lorebook since.

    Args:
        card: The card as it was imported, or a blank one.
        before: What the import made of its lorebook; None: there was none.
        now: What the ``lorebook.toml`` says today; None: there is none.
    """
    if before == now:
        return card
    book = card.fields.get("character_book") or {"extensions": {}}
    listed = book.get("entries") or []
    imported = {entry.card: entry for entry in before.entries} if before else {}
    entries_now = now.entries if now else ()
    kept = [(_original(listed, entry), imported.get(entry.card), entry) for entry in entries_now]
    rewritten = [entries.rewritten(original, was, entry) for original, was, entry in kept]
    missed = [entry for number, entry in enumerate(listed, 1) if number not in imported]
    settings = _settings(before or Book(), now or Book())
    return card.changed({"character_book": {**book, **settings, "entries": [*rewritten, *missed]}})


def _settings(before: Book, now: Book) -> Mapping[str, Any]:
    named = {"scan_depth": "scan_depth", "token_budget": "token_budget", "recursive": "recursive_scanning"}
    return {other: getattr(now, name) for name, other in named.items() if getattr(now, name) != getattr(before, name)}


def _original(listed: Sequence[Mapping[str, Any]], entry: Entry) -> Mapping[str, Any] | None:
    return listed[entry.card - 1] if entry.card is not None and entry.card <= len(listed) else None


def _read(reading: _Reading, entry: Mapping[str, Any], number: int) -> None:
    """Take one entry of the card in."""
    chains, content = decorators.parted(entry.get("content") or "")
    decorated = decorators.read(chains)
    reading.ignored |= decorated.ignored
    reading.unused |= entries.unused(entry)
    content = neutralise(clean(named(content, {"char": reading.char, "bot": reading.char}), len(content) * 10)).strip()
    if not content:
        reading.count("empty")
        return
    if len(content) > LONGEST_CONTENT:
        reading.count("long")
        content = clean(content, LONGEST_CONTENT)
    fields = {**entries.fields(entry), **decorated.fields}
    name = _named(reading, entry, number)
    own = _texts(entry.get("secondary_keys")) if entry.get("selective") is True else []
    lists = {
        "keys": _texts(entry.get("keys")),
        "secondary_keys": [*own, *decorated.fields.get("secondary_keys", ())],
        "exclude_keys": decorated.fields.get("exclude_keys", []),
    }
    regular = entry.get("use_regex") is True
    kept = {what: _keys(reading, name, keys, regular=regular, fields=fields) for what, keys in lists.items()}
    if not own:
        fields["logic"] = "any"
    if not kept["keys"] and not fields["constant"] and fields["enabled"]:
        reading.count("keyless")
        fields["enabled"] = False
    comment = clean(str(entry.get("comment") or ""), LONGEST_COMMENT) if entry.get("name") else ""
    said = {"name": name, **kept, "content": content, **{one: fields[one] for one in fields if one not in kept}}
    reading.rows.append({**said, "comment": comment if comment != name else "", "card": number})


def _named(reading: _Reading, entry: Mapping[str, Any], number: int) -> str:
    """A name of its own for an entry, from what people call it."""
    candidates = [entry.get("name"), entry.get("comment"), *_texts(entry.get("keys"))[:1]]
    texts = (" ".join(neutralise(clean(one, 10 * LONGEST_NAME)).split()) for one in candidates if isinstance(one, str))
    name = clean(next(filter(None, texts), f"entry {number}"), LONGEST_NAME)
    if name in reading.names:
        name = f"{name} ({number})"
    while name in reading.names:
        name += "'"
    reading.names.add(name)
    return name


def _keys(
    reading: _Reading, name: str, written: Sequence[str], *, regular: bool, fields: Mapping[str, Any]
) -> list[str]:
    """The keys that can be looked for; the others are noted."""
    keys: list[str] = []
    for text in written[:MOST_KEYS]:
        whole = clean(named(text, {"char": reading.char, "bot": reading.char}), len(text) * 10).replace("\n", " ")
        key = _regular(whole, case=fields["case_sensitive"]) if regular else whole
        try:
            found = Key.of(key, case=False, whole=True)
        except BadPattern as exc:
            reading.refused.append(f"{key[:60]} of '{name}' ({exc})")
        else:
            sound = len(key) <= LONGEST_KEY and (found.needle or found.pattern is not None)
            if sound and found.effort <= reading.effort and key not in keys:
                reading.effort -= found.effort
                keys.append(key)
            elif key and key not in keys:
                reading.count("odd keys")
    return keys


def _regular(text: str, *, case: bool) -> str:
    """A key of an entry whose keys are regular expressions; what has no special sign in it is as well plain."""
    if FORM.fullmatch(text) or not SPECIAL & set(text):
        return text
    form = f"/{text}/" if case else f"/{text}/i"
    try:
        Key.of(form, case=case, whole=True)
    except BadPattern:
        return form if any(sign in text for sign in ("(?", "\\")) else text  # "C++" was never meant as one
    return form


def _texts(value: Any) -> list[str]:
    """A list of texts as cards have them, some of them as one text with commas."""
    listed = value.split(",") if isinstance(value, str) else value
    texts = [one.strip() for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    return [text for text in texts if text]


def _between(value: Any, most: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


def _remarks(reading: _Reading, listed: int) -> tuple[str, ...]:
    """What a reader should know, a sentence each."""
    said = [f"{count} {MET[what]}." for what, count in reading.found.items()]
    if listed > MOST_ENTRIES:
        said.append(f"{listed:,} lorebook entries are too many; the first {MOST_ENTRIES:,} were taken.")
    if reading.ignored:
        said.append(f"Decorators that mean nothing here were left out: {_few(sorted(reading.ignored))}.")
    if reading.refused:
        said.append(f"Keys of its lorebook that were left out: {_few(reading.refused)}.")
    return tuple(said)


def _few(items: Sequence[str]) -> str:
    more = f" and {len(items) - MOST_NAMED} more" if len(items) > MOST_NAMED else ""
    return "; ".join(clean(item, 200).replace("\n", " ") for item in items[:MOST_NAMED]) + more


def _written(settings: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], remarks: Sequence[str]) -> str:
    """The text of a ``lorebook.toml``; what is as usual is left out."""
    toml = tomlkit.document()
    toml.add(tomlkit.comment("Written from a character card. The line 'card' says which of its entries one was."))
    for remark in remarks:
        toml.add(tomlkit.comment(remark))
    usual = Book().model_dump()
    for name, value in settings.items():
        if value != usual[name]:
            toml.add(name, tomlkit.item(value))
    tables = AoT([])
    for row in rows:
        tables.append(_table(row))
    if rows:
        toml.add("entries", tables)
    return toml.as_string()


def _table(row: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    usual = Entry.model_fields
    for name, value in row.items():
        if isinstance(value, str) and value and (usual[name].is_required() or value != usual[name].default):
            table.add(name, tomlkit.string(value, multiline="\n" in value))
        elif not isinstance(value, str) and value not in (usual[name].default, [], None):
            table.add(name, value)
    return table
