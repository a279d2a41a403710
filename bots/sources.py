"""``content.toml``, beside ``avatar.toml``: where the creator's content is, and how to read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bots import avatars
from core import toml

FILE = "content.toml"
ALL = ""  # in place of a source's name and of an address: when all of them were read
WEB = ("http://", "https://", "www.")  # what a web address begins with

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Sources(BaseModel):
    """What the avatar may be built and answer from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: tuple[Line, ...] = Field(default=(), description="Files, folders, exports and web addresses.")
    creator: tuple[Line, ...] = Field(default=(), description="Names, handles and ids under which the creator writes.")
    consent: tuple[Literal["telegram"], ...] = Field(
        default=(), description="Exports that may be used although their platform's terms restrict it."
    )
    every: float = Field(default=24, ge=0, le=8760, description="Hours until it is read again; 0: only by hand.")


def load(folder: Path) -> Sources | None:
    """Read an avatar's list of sources; None if it has none.

    Raises:
        ConfigError: The file has errors.
    """
    path = folder / FILE
    return toml.read(avatars.read(path), str(path), Sources) if path.exists() else None


def add(folder: Path, *, sources: tuple[str, ...], creator: tuple[str, ...], consent: tuple[str, ...]) -> Sources:
    """Note more sources, names and consents; comments and order in the file stay.

    Raises:
        ConfigError: The file has errors, or cannot be written.
    """
    path = folder / FILE
    load(folder)
    before = avatars.read(path) if path.exists() else ""
    document = tomlkit.parse(before)
    for key, values in (("sources", sources), ("creator", creator), ("consent", consent)):
        listed = document.setdefault(key, tomlkit.array().multiline(len(values) > 1)) if values else []
        for value in values:
            if value not in listed:
                listed.append(value)
    after = tomlkit.dumps(document)
    noted = toml.read(after, str(path), Sources)
    if after != before:
        avatars.write(path, after)
    return noted


def located(source: str, folder: Path) -> str:
    """A source as it can be opened: paths in the file are meant from the avatar's folder."""
    return source if on_the_web(source) else str((folder / Path(source).expanduser()).resolve())


def on_the_web(source: str) -> bool:
    """Whether a source is an address, not a path."""
    return source.lower().startswith(WEB)
