"""Avatars from character cards, and back.

Beside an imported ``avatar.toml`` and ``lorebook.toml`` lie the card as it came (``card.json``, and the picture or
CHARX it came in) and what the import made of it (``card.toml``, ``card-lorebook.toml``): an export writes into the card
only what has been changed since.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters import cards
from adapters.cards import Card, CardFile, Container, Draft, Format
from bots import avatars, lorebooks
from core.errors import ConfigError
from core.lore import Book
from core.persona import Persona, parse

CARD, IMPORTED, IMPORTED_LORE = "card.json", "card.toml", "card-lorebook.toml"
BEFORE = ".before"  # behind the name of a file that was replaced
WRAPPERS: tuple[Container, ...] = ("png", "charx")
ENDINGS: Mapping[str, Container] = {".png": "png", ".json": "json", ".charx": "charx"}
NAME = re.compile(r"\w[\w.-]{0,63}")
LONGEST_NAME = 40  # of those that are made up from a card


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; lists of sentences and of short names."""

    avatar: str
    name: str
    file: str
    card: str
    remarks: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote; ``changed`` are the card's fields that differ from the imported card."""

    avatar: str
    file: str
    format: str
    changed: tuple[str, ...]
    remarks: tuple[str, ...]


def bring_in(path: Path, own: Path, *, name: str | None, force: bool) -> Imported:
    """Make an avatar of a card.

    Args:
        path: The card's file.
        own: The folder with the creator's own avatars.
        name: The avatar's name; None: made from the card's.
        force: Replace an avatar of that name. Its own files are kept, with ``.before`` behind their names.

    Raises:
        ConfigError: The card is not sound, or the avatar exists; then nothing was written.
    """
    found = cards.read(path)
    try:
        draft = cards.draft(found.card)
    except ConfigError as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    chosen = _checked(name) if name is not None else _slug(draft.persona.name)
    folder = own / chosen
    if os.path.lexists(folder) and not force:
        raise ConfigError(f"{folder} exists already. Choose another name with --name, or replace it with --force.")
    try:
        _put(folder, _files(found, draft))
    except OSError as exc:
        raise ConfigError(f"{folder} cannot be written: {exc.strerror}.") from exc
    remarks = (*found.remarks, *draft.remarks)
    card = f"{found.card.version} ({found.container})"
    return Imported(chosen, draft.persona.name, str(folder / avatars.FILE), card, remarks, draft.kept)


def _files(found: CardFile, draft: Draft) -> Mapping[str, bytes]:
    """What belongs into the avatar's folder; ``avatar.toml`` last, so that it appears when all else is there."""
    wrapped = {f"card.{found.container}": found.raw} if found.container in WRAPPERS else {}
    toml, lore_toml = draft.toml.encode(), draft.lore.toml.encode() if draft.lore else None
    written = {IMPORTED_LORE: lore_toml, lorebooks.FILE: lore_toml} if lore_toml is not None else {}
    return {**wrapped, CARD: found.text, **written, IMPORTED: toml, avatars.FILE: toml}


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder's files beside it and move them to their place when all are written."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=folder.parent) as temporary:
        stage = Path(temporary, folder.name)
        stage.mkdir()
        for name, content in files.items():
            (stage / name).write_bytes(content)
        if not os.path.lexists(folder):
            stage.rename(folder)
            return
        for name in (avatars.FILE, lorebooks.FILE):
            if (folder / name).exists():
                shutil.copyfile(folder / name, folder / f"{name}{BEFORE}")
        for name in (*(f"card.{container}" for container in WRAPPERS), IMPORTED_LORE, lorebooks.FILE):
            if name not in files:
                (folder / name).unlink(missing_ok=True)
        for name in files:
            (stage / name).replace(folder / name)


def give_out(name: str, own: Path, *, to: Path | None, version: Format, force: bool) -> Exported:
    """Write an avatar as a character card.

    Args:
        name: The avatar's name.
        own: The folder with the creator's own avatars.
        to: Where; its ending says as what. None: into the working directory, as what the card came in.
        version: As which version of the format.
        force: Replace a file that is there.

    Raises:
        ConfigError: There is no such avatar, its files are not sound, or the target exists.
    """
    now = avatars.load(name, own)
    folder = avatars.found(own)[name].parent
    original = next((one for one in WRAPPERS if (folder / f"card.{one}").exists()), None)
    target = to or Path(f"{name}.{original or 'json'}")
    container = _container(target)
    if target.exists() and not force:
        raise ConfigError(f"{target} exists already. Choose another file with --to, or replace it with --force.")
    card, before, lore_before = _imported(folder)
    today = cards.with_lore(cards.updated(card, before, now), lore_before, lorebooks.load(folder))
    wrapper = cards.read(folder / f"card.{container}").raw if original == container else None
    try:
        _write(target, cards.written(today, container, version, wrapper))
    except OSError as exc:
        raise ConfigError(f"{target} cannot be written: {exc.strerror}.") from exc
    changed = tuple(field for field, value in today.fields.items() if value != card.fields.get(field))
    remarks = ("The files inside the CHARX are not in it; export to a .charx to have them.",)
    lost = original == "charx" and container != "charx"
    return Exported(name, str(target), version, changed, remarks if lost else ())


def _imported(folder: Path) -> tuple[Card, Persona | None, Book | None]:
    """The card that an avatar came from, and what the import made of it; a blank one for an avatar without a card."""
    if not (folder / CARD).exists():
        return cards.blank(), None, None
    card = cards.read(folder / CARD).card
    book = lorebooks.load(folder, IMPORTED_LORE)
    if not (folder / IMPORTED).exists():
        return card, cards.draft(card).persona, book
    text = (folder / IMPORTED).read_text(encoding="utf-8", errors="replace")
    return card, parse(text, str(folder / IMPORTED)), book


def _container(target: Path) -> Container:
    container = ENDINGS.get(target.suffix.lower())
    if container is None:
        raise ConfigError(f"{target}: a card can be written as {', '.join(ENDINGS)}.")
    return container


def _write(target: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as temporary:
        part = Path(temporary, target.name)
        part.write_bytes(content)
        part.replace(target)


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ConfigError(f"--name {name!r}: letters, digits, '-', '_' and '.', at most 64, beginning with a letter.")
    return name


def _slug(name: str) -> str:
    """A folder's name from a person's."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    slug = re.sub(r"\W+", "-", unicodedata.normalize("NFKC", plain).lower()).strip("-_")[:LONGEST_NAME].rstrip("-_")
    if not slug:
        raise ConfigError(f"The card's name {name!r} makes no folder name. Choose one with --name.")
    return slug
