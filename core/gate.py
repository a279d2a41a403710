"""Whether the avatar may speak: what moderators have set for a place, held against who wrote what, and when.

Everything here is pure: what was set comes as a snapshot, and what the database knows is handed in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from core.blocklist import Blocklist, blocklist
from core.control import Setting
from core.errors import InvalidInput
from core.model import Controls, Place

Answers = Literal["all", "mentions", "nothing"]
Reason = Literal["", "paused", "quiet", "dms", "nothing", "slow", "blocked"]

FOREVER, LONG_AGO = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)

PAUSED: Setting[datetime | Literal["on"]] = Setting("paused", datetime | Literal["on"], LONG_AGO)  # until when
ANSWERS: Setting[Answers] = Setting("answers", Answers, "mentions")
DMS: Setting[bool] = Setting("dms", bool, True)
SLOW: Setting[timedelta] = Setting("slow", timedelta, timedelta(0))
QUIET: Setting[str] = Setting("quiet", str, "")
WORDS: Setting[tuple[str, ...]] = Setting("words", tuple[str, ...], ())

_SPAN = re.compile(r"(\d{1,2})[:.](\d{2})\s*(?:-|–|—|to|bis)\s*(\d{1,2})[:.](\d{2})(?:\s+(\S{1,64}))?")  # noqa: RUF001 - dashes are typed
_HOW = "Write them like this: 22:00-07:00 Europe/Stockholm"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether one message may be answered."""

    reason: Reason = ""  # why it may not be; empty: it may
    until: datetime | None = None  # when that ends by itself; None: it does not, or nobody knows

    @property
    def open(self) -> bool:
        """It may be answered."""
        return not self.reason


OPEN = Judgement()


class Quiet(NamedTuple):
    """Hours of the day in which the avatar is silent, by the clocks of one zone."""

    begins: time
    ends: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> Quiet:
        """Hours as they are typed: "22:00-07:00 Europe/Stockholm"; without a zone, UTC is meant.

        Raises:
            InvalidInput: They cannot be read.
        """
        match = _SPAN.fullmatch(text.strip())
        if match is None:
            raise InvalidInput(f"I can't read these hours. {_HOW}")
        try:
            begins, ends = time(int(match[1]), int(match[2])), time(int(match[3]) % 24, int(match[4]))
        except ValueError as exc:
            raise InvalidInput(f"There is no such time of day. {_HOW}") from exc
        if begins == ends:
            raise InvalidInput(f"These hours begin when they end. {_HOW}")
        return cls(begins, ends, zone(match[5] or "UTC"))

    @property
    def text(self) -> str:
        """As it is typed."""
        return f"{self.begins:%H:%M}-{self.ends:%H:%M} {self.zone.key}"

    def until(self, now: datetime) -> datetime | None:
        """When the quiet hours end that it is now; None: it is none of them.

        They last from one moment to another: a clock that is put back in between repeats nothing.
        """
        today = now.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            ends = day if self.begins < self.ends else day + timedelta(days=1)
            if self._moment(day, self.begins) <= now < (end := self._moment(ends, self.ends)):
                return end
        return None

    def _moment(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


def zone(name: str) -> ZoneInfo:
    """The time zone of this name.

    Raises:
        InvalidInput: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError) as exc:  # not a name at all; no such file (ZoneInfoNotFoundError is a KeyError)
        raise InvalidInput(f"I don't know that time zone. {_HOW}") from exc
    except KeyError as exc:
        raise InvalidInput(f"I don't know the time zone {name!r}. {_HOW}") from exc


# ── what holds in a place ────────────────────────────────────────────────────────────────────────


def paused(controls: Controls, place: Place | None, now: datetime) -> datetime | None:
    """Until when the avatar is to be silent in a place or where that belongs to; None: it is not.

    A pause of a wider place holds in all narrower ones, whatever was set there.
    """
    ends = [FOREVER if until == "on" else until for until in PAUSED.each(controls, place)]
    return max((end for end in ends if end > now), default=None)


def hears(controls: Controls, place: Place) -> bool:
    """Whether everything that is said in a shared place is meant for the avatar, and not only what mentions it."""
    return ANSWERS.of(controls, place) == "all"


def blocked(controls: Controls, place: Place) -> Blocklist:
    """What is blocked in a place: the words of all that it belongs to, together."""
    lists = WORDS.each(controls, place)
    return blocklist(tuple(dict.fromkeys(word for words in lists for word in words)))


def pace(controls: Controls, place: Place) -> timedelta:
    """The least time between two answers to one fan; zero: there is no slow mode."""
    return SLOW.of(controls, place)


# ── one message ──────────────────────────────────────────────────────────────────────────────────


def judge(controls: Controls, place: Place, text: str, *, now: datetime, answered: datetime | None = None) -> Judgement:
    """Whether a message may be answered.

    Args:
        controls: What is set.
        place: Where it was written.
        text: What was written.
        now: The present.
        answered: When its writer was last answered there; None: never.
    """
    if end := paused(controls, place, now):
        return Judgement("paused", None if end == FOREVER else end)
    if place.shared and ANSWERS.of(controls, place) == "nothing":
        return Judgement("nothing")
    if not place.shared and not DMS.of(controls, place):
        return Judgement("dms")
    if end := _quiet(controls, place, now):
        return Judgement("quiet", end)
    if blocked(controls, place).find(text):
        return Judgement("blocked")
    lifts = answered + pace(controls, place) if answered is not None else now
    return Judgement("slow", lifts) if lifts > now else OPEN


def _quiet(controls: Controls, place: Place, now: datetime) -> datetime | None:
    kept = QUIET.of(controls, place)
    if not kept or kept == "off":
        return None
    try:
        return Quiet.parse(kept).until(now)
    except InvalidInput:  # written by another version, or a zone that this machine does not know
        return None
