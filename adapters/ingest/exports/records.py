"""JSON and CSV of exports as streams of records: a file of gigabytes takes no more memory than its largest record."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from typing import IO, Any

import ijson

from core.errors import InvalidInput

DEEPEST = 64  # containers inside each other
MOST_CONTAINERS = 100_000  # of one record
LONGEST_CELL = 131_072  # characters
MOST_UNSEEN = 8 * 1024 * 1024  # bytes of one record, or between two values
LONGEST_LINE = 1024 * 1024  # characters of a CSV
ASSIGNMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:window\.YTD\.[\w.]{1,80}\s*=\s*)?")
BROKEN = (ijson.JSONError, ValueError, ArithmeticError)
STARTS, ENDS = {"start_map", "start_array"}, {"end_map", "end_array"}
NO_JSON = "is no whole JSON file; download the export again"


def records(source: IO[bytes], wanted: Collection[str], opened: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the values at the wanted places, each as soon as it is complete, with its place.

    Args:
        source: JSON, or JavaScript that assigns one JSON value as X writes it.
        wanted: Places: keys with dots between, "item" for what is in an array: "messages.item".
        opened: Places whose objects are announced as they begin, with None.

    Raises:
        InvalidInput: It is no JSON, is damaged from here on, has a key twice, or a record of absurd size.
    """
    try:
        yield from _walked(_Fed(source), wanted, opened)
    except BROKEN as exc:
        raise InvalidInput(NO_JSON) from exc


def _walked(fed: _Fed, wanted: Collection[str], opened: Collection[str]) -> Iterator[tuple[str, Any]]:
    # Floats, since a number of thousands of digits is an error then; as an int it is one that can't be caught.
    events = ijson.basic_parse(fed, use_float=True)
    above: list[tuple[str, bool]] = []  # the place of each open container, and whether it is an array
    place = ""
    for event, value in events:
        fed.unseen = 0
        if event == "map_key":
            place = f"{above[-1][0]}.{value}" if above[-1][0] else value
            continue
        if event in ENDS:
            above.pop()
            if not above:
                return
            place = _inside(*above[-1])
            continue
        starts = event in STARTS
        if starts and place in opened:
            yield place, None
        if place in wanted:
            yield place, _built(events, event) if starts else value
        elif starts:
            if len(above) >= DEEPEST:
                raise InvalidInput(f"has values more than {DEEPEST} deep; this is no export as it came")
            above.append((place, event == "start_array"))
            place = _inside(*above[-1])
        if not above:
            return


def _inside(place: str, array: bool) -> str:  # noqa: FBT001  unpacked from the stack
    if not array:
        return place
    return f"{place}.item" if place else "item"


def _built(events: Iterator[tuple[str, Any]], first: str) -> Any:
    root: Any = {} if first == "start_map" else []
    inner, key, containers = root, "", 1
    above: list[Any] = []
    for event, value in events:
        if event == "map_key":
            if value in inner:
                raise InvalidInput("has a key twice in one record; this is no export as it came")
            key = value
            continue
        if event in ENDS:
            if not above:
                break
            inner = above.pop()
            continue
        made: Any = {} if event == "start_map" else [] if event == "start_array" else value
        if type(inner) is dict:
            inner[key] = made
        else:
            inner.append(made)
        if event in STARTS:
            above.append(inner)
            inner, containers = made, containers + 1
            if containers > MOST_CONTAINERS or len(above) > DEEPEST:
                raise InvalidInput("has a record of absurd size; this is no export as it came")
    return root


class _Fed:
    """What the JSON parser reads from: without a mark or an assignment at its beginning, never long in vain."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        head = source.read(1024)
        found = ASSIGNMENT.match(head)
        self._head = head[found.end() :] if found else head
        self.unseen = 0

    def read(self, size: int) -> bytes:
        if size == 0:  # ijson asks so whether these are bytes
            return b""
        piece, self._head = self._head or self._source.read(size), b""
        self.unseen += len(piece)
        if self.unseen > MOST_UNSEEN:
            raise InvalidInput("has a record of absurd size; this is no export as it came")
        return piece


def rows(source: IO[bytes]) -> Iterator[dict[str, str]]:
    """The rows of a CSV as mappings by its header; keys are in lower case, cells that are missing are absent.

    Raises:
        InvalidInput: It is no CSV, or has a line of absurd length.
    """
    text = io.TextIOWrapper(source, "utf-8-sig", "replace", newline="")
    try:
        csv.field_size_limit(LONGEST_CELL)  # the whole process's: other readers set theirs
        found = csv.reader(_lines(text), strict=False)
        header = [name.strip().casefold() for name in next(found, [])]
        for row in found:
            if row:
                yield dict(zip(header, row, strict=False))
    except csv.Error as exc:
        raise InvalidInput("is no whole CSV file; download the export again") from exc


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise InvalidInput("has a line of absurd length; this is no export as it came")
        yield line
