"""Texts inside PNG and APNG pictures. Pixels are never decoded.

Source: the PNG specification, third edition (W3C), chapters 5 and 11.3.3.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from adapters.cards.card import MOST_BYTES
from core.errors import ConfigError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORDS = ("chara", "ccv3")
TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
MOST_CHUNKS = 100_000
MOST_PIXELS = 16_384  # on a side
HEADER = 13  # bytes of an IHDR
PLAIN_SIZE = (400, 600)
PLAIN_COLOUR = bytes((86, 64, 104))


class Chunk(NamedTuple):
    """One chunk: its kind and where it stands in the file, frame included."""

    kind: bytes
    start: int
    end: int


def card_texts(picture: bytes) -> dict[str, bytes]:
    """The cards' JSON by keyword, ``chara`` (V1, V2) and ``ccv3``.

    Raises:
        ConfigError: The picture is damaged, or a card in it is too large, damaged or there twice.
    """
    found: dict[str, bytes] = {}
    for chunk in chunks(picture):
        keyword = _keyword(picture, chunk)
        if not keyword:
            continue
        if keyword in found:
            raise ConfigError(f"{keyword}: the picture holds two cards of this kind")
        found[keyword] = _decoded(keyword, _text(keyword, chunk.kind, picture[chunk.start + 8 : chunk.end - 4]))
    return found


def with_cards(picture: bytes, texts: Mapping[str, bytes]) -> bytes:
    """The picture with these cards in place of those that it had; every other byte stays."""
    kept = [picture[: len(SIGNATURE)]]
    for chunk in chunks(picture):
        if chunk.kind == b"IEND":
            added = (keyword.encode() + b"\0" + base64.b64encode(text) for keyword, text in texts.items())
            kept += [*(_chunk(b"tEXt", body) for body in added), picture[chunk.start :]]
        elif not _keyword(picture, chunk):
            kept.append(picture[chunk.start : chunk.end])
    return b"".join(kept)


def plain() -> bytes:
    """A picture of one colour, for cards that came without one."""
    width, height = PLAIN_SIZE
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + PLAIN_COLOUR * width) * height, 9)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def chunks(picture: bytes) -> list[Chunk]:
    """The picture's chunks up to its end mark, each with its checksum verified.

    Raises:
        ConfigError: The picture is cut off, damaged or unreasonable.
    """
    found: list[Chunk] = []
    place = len(SIGNATURE)
    while not found or found[-1].kind != b"IEND":
        found.append(_next(picture, place))
        place = found[-1].end
        if len(found) == 1:
            _check_header(picture, found[0])
        if len(found) > MOST_CHUNKS:
            raise ConfigError(f"the picture has more than {MOST_CHUNKS:,} chunks")
    return found


def _next(picture: bytes, place: int) -> Chunk:
    if place + 12 > len(picture):
        raise ConfigError("the picture is cut off: it has no end mark (IEND)")
    length, kind = struct.unpack_from(">I4s", picture, place)
    name = kind.decode("latin-1") if kind.isalpha() else repr(kind)
    end = place + 12 + length
    if end > len(picture):
        raise ConfigError(f"chunk {name}: says it has {length:,} bytes, but the file ends before")
    (checksum,) = struct.unpack_from(">I", picture, end - 4)
    if zlib.crc32(memoryview(picture)[place + 4 : end - 4]) != checksum:
        raise ConfigError(f"chunk {name}: its checksum (CRC) is wrong, so the picture is damaged")
    return Chunk(kind, place, end)


def _check_header(picture: bytes, chunk: Chunk) -> None:
    if chunk.kind != b"IHDR" or chunk.end - chunk.start != 12 + HEADER:
        raise ConfigError("chunk IHDR: must come first and have 13 bytes")
    width, height = struct.unpack_from(">II", picture, chunk.start + 8)
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        raise ConfigError(f"chunk IHDR: {width:,} x {height:,} pixels; allowed are 1 to {MOST_PIXELS:,} on a side")


def _keyword(picture: bytes, chunk: Chunk) -> str | None:
    """Which card a chunk holds, if any."""
    if chunk.kind not in TEXTS:
        return None
    keyword, zero, _ = picture[chunk.start + 8 : min(chunk.start + 88, chunk.end - 4)].partition(b"\0")
    name = keyword.decode("latin-1").lower()
    return name if zero and name in KEYWORDS else None


def _text(keyword: str, kind: bytes, body: bytes) -> bytes:
    """The text of a chunk. The specifications ask for tEXt; some programs write the other two all the same."""
    if len(body) > MOST_BYTES:
        raise ConfigError(f"{keyword}: the chunk is larger than {MOST_BYTES // 1024**2} MB")
    text = body.partition(b"\0")[2]
    if kind == b"tEXt":
        return text
    if kind == b"zTXt":
        return _inflated(keyword, text[1:])
    compressed = text[:1] == b"\1"
    parts = text[2:].split(b"\0", 2)  # language, translated keyword, text
    if len(parts) < 3:  # noqa: PLR2004  the three just named
        raise ConfigError(f"{keyword}: the iTXt chunk is cut off")
    return _inflated(keyword, parts[2]) if compressed else parts[2]


def _inflated(keyword: str, packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(packed, MOST_BYTES + 1)
    except zlib.error as exc:
        raise ConfigError(f"{keyword}: the compressed text is damaged") from exc
    if len(text) > MOST_BYTES:
        raise ConfigError(f"{keyword}: the compressed text is larger than {MOST_BYTES // 1024**2} MB")
    if not inflater.eof:
        raise ConfigError(f"{keyword}: the compressed text is cut off")
    return text


def _decoded(keyword: str, text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as exc:
        raise ConfigError(f"{keyword}: the card is not valid base64") from exc


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
