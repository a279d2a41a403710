"""Finding avatars and their files: the creator's own folder first, then the samples that come along."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigError
from core.persona import Persona, parse

SAMPLES = Path(__file__).parent
FILE = "avatar.toml"
DRAFT = "avatar.draft.toml"
NAME = re.compile(r"\w[\w.-]{0,63}")


def found(own: Path) -> Mapping[str, Path]:
    """Every avatar's file by its name; one of your own hides a sample of the same name."""
    return {path.parent.name: path for folder in (SAMPLES, own) for path in sorted(folder.glob(f"*/{FILE}"))}


def file_of(name: str, own: Path, *, draft: bool = False) -> Path:
    """Where an avatar's file is, or its draft.

    Args:
        name: The name of its folder.
        own: The folder with the creator's own avatars.
        draft: The draft that lies beside the published file. A new avatar may have nothing but a draft.

    Raises:
        ConfigError: There is no such avatar, or it has no draft.
    """
    avatars = found(own)
    if draft and (own / name / DRAFT).is_file():
        return own / name / DRAFT
    if name not in avatars:
        known = ", ".join(sorted(avatars))
        hint = f" It has a draft only: stagedoor avatar publish {name}" if (own / name / DRAFT).is_file() else ""
        raise ConfigError(
            f"There is no avatar '{name}'. Known: {known}. Yours belong into {own.resolve()}/NAME/{FILE}.{hint}"
        )
    if draft:
        beside = avatars[name].with_name(DRAFT)
        raise ConfigError(f"'{name}' has no draft. Copy {FILE} to {beside} and change that.")
    return avatars[name]


def read(path: Path) -> str:
    """The text of an avatar's file.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}. Make it readable.") from exc
    return decoded(raw, path)


def decoded(raw: bytes, path: Path) -> str:
    """The text of an avatar's file, whatever system it was written on.

    Raises:
        ConfigError: It is not UTF-8.
    """
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise ConfigError(f"{path}, line {line}: is not UTF-8 text. Save it as UTF-8.") from exc


def checked(text: str, path: Path) -> Persona:
    """What an avatar's file says, where all that it names is there.

    Args:
        text: The file's text.
        path: The file: its name for errors, and where a picture has to be.

    Raises:
        ConfigError: Naming the file, and for each error its line, its field and what would mend it.
    """
    persona = parse(text, str(path))
    picture = persona.picture
    if picture and ":" not in picture and not (path.parent / picture).is_file():
        raise ConfigError(f"{path}: picture: there is no file {picture} beside it. Put it there or remove the line.")
    return persona


def load(name: str, own: Path, *, draft: bool = False) -> Persona:
    """Read an avatar.

    Args:
        name: The name of its folder.
        own: The folder with the creator's own avatars.
        draft: Its draft instead of what is published.

    Raises:
        ConfigError: There is no such avatar, or its file has errors.
    """
    path = file_of(name, own, draft=draft)
    return checked(read(path), path)


def own_file(name: str, own: Path) -> Path:
    """The published file of an avatar that may be changed; it need not be there yet if there is a draft.

    Raises:
        ConfigError: There is no such avatar, or it is a sample.
    """
    path = own / name / FILE
    if not path.is_file() and not path.with_name(DRAFT).is_file():
        file_of(name, own)
        raise ConfigError(
            f"'{name}' is a sample that comes with Stagedoor and is not changed. "
            f"Make it yours first: stagedoor avatar copy {name} NEW"
        )
    return path


def write(path: Path, text: str) -> None:
    """Write an avatar's file so that whoever reads it meanwhile has the old or the new text, whole.

    Raises:
        ConfigError: It cannot be written.
    """
    target = path.resolve()  # a link stays a link
    try:
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target.parent) as temporary:
            part = Path(temporary, target.name)
            part.write_bytes(text.encode())
            if target.exists():
                shutil.copymode(target, part)
            part.replace(target)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc.strerror}. Make its folder writable.") from exc


def copy(name: str, new: str, own: Path) -> Path:
    """Make an avatar of your own from another one, a sample or yours, with all that lies in its folder.

    Returns:
        The new avatar's file.

    Raises:
        ConfigError: There is no such avatar, the new name is of no use, or there is an avatar of that name.
    """
    if not NAME.fullmatch(new):
        raise ConfigError(f"{new!r}: letters, digits, '-', '_' and '.', at most 64, beginning with a letter.")
    source, target = file_of(name, own).parent, own / new
    if os.path.lexists(target):
        raise ConfigError(f"{target} exists already. Choose another name.")
    try:
        own.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".copying-", dir=own) as temporary:
            staged = Path(temporary, new)
            shutil.copytree(source, staged, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            staged.rename(target)
    except OSError as exc:
        raise ConfigError(f"{target} cannot be written: {exc.strerror or exc}.") from exc
    return target / FILE
