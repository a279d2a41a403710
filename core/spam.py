"""Telling spam from talk by how somebody writes: over several windows, and never by what they say.

What is kept of a fan are marks of their last messages: when, where, a hash of the text, how many links and mentions.
Each sign below is a count within a window that nobody reaches who types by hand, however fast. Whoever reaches one is
ignored for a while that grows with every time, and begins anew after a quiet day. Mere numbers of messages are the
limits' business.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from core.blocklist import fold

Sign = Literal["", "repeats", "links", "mentions", "places", "wave"]

MEMORY = 600  # seconds for which a message counts
MOST_MARKS = 30  # messages that are remembered
WHILES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))  # first, second … time
FORGIVEN = 86_400  # seconds after which the count begins anew
SHORT = 8  # letters and digits: what is shorter ("ok", "haha") people do say again and again
WAVE, WAVE_WINDOW = 5, 600  # newcomers with one and the same text that links or mentions, within so many seconds

# The most that passes, and within how many seconds.
REPEATS = ((4, 60), (8, MEMORY))
SHORT_REPEATS = ((10, 60), (25, MEMORY))
LINKS = ((6, 60), (25, MEMORY))
MENTIONS = ((8, 60), (20, MEMORY))
PLACES = ((5, 30), (8, 120))

_LINK = re.compile(r"https?://|www\.|discord\.gg/|t\.me/|\w\.(?:com|net|org|ru|xyz|top|io|gg|shop)\b")
_MENTION = re.compile(r"<[@#][!&]?\d+>|(?<![\w@])@\w{2,}")
_WORD = re.compile(r"[^\W_]+")


class Mark(NamedTuple):
    """What is kept of one message."""

    at: int  # seconds since 1970
    text: int  # a hash of what it says; 0: nothing
    short: bool
    links: int
    mentions: int
    place: int  # a hash


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody has written lately."""

    marks: tuple[Mark, ...] = ()  # oldest first
    times: int = 0  # that they were ignored
    last: int = 0  # when that was, in seconds since 1970

    @classmethod
    def parse(cls, kept: str) -> Habits:
        """From what ``kept`` gave; what cannot be read is forgotten."""
        try:
            marks, times, last = json.loads(kept) if kept else ((), 0, 0)
            return cls(tuple(map(Mark._make, marks)), int(times), int(last))
        except (TypeError, ValueError):
            return cls()

    @property
    def kept(self) -> str:
        """As it is kept."""
        return json.dumps((self.marks, self.times, self.last), separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one message makes of somebody."""

    habits: Habits  # to be kept
    sign: Sign = ""  # of spam; empty: none
    ignored: timedelta = timedelta(0)  # from now on

    @property
    def reported(self) -> bool:
        """It is not the first time: moderators should know."""
        return bool(self.sign) and self.habits.times > 1


def mark(text: str, place: str, now: datetime) -> Mark:
    """What is kept of a message; ``place`` names where it was written."""
    folded = fold(text)
    words = "".join(_WORD.findall(folded)) or "".join(folded.split())
    known = zlib.crc32(words.encode("utf-8", "replace")) or 1 if words else 0
    links, mentions = len(_LINK.findall(folded)), len(_MENTION.findall(text))
    return Mark(_seconds(now), known, len(words) < SHORT, links, mentions, zlib.crc32(place.encode()))


def judge(habits: Habits, new: Mark, *, newcomers: Sequence[Habits] = ()) -> Verdict:
    """What a message makes of whoever wrote it.

    Args:
        habits: How they have written before.
        new: The message.
        newcomers: How others write who came for the first time in the last minutes, if its writer did, too.
    """
    recent = tuple(one for one in habits.marks if 0 <= new.at - one.at < MEMORY)
    known = replace(habits, marks=(*recent, new)[-MOST_MARKS:])
    sign = _sign(known.marks, new) or _wave(new, newcomers)
    if not sign:
        return Verdict(known)
    times = known.times + 1 if new.at - known.last < FORGIVEN else 1
    return Verdict(Habits((), times, new.at), sign, WHILES[min(times, len(WHILES)) - 1])


def _sign(marks: Sequence[Mark], new: Mark) -> Sign:
    """What this message makes too many of; it can only be something that it adds to."""
    repeats = SHORT_REPEATS if new.short else REPEATS
    if new.text and _beyond(repeats, [(one.at, one.text == new.text) for one in marks], new):
        return "repeats"
    if new.links and _beyond(LINKS, [(one.at, one.links) for one in marks], new):
        return "links"
    if new.mentions > 1 and _beyond(MENTIONS, [(one.at, max(one.mentions - 1, 0)) for one in marks], new):
        return "mentions"  # one in each message is how people talk
    last = {one.place: one.at for one in marks}
    return "places" if _beyond(PLACES, [(at, 1) for at in last.values()], new) else ""


def _beyond(windows: Sequence[tuple[int, int]], weights: Sequence[tuple[int, int]], new: Mark) -> bool:
    """Whether more happened than may in one of the windows that end with the new message."""
    if sum(weight for _, weight in weights) <= windows[0][0]:
        return False
    return any(sum(weight for at, weight in weights if new.at - at < seconds) > most for most, seconds in windows)


def _wave(new: Mark, newcomers: Sequence[Habits]) -> Sign:
    """Whether others who are new advertise the very same; a greeting, which many say, is no advertisement."""
    if not (new.links or new.mentions):
        return ""
    alike = sum(
        any(one.text == new.text and 0 <= new.at - one.at < WAVE_WINDOW for one in other.marks) for other in newcomers
    )
    return "wave" if alike >= WAVE else ""


def _seconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
