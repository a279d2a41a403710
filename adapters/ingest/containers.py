"""What archives are kept in: folders, zips, tars and single files, listed and opened with care."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

from core.errors import InvalidInput

MOST_ENTRIES = 200_000
MOST_BYTES = 8 * 1024**3  # unpacked, of all that is read from one archive
MOST_LISTED = 64 * 1024**2  # bytes of a zip's directory, and of one header of a tar
DEEPEST_GLIMPSED = 5  # folders
FIRST_OF_TAR = 16  # a compressed tar must be unpacked to be listed
AND_SO_ON = "…"  # stands for the rest, so that a folder of the first few is not taken for the folder of all
TOO_MANY = f"has more than {MOST_ENTRIES:,} files; unpack it and give the parts that matter"
TOO_LARGE = "unpacks to more than an export can have; unpack it and give the parts that matter"

ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
GZIP = b"\x1f\x8b"
TAR_AT, TAR = 257, b"ustar"
LISTED = b"PK\x01\x02"  # begins each entry of a zip's directory
END_OF_ZIP = b"PK\x05\x06"
LONGEST_END = 65_557  # bytes of the end record, with the longest comment
ELSEWHERE = 0xFFFFFFFF  # the true size stands in the 64-bit end record
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
TAR_KINDS = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class Container(Protocol):
    """Something with files in it."""

    def entries(self) -> Iterator[tuple[str, Any]]:
        """Every file by its raw name, with what ``stream`` needs."""

    def glimpse(self) -> Iterator[tuple[str, Any]]:
        """The first of them, without reading much."""

    def stream(self, entry: Any) -> tuple[IO[bytes], int | None]:
        """The file's bytes and the size that they should have."""

    def close(self) -> None:
        """Let go of it."""


def container(path: Path, beside: tuple[str, ...] = ()) -> Container:
    """Open what is there, by how it begins.

    Raises:
        InvalidInput: It is a zip with more files than an export has.
        Exception: Those of ``BROKEN``, for what is damaged or not there.
    """
    if path.is_dir():
        return _Folder(path)
    with path.open("rb") as source:
        head = source.read(TAR_AT + len(TAR))
    if head.startswith(ZIPS):
        return _Zip(path)
    if head.startswith(GZIP):
        with gzip.open(path) as source:
            head = source.read(TAR_AT + len(TAR))
    return _Tar(path) if head[TAR_AT:] == TAR else _Single(path, beside)


class _Single:
    def __init__(self, path: Path, beside: tuple[str, ...] = ()) -> None:
        self._path, self._beside = path, beside

    def entries(self) -> Iterator[tuple[str, Path]]:
        yield self._path.name, self._path
        for path in (self._path.with_name(name) for name in self._beside):
            if path != self._path and path.is_file():
                yield path.name, path

    glimpse = entries

    def stream(self, entry: Path) -> tuple[IO[bytes], int | None]:
        return entry.open("rb"), None

    def close(self) -> None:
        pass


class _Folder(_Single):
    """A folder; links in it are not followed."""

    def entries(self) -> Iterator[tuple[str, Path]]:
        return self._walked(None)

    def glimpse(self) -> Iterator[tuple[str, Path]]:
        return self._walked(DEEPEST_GLIMPSED)

    def _walked(self, deepest: int | None) -> Iterator[tuple[str, Path]]:
        """The upper folders first, so that a glimpse is not used up in the depths of one."""
        waiting = deque([(self._path, "", 1)])
        while waiting:
            folder, before, depth = waiting.popleft()
            with os.scandir(folder) as listed:
                found = sorted(listed, key=lambda entry: entry.name)
            for entry in found:
                if entry.is_file(follow_symlinks=False):
                    yield before + entry.name, Path(entry.path)
                elif entry.is_dir(follow_symlinks=False) and depth != deepest:
                    waiting.append((Path(entry.path), f"{before}{entry.name}/", depth + 1))


