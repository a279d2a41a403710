"""What was said in a recording, from captions inside exports: pieces with times, joined to sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pysubs2

from core.content import Section
from core.errors import InvalidInput
from core.text import clean

LONGEST = 300  # characters of a sentence without punctuation
PAUSE = 4.0  # seconds of silence that end one
LONGEST_PIECE = 5_000  # characters
MOST_PIECES = 50_000
ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")  # noqa: RUF001  the wide signs are meant
LONGEST_RECORDING = 1_000_000.0  # seconds


@dataclass(frozen=True, slots=True)
class Piece:
    """A caption. Times in seconds."""

    text: str
    start: float
    end: float


def subtitled(text: bytes) -> Iterator[Piece]:
    """The captions of SRT or WebVTT.

    Raises:
        InvalidInput: It is neither.
    """
    try:
        events = pysubs2.SSAFile.from_string(text.decode("utf-8-sig", "replace"))
    except Exception as exc:  # the library raises anything for broken files
        raise InvalidInput("is no subtitle file; download it again") from exc
    for event in events[:MOST_PIECES]:
        yield Piece(event.plaintext, event.start / 1000, event.end / 1000)


def joined(pieces: Iterable[Piece]) -> Iterator[Section]:
    """Sections of whole sentences, each with the second at which it begins; impossible times are passed over."""
    text, start, until = "", 0.0, 0.0
    for piece in pieces:
        said = " ".join(clean(piece.text, LONGEST_PIECE).split())
        if not said or not 0 <= piece.start <= LONGEST_RECORDING:
            continue
        if text and (piece.start - until > PAUSE or len(text) > LONGEST):
            yield Section(text, start=start)
            text = ""
        start = start if text else piece.start
        text = f"{text} {said}" if text else said
        until = max(piece.end, piece.start)
        if text.endswith(ENDS):
            yield Section(text, start=start)
            text = ""
    if text:
        yield Section(text, start=start)
