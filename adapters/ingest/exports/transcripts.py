"""Transcripts of YouTube videos as tools save them: JSON with times, or subtitles beside an ``.info.json``."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from adapters.ingest.archive import open_archive
from adapters.ingest.decoding import beginning
from adapters.ingest.exports.posts import LONGEST_TITLE, list_at, moment, post, tag, text_at, web
from adapters.ingest.exports.records import records
from adapters.ingest.exports.spoken import MOST_PIECES, Piece, joined
from adapters.ingest.naming import date_in, ends_with, title_of
from adapters.ingest.outline import documents
from adapters.ingest.reading import Item, Wishes
from adapters.ingest.subtitles import Subtitles
from core.content import Document, Kind, Skipped
from core.errors import InvalidInput
from core.text import clean

ABOUT = ".info.json"
CAPTIONS = re.compile(r"(?P<name>.+?)(?:\.(?P<language>[A-Za-z]{2,3}(?:-[\w]{2,12})*))?\.(?:vtt|srt)")
IN_BRACKETS = re.compile(r"\[([\w-]{11})\]")
ID = re.compile(r"[\w-]{11}")
SNIPPET = re.compile(rb'"(?:text|start|duration|offset|lang|snippet)"')
SAMPLES = (b'"wireMagic"', b'"tStartMs"', b'"snippets"', b'"language_code"')
PLACES = {"item", "snippets.item", "transcript.item", "segments.item", "events.item"}
SCALARS = {"video_id", "videoId", "title", "language_code"}
KNOWN = {"id", "title", "description", "upload_date", "timestamp", "webpage_url", "language"}
DATED = "%Y%m%d"


class Downloads:
    """Files of a downloader: ``Name [id].en.vtt`` with ``Name [id].info.json`` beside it, or the latter alone."""

    name = "YouTube download"

    def recognises(self, item: Item) -> bool:
        """By the ``.info.json``, itself or beside subtitles."""
        if item.path.name.endswith(ABOUT):
            return beginning(item.path).startswith(b"{")
        return _about(item) is not None

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:
        """Yield what was said, or the description that the creator gave the video; see ``Reader``."""
        about = _about(item)
        known: dict[str, Any] = {}
        with suppress(InvalidInput) if about else nullcontext():  # subtitles are worth more than what they are called
            known.update(_known(item, about))
        if about is None:
            yield _described(item, known)
            return
        for found in Subtitles().read(item, wishes):
            yield _named(found, known) if isinstance(found, Document) else found


def _known(item: Item, about: str | None) -> Iterator[tuple[str, Any]]:
    beside = (about,) if about else ()
    with open_archive(item.path, beside=beside) as archive, archive.open(about or item.path.name) as source:
        yield from records(source, KNOWN)


def _about(item: Item) -> str | None:
    """The name of the ``.info.json`` that belongs to a file of subtitles."""
    captions = CAPTIONS.fullmatch(item.path.name)
    if not captions:
        return None
    name = f"{captions['name']}{ABOUT}"
    return name if item.path.with_name(name).is_file() else None


def _named(document: Document, known: dict[str, Any]) -> Document:
    return replace(
        document,
        title=clean(text_at(known, "title"), 4 * LONGEST_TITLE) or document.title,
        url=_address(known) or document.url,
        published=_uploaded(known) or document.published,
        language=document.language or tag(text_at(known, "language")),
    )


def _described(item: Item, known: dict[str, Any]) -> Document | Skipped:
    description = post(
        item.key,
        text_at(known, "description"),
        kind=Kind.VIDEO,
        title=text_at(known, "title"),
        url=_address(known),
        published=_uploaded(known),
        language=text_at(known, "language"),
    )
    return description or Skipped(item.key, "has no description; what is said comes from its subtitles")


def _address(known: dict[str, Any]) -> str:
    number = text_at(known, "id")
    return web(text_at(known, "webpage_url")) or (_watch(number) if ID.fullmatch(number) else "")


def _uploaded(known: dict[str, Any]) -> datetime | None:
    try:
        return datetime.strptime(text_at(known, "upload_date"), DATED).replace(tzinfo=UTC)
    except ValueError:
        return moment(known.get("timestamp"))


def _watch(number: str) -> str:
    return f"https://www.youtube.com/watch?v={number}"


class Transcript:
    """A JSON list of ``text``, ``start`` and ``duration``, or YouTube's own timed text (json3)."""

    name = "YouTube transcript"

    def recognises(self, item: Item) -> bool:
        """By the names of the first values."""
        if not ends_with(item, ".json", ".json3"):
            return False
        head = beginning(item.path)
        snippets = head.startswith(b"[") and len(set(SNIPPET.findall(head))) >= 2 and b'"start"' in head  # noqa: PLR2004
        return snippets or (head.startswith(b"{") and any(sample in head for sample in SAMPLES))

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  needs no wishes
        """Yield one video, with the second at which each sentence begins; see ``Reader``."""
        known: dict[str, str] = {}
        pieces: list[Piece] = []
        trouble = ""
        with open_archive(item.path) as archive, archive.open(item.path.name) as source:
            try:
                for place, found in records(source, PLACES | SCALARS):
                    if place in SCALARS:
                        known[place] = text_at({place: found}, place)
                    elif len(pieces) < MOST_PIECES:
                        pieces.extend(_pieces(found))
            except InvalidInput as exc:
                trouble = str(exc)
        if not pieces:
            raise InvalidInput(trouble or "holds no transcript: a list of text, start and duration is needed")
        yield from documents(_video(item, known), joined(pieces))
        if trouble:
            yield Skipped(item.key, trouble, failed=True)


def _pieces(found: Any) -> Iterator[Piece]:
    if isinstance(found, list):  # several transcripts in one file
        for inner in found:
            yield from _pieces(inner)
    if not isinstance(found, dict):
        return
    text = text_at(found, "text") or "".join(text_at(part, "utf8") for part in list_at(found, "segs"))
    start = _seconds(found, "start", 1) if "start" in found else _seconds(found, "tStartMs", 1000)
    length = _seconds(found, "duration", 1) or _seconds(found, "dDurationMs", 1000) or 0.0
    if text.strip() and start is not None:
        yield Piece(html.unescape(text), start, start + length)


def _seconds(found: dict[str, Any], key: str, unit: int) -> float | None:
    try:
        return float(found[key]) / unit
    except (KeyError, TypeError, ValueError):
        return None


def _video(item: Item, known: dict[str, str]) -> Document:
    stem = item.path.name.partition(".")[0] if "[" not in item.path.name else item.path.name
    bracketed = IN_BRACKETS.search(stem)
    number = known.get("video_id") or known.get("videoId") or (bracketed[1] if bracketed else stem)
    title = known.get("title") or (title_of(stem[: bracketed.start()]) if bracketed else title_of(stem))
    return Document(
        item.key,
        Kind.VIDEO,
        clean(title, 4 * LONGEST_TITLE),
        (),
        url=_watch(number) if ID.fullmatch(number) else item.url,
        published=date_in(item.path.name),
        language=tag(known.get("language_code", "")),
    )