class _Zip:
    def __init__(self, path: Path) -> None:
        _count_listed(path)
        self._zip = zipfile.ZipFile(path)

    def entries(self) -> Iterator[tuple[str, zipfile.ZipInfo]]:
        for entry in self._zip.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                raise InvalidInput(f"{shown(entry.filename)}: links and devices don't belong into an export")
            if not entry.is_dir():
                yield entry.orig_filename, entry

    def glimpse(self) -> Iterator[tuple[str, zipfile.ZipInfo]]:
        return ((entry.filename, entry) for entry in self._zip.infolist() if not entry.is_dir())

    def stream(self, entry: zipfile.ZipInfo) -> tuple[IO[bytes], int | None]:
        if entry.flag_bits & 1:
            raise InvalidInput(f"{shown(entry.filename)}: is encrypted; unpack it with its password first")
        if entry.compress_type not in METHODS:
            raise InvalidInput(f"{shown(entry.filename)}: is packed in an unusual way; unpack it first")
        return self._zip.open(entry), entry.file_size

    def close(self) -> None:
        self._zip.close()


def _count_listed(path: Path) -> None:
    """Refuse a zip whose directory is too long, before a list is made of it."""
    with path.open("rb") as source:
        size = source.seek(0, io.SEEK_END)
        source.seek(max(size - LONGEST_END, 0))
        tail = source.read()
        at = tail.rfind(END_OF_ZIP)
        if at < 0 or len(tail) < at + 16:
            raise InvalidInput("is no whole zip; download it again")
        listed = int.from_bytes(tail[at + 12 : at + 16], "little")
        if listed == ELSEWHERE:
            place = tail.rfind(b"PK\x06\x06", 0, at)
            listed = int.from_bytes(tail[place + 40 : place + 48], "little") if place >= 0 else MOST_LISTED + 1
        if listed > MOST_LISTED:
            raise InvalidInput(TOO_MANY)
        source.seek(max(size - len(tail) + at - listed - 128, 0))
        if source.read(listed + 128).count(LISTED) > MOST_ENTRIES:
            raise InvalidInput(TOO_MANY)


class _Tar:
    def __init__(self, path: Path) -> None:
        self._tape = _Tape(path)
        try:
            self._tar = tarfile.open(fileobj=self._tape, mode="r:")  # noqa: SIM115  closed with the archive
        except (*BROKEN, InvalidInput):
            self._tape.close()
            raise

    def entries(self) -> Iterator[tuple[str, tarfile.TarInfo]]:
        for entry in self._tar:
            if entry.isdir():
                continue
            if entry.type not in TAR_KINDS:
                raise InvalidInput(f"{shown(entry.name)}: links and devices don't belong into an export")
            yield entry.name, entry

    def glimpse(self) -> Iterator[tuple[str, tarfile.TarInfo]]:
        first = list(islice(self._tar, FIRST_OF_TAR))
        yield from ((entry.name, entry) for entry in first if not entry.isdir())
        if len(first) == FIRST_OF_TAR:
            yield AND_SO_ON, first[-1]

    def stream(self, entry: tarfile.TarInfo) -> tuple[IO[bytes], int | None]:
        source = self._tar.extractfile(entry)
        if source is None:
            raise InvalidInput(f"{shown(entry.name)}: is no file")
        return source, entry.size

    def close(self) -> None:
        self._tar.close()
        self._tape.close()


class _Tape(io.RawIOBase):
    """The bytes of a tar, unpacked as they are asked for; neither a long header nor a long way is followed."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as source:
            packed = source.read(2) == GZIP
        self._source: Any = gzip.open(path) if packed else path.open("rb")  # noqa: SIM115  closed with the archive

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MOST_LISTED:
            raise InvalidInput("has a header of absurd length; this is no export as it came")
        read: bytes = self._source.read(size)
        return read

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if offset > MOST_BYTES:
            raise InvalidInput(TOO_LARGE)
        place: int = self._source.seek(offset, whence)
        return place

    def tell(self) -> int:
        place: int = self._source.tell()
        return place

    def close(self) -> None:
        self._source.close()
        super().close()


def shown(name: str) -> str:
    """A stranger's file name, fit for a message."""
    return ascii(name[:80])[1:-1]
