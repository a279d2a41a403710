"""Subtitles and transcripts with times: SRT and WebVTT, as people and as machines write them."""

# ruff: noqa: RUF001  the wide signs are meant

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from adapters.ingest.decoding import beginning, whole
from adapters.ingest.naming import date_in, ends_with, language_tag, title_of
from adapters.ingest.outline import documents
from adapters.ingest.reading import Item, Wishes
from core.content import Document, Kind, Section, Skipped

MOST_BYTES = 32 * 2**20
TIME = r"(-?)\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
TIMING = re.compile(rf"^\s*{TIME}\s*-+>\s*{TIME}")
ARROW = re.compile(r"^[^<]*-->")
NUMBER = re.compile(r"^\s*\d{1,7}\s*$")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]{1,80})>")
TAG = re.compile(r"</?[A-Za-z\d][^<>]{0,200}>|\{\\[^{}]{0,200}\}")
SOUND = re.compile(r"\[[^\[\]]{0,60}\]|[♪♫][^♪♫]{0,200}[♪♫]|[♪♫]|^\([^()]{0,60}\)$")
MARK = re.compile(r"^\s*(?:>>+|[-–—])\s*(?=\S)")
LABEL = re.compile(r"^\s*(?:[-–—>]+\s*)?([^\W\d_][^:\n\[\]]{0,30}):\s+(?=\S)")
SENTENCE_END = re.compile(r"(?<=[.!?…؟।])[\"'”’»)\]]*\s+|(?<=[。！？])[”」』]?")
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]")
DOWNLOADED = re.compile(r"^(?P<title>.*?)\s*\[(?P<id>[A-Za-z0-9_-]{11})\](?P<rest>.*)$")  # as downloaders name them
LANGUAGE = re.compile(r"\.([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)(?:-orig)?\.(?:srt|vtt)$", re.IGNORECASE)
PAUSE = 2.0  # seconds of silence that end a sentence without punctuation
LONGEST = 300  # characters of a sentence without punctuation
ROLLING = 0.3  # seconds within which a line said again is the same line still standing on the screen
KEPT_LINES = 3  # of the lines before, that may stand on the screen still


@dataclass(frozen=True, slots=True)
class Cue:
    """What stands on the screen at one time. Times in seconds."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str = ""


@dataclass(slots=True)
class Tally:
    """What could not be used."""

    broken: int = 0  # cues whose times cannot be read
    impossible: int = 0  # cues before the beginning, or that end before they begin
    garbled: int = 0  # cues whose letters are lost

    def skipped(self, key: str) -> Iterator[Skipped]:
        """A line for each kind of trouble."""
        reasons = (
            ("cues whose times cannot be read", self.broken),
            ("cues with impossible times (before the beginning, or ending before they begin)", self.impossible),
            ("cues with unreadable letters: save the file in UTF-8", self.garbled),
        )
        yield from (Skipped(key, why, failed=True, count=count) for why, count in reasons if count)


class Subtitles:
    """SRT and WebVTT."""

    name = "subtitles"

    def recognises(self, item: Item) -> bool:
        """By the file's ending, by what the web server said, or by how it begins."""
        if item.media_type in {"text/vtt", "application/x-subrip"} or ends_with(item, ".srt", ".vtt"):
            return True
        return beginning(item.path).startswith(b"WEBVTT")

    def read(self, item: Item, wishes: Wishes) -> Iterator[Document | Skipped]:  # noqa: ARG002  the port's shape
        """Yield what was said, sentence by sentence, with the second at which each begins."""
        tally = Tally()
        cues = sorted(
            _usable(_cues(whole(item.path, MOST_BYTES).splitlines(), tally), tally), key=lambda cue: cue.start
        )
        yield from documents(_head(item), _sentences(_spoken(_attributed(cues))))
        yield from tally.skipped(item.key)


def _head(item: Item) -> Document:
    name = PurePath(item.key).name
    downloaded = DOWNLOADED.match(name)
    language = LANGUAGE.search(name)
    title = downloaded["title"] if downloaded else title_of(LANGUAGE.sub("", name) if language else name)
    url = f"https://www.youtube.com/watch?v={downloaded['id']}" if downloaded else item.url
    tag = language_tag(language[1]) if language else ""
    return Document(item.key, Kind.VIDEO, title or name, (), url, date_in(name), tag)


# ── cues ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Open:
    """A cue that is being read."""

    start: float
    end: float
    lines: list[str] = field(default_factory=list)


