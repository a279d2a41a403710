"""Lorebooks beside an ``avatar.toml``, and trying one out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bots import avatars
from core.errors import ConfigError
from core.lore import LONGEST_CONTENT, Book, parse
from core.lorebook import Lorebook
from core.persona import Persona
from core.text import clean, estimate_tokens, neutralise

FILE = "lorebook.toml"


@dataclass(frozen=True, slots=True)
class Called:
    """One entry that a text calls up."""

    name: str
    why: str
    tokens: int
    content: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a text calls up; ``dropped`` are names of entries for which the budget had no room."""

    avatar: str
    entries: tuple[Called, ...]
    dropped: tuple[str, ...]
    budget: int


def load(folder: Path, file: str = FILE) -> Book | None:
    """Read the lorebook in an avatar's folder; None if there is none.

    Raises:
        ConfigError: It can't be read, or has errors.
    """
    path = folder / file
    if not path.exists():
        return None
    return parse(avatars.read(path), str(path))


def prepared(book: Book, persona: Persona) -> Lorebook:
    """A lorebook ready for an avatar's turns."""
    return Lorebook(book, char=persona.name, tidy=lambda text: neutralise(clean(text, LONGEST_CONTENT)))


def tried(name: str, own: Path, text: str) -> Trial:
    """Which entries of an avatar's lorebook a message calls up.

    Args:
        name: The avatar's name.
        own: The folder with the creator's own avatars.
        text: What a fan might write.

    Raises:
        ConfigError: There is no such avatar, it has no lorebook, or a file has errors.
    """
    persona = avatars.load(name, own)
    folder = avatars.found(own)[name].parent
    book = load(folder)
    if book is None:
        raise ConfigError(f"{name} has no lorebook. Write one in {folder / FILE}.")
    lorebook = prepared(book, persona)
    message = neutralise(clean(text, LONGEST_CONTENT))
    found = lorebook.activate([message], seed=0, estimate=estimate_tokens)
    called = tuple(
        Called(lore.name, lore.why, lore.tokens or estimate_tokens(lore.content), lore.content)
        for lore in (*lorebook.constant, *found.entries)
    )
    return Trial(name, called, found.dropped, book.token_budget)
