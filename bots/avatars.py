"""Finding avatars: the creator's own folder first, then the samples that come along."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigError
from core.persona import Persona, parse

SAMPLES = Path(__file__).parent
FILE = "avatar.toml"


def found(own: Path) -> Mapping[str, Path]:
    """Every avatar's file by its name; one of your own hides a sample of the same name."""
    return {path.parent.name: path for folder in (SAMPLES, own) for path in sorted(folder.glob(f"*/{FILE}"))}


def load(name: str, own: Path) -> Persona:
    """Read an avatar.

    Args:
        name: The name of its folder.
        own: The folder with the creator's own avatars.

    Raises:
        ConfigError: There is no such avatar, or its file has errors.
    """
    avatars = found(own)
    path = avatars.get(name)
    if path is None:
        known = ", ".join(sorted(avatars))
        raise ConfigError(
            f"There is no avatar '{name}'. Known: {known}. Yours belong into {own.resolve()}/NAME/{FILE}."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}. Save it as UTF-8 text and make it readable.") from exc
    return parse(text, str(path))
