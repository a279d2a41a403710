"""One view of an export, whether it is a folder, a zip, a tar or a single file. Nothing is ever unpacked to disk.

Archives may lie: every byte is counted as it comes, names must stay inside, links are refused, and archives inside
archives are never opened.
"""

from __future__ import annotations

import io
import re
import stat
from collections.abc import Iterable
from contextlib import ExitStack, closing
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from adapters.ingest.containers import (
    BROKEN,
    GZIP,
    MOST_BYTES,
    MOST_ENTRIES,
    TOO_LARGE,
    TOO_MANY,
    ZIPS,
    Container,
    container,
    shown,
)
from core.errors import InvalidInput

MOST_GLIMPSED = 10_000  # names looked at to see what an archive is
PIECE = 64 * 1024
ARCHIVES = (*ZIPS, GZIP, b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd")
SEPARATORS = re.compile(r"[/\\]")
DRIVE = re.compile(r"[A-Za-z]:[/\\]")


class Archive:
    """The files of an export by their names: relative, "/" between folders, without a folder that wraps them all."""

    def __init__(self, opened: Container, most_bytes: int) -> None:
        self._container = opened
        self._left = most_bytes
        self._entries = _unwrapped(opened.entries())
        self.names = tuple(self._entries)

    def open(self, name: str) -> IO[bytes]:
        """Open one file to be read as a stream; reading raises ``InvalidInput`` as soon as it proves a lie.

        Raises:
            InvalidInput: It is not there, cannot be read, or is itself an archive.
        """
        if name not in self._entries:
            raise InvalidInput(f"{shown(name)}: is missing")
        try:
            stream, size = self._container.stream(self._entries[name])
        except BROKEN as exc:
            raise InvalidInput(f"{shown(name)}: cannot be read; download or unpack the export again") from exc
        with ExitStack() as unless_returned:
            source = io.BufferedReader(_Counted(self, name, stream, size), PIECE)
            unless_returned.callback(stream.close)
            if source.peek(8)[:8].startswith(ARCHIVES):
                raise InvalidInput(f"{shown(name)}: is an archive inside an archive; unpack it and give it by itself")
            unless_returned.pop_all()
        return source

    def whole(self, name: str, most: int) -> bytes:
        """All of one small file.

        Raises:
            InvalidInput: It has more bytes than ``most``, or cannot be read.
        """
        with self.open(name) as source:
            text = source.read(most + 1)
        if len(text) > most:
            raise InvalidInput(f"{shown(name)}: is larger than {most // 1024**2} MB")
        return text

    def spend(self, size: int) -> None:
        """Count bytes that were read.

        Raises:
            InvalidInput: They are too many for one archive.
        """
        self._left -= size
        if self._left < 0:
            raise InvalidInput(TOO_LARGE)

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_archive(path: Path, *, beside: tuple[str, ...] = (), most_bytes: int = MOST_BYTES) -> Archive:
    """Open a folder, zip, tar, tar.gz, or a single file as an archive of one.

    Args:
        path: Where it is.
        beside: Names of files next to a single file that belong to it, if they are there.
        most_bytes: Bytes that may be read from it.

    Raises:
        InvalidInput: It cannot be read, has too many files, or names that lead out of it.
    """
    with ExitStack() as unless_returned:
        try:
            opened = container(path, beside)
            unless_returned.callback(opened.close)
            archive = Archive(opened, most_bytes)
        except BROKEN as exc:
            raise InvalidInput("is damaged or cannot be read; download it again") from exc
        unless_returned.pop_all()
    return archive


def glimpse(path: Path) -> tuple[str, ...]:
    """Some of the names in an archive, to tell what it is: nothing is checked, nothing raised, little read."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    if stat.S_ISDIR(status.st_mode):
        return _glimpsed(path)
    return _glimpsed_before(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)  # every reader asks
def _glimpsed_before(path: Path, changed: int, size: int) -> tuple[str, ...]:  # noqa: ARG001  the state of a file
    return _glimpsed(path)


def _glimpsed(path: Path) -> tuple[str, ...]:
    try:
        with closing(container(path)) as opened:
            return tuple(_unwrapped(islice(opened.glimpse(), MOST_GLIMPSED), checked=False))
    except (*BROKEN, InvalidInput):
        return ()


# ── names ────────────────────────────────────────────────────────────────────────────────────────


def _unwrapped(entries: Iterable[tuple[str, Any]], *, checked: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in entries:
        if checked:
            _check(name)
        parts = SEPARATORS.split(name)
        if parts[0] != "__MACOSX" and not parts[-1].startswith("._") and parts[-1] not in {".DS_Store", "Thumbs.db"}:
            found["/".join(part for part in parts if part not in {"", "."})] = entry
        if len(found) > MOST_ENTRIES:
            raise InvalidInput(TOO_MANY)
    tops = {name.partition("/")[0] if "/" in name else "" for name in found}
    if len(tops) == 1 and "" not in tops:
        return {name.partition("/")[2]: entry for name, entry in found.items()}
    return found


def _check(name: str) -> None:
    if name.startswith(("/", "\\")) or DRIVE.match(name) or "\0" in name or ".." in SEPARATORS.split(name):
        raise InvalidInput(f"{shown(name)}: names in an export must stay inside it; this is no export as it came")


class _Counted(io.RawIOBase):
    """One file of an archive, its bytes counted against the archive's allowance and its own word."""

    def __init__(self, archive: Archive, name: str, stream: IO[bytes], size: int | None) -> None:
        self._archive, self._name, self._stream, self._size = archive, name, stream, size
        self._seen = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self._stream.read(len(buffer))
        except BROKEN as exc:
            raise InvalidInput(f"{shown(self._name)}: is damaged; download the export again") from exc
        self._seen += len(piece)
        self._archive.spend(len(piece))
        if not piece and self._size not in {None, self._seen}:
            raise InvalidInput(f"{shown(self._name)}: says it has {self._size:,} bytes and has {self._seen:,}")
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()
