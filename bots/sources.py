"""``content.toml``, beside ``avatar.toml``: where the creator's content is, and how to read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from core import toml
from core.errors import ConfigError

FILE = "content.toml"
WEB = ("http://", "https://")

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
    if not path.exists():
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}. Save it as UTF-8 text and make it readable.") from exc
    return toml.read(text, str(path), Sources)


def add(folder: Path, *, sources: tuple[str, ...], creator: tuple[str, ...], consent: tuple[str, ...]) -> Sources:
    """Note more sources, names and consents; comments and order in the file stay.

    Raises:
        ConfigError: The file has errors, or cannot be written.
    """
    load(folder)
    path = folder / FILE
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    for key, values in (("sources", sources), ("creator", creator), ("consent", consent)):
        listed = document.setdefault(key, tomlkit.array().multiline(len(values) > 1)) if values else []
        for value in values:
            if value not in listed:
                listed.append(value)
    try:
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc.strerror}.") from exc
    return toml.read(tomlkit.dumps(document), str(path), Sources)


def located(source: str, folder: Path) -> str:
    """A source as it can be opened: paths in the file are meant from the avatar's folder."""
    return source if source.lower().startswith(WEB) else str((folder / Path(source).expanduser()).resolve())
