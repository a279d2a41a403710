"""Text files of unknown encoding, read whole or in pieces."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from core.errors import InvalidInput

SAMPLE = 256 * 1024  # bytes that the encoding is told from
GUESSED_FROM = 32 * 1024  # bytes of them that a guess by letters may look at; it is slow
PIECE = 256 * 1024  # characters
LONGEST_WORD = 4096  # characters; a piece is not cut inside a word up to that
BEGINNING = 2048  # bytes that tell what a file is
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACK = "cp1252"  # as browsers read what says nothing


def encoding_of(sample: bytes) -> str:
    """The encoding of a text that begins so."""
    for mark, name in MARKS:
        if sample.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # incremental: the sample may end inside a letter
    except UnicodeDecodeError:
        best = from_bytes(sample[:GUESSED_FROM]).best()
        return best.encoding if best is not None else FALLBACK
    return "utf-8"


def beginning(path: Path) -> bytes:
    """The first bytes of a file, without white space before them; empty if there is no such file."""
    try:
        with path.open("rb") as source:
            return source.read(BEGINNING).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError:
        return b""


def pieces(path: Path) -> Iterator[str]:
    """A text file in pieces of about 256,000 characters that end with a blank line where there is one, or with a line.

    Raises:
        InvalidInput: It cannot be opened, or is no text.
    """
    try:
        with path.open("rb") as source:
            encoding = encoding_of(source.read(SAMPLE))
        with path.open(encoding=encoding, errors="replace") as text:
            rest = ""
            while read := text.read(PIECE):
                if "\0" in read:
                    raise InvalidInput("is no text file, whatever its name says; save it as text in UTF-8")
                rest += read
                cut = _cut(rest)
                yield rest[:cut]
                rest = rest[cut:]
            if rest:
                yield rest
    except (OSError, UnicodeError) as exc:
        raise InvalidInput("cannot be read as text; save it in UTF-8") from exc


def whole(path: Path, limit: int) -> str:
    """The text of a file of at most ``limit`` bytes.

    Raises:
        InvalidInput: It is larger, cannot be opened, or is no text.
    """
    return "".join(pieces(limited(path, limit)))


def limited(path: Path, limit: int) -> Path:
    """The path, once its size is known to be bearable.

    Raises:
        InvalidInput: The file is larger than ``limit`` bytes, or not there.
    """
    try:
        size = path.stat().st_size
    except OSError as exc:
        raise InvalidInput("cannot be opened") from exc
    if size > limit:
        raise InvalidInput(f"has {size // 2**20} MB; files of this kind are read up to {limit // 2**20} MB: split it")
    return path


def _cut(text: str) -> int:
    """Where a piece may end: after the last blank line, else line, else word."""
    for mark in ("\n\n", "\n"):
        if (place := text.rfind(mark)) >= 0:
            return place + len(mark)
    place = text.rfind(" ", max(len(text) - LONGEST_WORD, 0))
    return place + 1 if place >= 0 else len(text)