def _cues(lines: Iterable[str], tally: Tally) -> Iterator[Cue]:
    """The cues of either format; numbers, names, notes and styles between them are passed over."""
    cue: _Open | None = None
    for line in lines:
        timing = TIMING.match(line)
        if timing or ARROW.match(line):
            if cue and cue.lines and NUMBER.match(cue.lines[-1]):
                cue.lines.pop()  # the next cue's number, where no blank line parts them
            yield from _closed(cue)
            cue = _Open(_seconds(timing.groups()[:5]), _seconds(timing.groups()[5:])) if timing else None
            tally.broken += timing is None
        elif cue and line.strip():
            cue.lines.append(line)
        elif cue and cue.lines:
            yield from _closed(cue)
            cue = None
    yield from _closed(cue)


def _closed(cue: _Open | None) -> Iterator[Cue]:
    if cue and cue.lines:
        yield Cue(cue.start, cue.end, tuple(cue.lines))


def _seconds(parts: Sequence[str | None]) -> float:
    sign, hours, minutes, seconds, fraction = parts
    total = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}")
    return -total if sign else total


def _usable(cues: Iterable[Cue], tally: Tally) -> Iterator[Cue]:
    for cue in cues:
        if cue.start < 0 or cue.end < cue.start:
            tally.impossible += 1
        elif any("\ufffd" in line for line in cue.lines):
            tally.garbled += 1
        else:
            yield cue


# ── who speaks, and what is said ─────────────────────────────────────────────────────────────────


def _attributed(cues: Sequence[Cue]) -> Iterator[Cue]:
    """The cues with bare text, cut where the speaker changes.

    ``Name:`` counts as a speaker where the name is in capitals or begins several lines of the file.
    """
    labels = Counter(match[1] for cue in cues for line in cue.lines if (match := LABEL.match(_bare(line))))
    names = {label for label, count in labels.items() if count > 1 or label.isupper()}
    speaker = ""
    for cue in cues:
        held: list[str] = []
        for line in cue.lines:
            change, text = _change(line, names)
            if change is not None and held:
                yield replace(cue, lines=tuple(held), speaker=speaker)
                held = []
            speaker = speaker if change is None else change
            if text:
                held.append(text)
        if held:
            yield replace(cue, lines=tuple(held), speaker=speaker)


def _change(line: str, names: set[str]) -> tuple[str | None, str]:
    """Who begins to speak with this line (None: nobody new; empty: somebody unnamed), and what is said."""
    voice = VOICE.search(line)
    text = _bare(line)
    label = LABEL.match(text)
    if voice:
        return " ".join(voice[1].split()), MARK.sub("", text)
    if label and label[1] in names:
        return label[1].title() if label[1].isupper() else label[1], text[label.end() :].strip()
    if text.lstrip().startswith(">>"):
        return "", MARK.sub("", text)
    return None, MARK.sub("", text).strip()


def _bare(line: str) -> str:
    return SOUND.sub("", html.unescape(TAG.sub("", line)).replace("\u200b", "").strip()).strip()


def _spoken(cues: Iterable[Cue]) -> Iterator[Cue]:
    """The cues without what stood on the screen already: automatic captions show each line two or three times."""
    screen: list[str] = []
    until = 0.0
    for cue in cues:
        lines = cue.lines
        if cue.start > until + ROLLING:
            screen.clear()
        again = next((n for n in range(min(len(lines), len(screen)), 0, -1) if screen[-n:] == list(lines[:n])), 0)
        lines = fresh = lines[again:]
        if lines and screen and lines[0].startswith(f"{screen[-1]} "):  # the line has grown
            fresh = (lines[0].removeprefix(screen.pop()).strip(), *lines[1:])
        if fresh:
            yield replace(cue, lines=fresh)
        screen = [*screen, *lines][-KEPT_LINES:]
        until = max(until, cue.end)


def _sentences(cues: Iterable[Cue]) -> Iterator[Section]:
    text, start, until, speaker = "", 0.0, 0.0, ""
    for cue in cues:
        if text and (cue.speaker != speaker or cue.start - until > PAUSE or len(text) > LONGEST):
            yield Section(text, start=start, speaker=speaker)
            text = ""
        for line in cue.lines:
            start = start if text else cue.start
            text = f"{text}{_space(text, line)}{line}"
            *done, text = SENTENCE_END.split(text)
            for sentence in done:
                yield Section(sentence.strip(), start=start, speaker=cue.speaker)
                start = cue.start
        until, speaker = max(until, cue.end), cue.speaker
    if text:
        yield Section(text, start=start, speaker=speaker)


def _space(before: str, after: str) -> str:
    return "" if not before or (UNSPACED.match(before[-1]) and UNSPACED.match(after)) else " "
