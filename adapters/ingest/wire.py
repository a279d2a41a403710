"""What passes between the sandbox and us: JSON, one value a line. What comes from there is checked and cleaned here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from adapters.ingest.links import Link
from adapters.ingest.naming import language_tag
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Section, Skipped
from core.text import clean, clean_name, neutralise

LONGEST_LINE = 16 * 2**20  # bytes
LONGEST_TEXT = 100_000  # characters of one section
LONGEST_TITLE = 300
LONGEST_KEY = 1_000
LONGEST_URL = 2_000
OUT_OF_MEMORY = 12  # exit code of a worker
END = b'{"end": true}\n'  # the line after the last answer
LATEST = 4_102_444_800.0  # the year 2100, in seconds since 1970; what claims to be later is no date

Answer: TypeAlias = Document | Skipped | Link


# ── there: what the worker says ──────────────────────────────────────────────────────────────────


def said(answer: Answer) -> bytes:
    """One answer as a line."""
    match answer:
        case Document():
            content = {"document": _spread(answer)}
        case Skipped(key, why, failed, count):
            content = {"skipped": {"key": key, "why": why, "failed": failed, "count": count}}
        case Link(url, listing):
            content = {"link": {"url": url, "listing": listing}}
    return json.dumps(content).encode() + b"\n"


def _spread(document: Document) -> Mapping[str, Any]:
    return {
        "key": document.key,
        "kind": document.kind,
        "title": document.title,
        "sections": [[one.text, one.heading, one.page, one.start, one.speaker] for one in document.sections],
        "url": document.url,
        "published": document.published.timestamp() if document.published else None,
        "language": document.language,
        "own_words": document.own_words,
        "tier": document.tier,
    }


def ordered(line: bytes) -> tuple[str, Item, Wishes]:
    """What the worker is to do: "read" or "links", and with what."""
    order = json.loads(line)
    item = Item(Path(order["path"]), order["key"], order["url"], order["media_type"])
    return order["task"], item, Wishes(tuple(order["creator"]), frozenset(order["consent"]))


# ── here: what the sandbox asks and understands ──────────────────────────────────────────────────


def order(task: str, item: Item, wishes: Wishes) -> bytes:
    """An order as a line."""
    content = {
        "task": task,
        "path": str(item.path.absolute()),
        "key": item.key,
        "url": item.url,
        "media_type": item.media_type,
        "creator": wishes.creator,
        "consent": sorted(wishes.consent),
    }
    return json.dumps(content).encode() + b"\n"


def understood(line: bytes) -> Answer | None:
    """A line of the worker, its texts cleaned and without the power of role marks; None for the end.

    Raises:
        ValueError: It is not what a worker says.
    """
    try:
        content = json.loads(line)
        match next(iter(content.items())):
            case "document", Mapping() as found:
                return _document(found)
            case "skipped", Mapping() as found:
                why = neutralise(clean(str(found["why"]), LONGEST_TITLE))
                return Skipped(key_of(found["key"]), why, bool(found["failed"]), int(found["count"]))
            case "link", Mapping() as found:
                return Link(_address(found["url"]), bool(found["listing"]))
            case "end", _:
                return None
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError, StopIteration) as exc:
        raise ValueError("not what a worker says") from exc
    raise ValueError("not what a worker says")


def key_of(raw: object) -> str:
    """A key that can be stored and shown: no lone surrogates, no controls."""
    return clean(str(raw).encode("utf-8", "backslashreplace").decode(), LONGEST_KEY)


def _document(found: Mapping[str, Any]) -> Document:
    return Document(
        key_of(found["key"]),
        Kind(found["kind"]),
        _line(found["title"]),
        tuple(section for parts in found["sections"] if (section := _section(*parts)).text),
        _address(found["url"]),
        _moment(found["published"]),
        language_tag(str(found["language"])),
        own_words=bool(found["own_words"]),
        tier=_line(found["tier"]),
    )


def _section(text: str, heading: str, page: int | None, start: float | None, speaker: str) -> Section:
    return Section(
        neutralise(clean(text, LONGEST_TEXT)),
        _line(heading),
        int(page) if page is not None and 0 < page < 10**6 else None,
        float(start) if start is not None and math.isfinite(start) and start >= 0 else None,
        clean_name(speaker) if speaker else "",
    )


def _line(raw: object) -> str:
    return " ".join(neutralise(clean(str(raw), LONGEST_TITLE)).split())


def _address(raw: object) -> str:
    """A web address that can be shown, or nothing."""
    url = str(raw)
    fits = len(url) <= LONGEST_URL and url.startswith(("http://", "https://")) and url.isprintable()
    return url if fits and not any(sign in url for sign in " <>\"'`") else ""


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None or not -LATEST < seconds < LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)
