"""CHARX files: a zip with ``card.json`` and the card's assets. Nothing in it is ever unpacked to disk."""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.cards.card import MOST_BYTES
from core.errors import ConfigError

SIGNATURE = b"PK\x03\x04"
LISTED = b"PK\x01\x02"  # begins each entry of a zip's directory
CARD = "card.json"
MOST_ENTRIES = 1_000
MOST_UNPACKED = 256 * 1024 * 1024  # bytes of all entries together
PIECE = 1024 * 1024
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xfd7zXZ", b"BZh")
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
)


def card_text(packed: bytes) -> bytes:
    """The card's JSON, after every entry was looked at and counted.

    Raises:
        ConfigError: The zip is damaged, lies about itself, or holds what does not belong into a CHARX.
    """
    with _opened(packed) as archive:
        _check(archive)
        return archive.read(CARD)


def with_card(packed: bytes, text: bytes) -> bytes:
    """The same CHARX with another card in it."""
    target = io.BytesIO()
    with _opened(packed) as archive, zipfile.ZipFile(target, "w") as copy:
        _check(archive)
        for entry in archive.infolist():
            copy.writestr(entry, text if entry.filename == CARD else archive.read(entry), entry.compress_type)
    return target.getvalue()


@contextmanager
def _opened(packed: bytes) -> Iterator[zipfile.ZipFile]:
    if packed.count(LISTED) > MOST_ENTRIES:  # before a list of them is made
        raise ConfigError(f"the CHARX has more than {MOST_ENTRIES:,} files in it")
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            yield archive
    except BROKEN as exc:
        raise ConfigError("the CHARX is damaged, or is no zip file") from exc


def _check(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise ConfigError("the CHARX holds two files of one name")
    if CARD not in names:
        raise ConfigError(f"{CARD}: the CHARX has no such file")
    for entry in entries:
        _check_entry(entry)
    left = MOST_UNPACKED
    for entry in entries:
        left -= _counted(archive, entry, MOST_BYTES if entry.filename == CARD else left)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name, shown = entry.orig_filename, entry.filename[:80]
    if name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in name.split("/"):
        raise ConfigError(f"{shown!r}: paths in a CHARX must stay inside it")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ConfigError(f"{shown!r}: links and devices don't belong into a CHARX")
    if entry.flag_bits & 1:
        raise ConfigError(f"{shown!r}: is encrypted")
    if entry.compress_type not in METHODS:
        raise ConfigError(f"{shown!r}: is packed in an unusual way (method {entry.compress_type})")


def _counted(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> int:
    """The true size of an entry, read in pieces; its checksum is verified at its end."""
    size = 0
    with archive.open(entry) as source:
        while piece := source.read(PIECE):
            if size == 0 and piece.startswith(ARCHIVES):
                raise ConfigError(f"{entry.filename[:80]!r}: archives inside a CHARX are refused")
            size += len(piece)
            if size > limit:
                raise ConfigError(f"{entry.filename[:80]!r}: is too large unpacked")
    if size != entry.file_size:
        raise ConfigError(f"{entry.filename[:80]!r}: says it has {entry.file_size:,} bytes and has {size:,}")
    return size
