"""Which time a question means ("last March", "vorgestern", "the week before my exam"), looking back from now.

``core.dates`` knows seven languages closely. For all others the tables of dateparser (Unicode CLDR) are asked; its own
search is not used, since it takes "we" for Wednesday and finds nothing in "la semana pasada".
"""

from __future__ import annotations

import calendar
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from core import dates

CLOSELY = {
    "en": (dates.ENGLISH, "before|prior to", "after"),
    "de": (dates.GERMAN, "vor", "nach"),
    "fr": (dates.FRENCH, "avant", "après"),
    "es": (dates.SPANISH, "antes de", "después de"),
    "it": (dates.ITALIAN, "prima di|prima del", "dopo"),
    "pt": (dates.PORTUGUESE, "antes de|antes do", "depois de|depois do"),
    "nl": (dates.DUTCH, "voor", "na"),
}
MONTHS = [month.lower() for month in calendar.month_name if month]
WEEKDAYS = [day.lower() for day in calendar.day_name]
UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}  # days of a stretch beside an event
UNSPACED = frozenset({"zh", "ja", "th", "my", "km", "lo"})
SHORTEST = 4  # letters of a name of a month or a day that is no abbreviation ("mar", "sat")
AGO = re.compile(r"(?P<count>\d+) (?P<unit>day|week|month|year) ago\Z")
WHEN = re.compile(
    r"(?<!\w)(?:when|how long ago|(?:what|which) (?:day|date|month|year|week)|wann|an welchem tag|cuándo|cuando|quand|"
    r"när|quando|wanneer|kiedy|ne zaman|kapan|когда|коли|πότε|متى|कब)(?!\w)|"
    r"什么时候|什麼時候|何时|何時|哪天|几号|いつ|언제|เมื่อไ",
    re.IGNORECASE,
)

Span = tuple[datetime, datetime]  # the first moment and the last second


@dataclass(frozen=True, slots=True)
class Beside:
    """A stretch of time beside something that happened: seven days before "my exam"."""

    event: str
    first: int  # days from the event, the first and the one after the last
    last: int


def period(text: str, language: str, now: datetime) -> Span | None:
    """The time in the past that a question names; None if it names none.

    Args:
        text: The question.
        language: As ``language_of`` names it; empty: not known.
        now: When it is asked.
    """
    if language in CLOSELY or not language:
        tongue = CLOSELY[language][0] if language else None
        found = dates.named(text, now, ahead=False, tongue=tongue)
        return (found.start or datetime.min.replace(tzinfo=UTC), found.end or now) if found else None
    days = next(_by_table(text, language, now.astimezone(UTC).date()), None)
    return (_midnight(days[0]), _midnight(days[1]) + dates.LAST_SECOND) if days else None


def beside(text: str, language: str) -> Beside | None:
    """The stretch before or after an event that a question names; None if it names none."""
    tongue, before, after = CLOSELY.get(language, CLOSELY["en"])
    unit = "|".join(f"(?P<{name}>{words})" for name, words in zip(UNITS, tongue.units.split(), strict=False))
    form = rf"(?<!\w)(?:{tongue.amount}\s)?(?:{unit})\s(?:(?P<before>{before})|(?P<after>{after}))\s(?P<event>.+)"
    match = re.search(form, text, re.IGNORECASE)
    if match is None:
        return None
    length = next(days for name, days in UNITS.items() if match[name])
    return Beside(match["event"], -length, 0) if match["before"] else Beside(match["event"], 0, length + 1)


def asks_when(text: str) -> bool:
    """Whether a question asks for a time."""
    return WHEN.search(text) is not None


def tells_time(text: str, language: str) -> bool:
    """Whether a text has a word that tells when something was or will be."""
    return _time_words(language or "en").search(text) is not None


# ── by table ─────────────────────────────────────────────────────────────────────────────────────


@cache
def table(language: str) -> Mapping[str, Any]:
    """How a language writes dates, as in dateparser; empty for one that it does not know."""
    if not re.fullmatch("[a-z]{2,3}", language):
        return {}
    try:
        found: Mapping[str, Any] = importlib.import_module(f"dateparser.data.date_translation_data.{language}").info
    except ModuleNotFoundError:
        return {}
    return found


@cache
def _time_words(language: str) -> re.Pattern[str]:
    known = table(language)
    names = [word for name in (*MONTHS, *WEEKDAYS) for word in known.get(name, ())]
    said = [word for words in known.get("relative-type", {}).values() for word in words]
    units = [word for name in UNITS for word in known.get(name, ())]
    words = {word.casefold() for word in (*names, *said, *units) if len(word) >= SHORTEST or not word.isascii()}
    either = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    dated = r"(?:19|20)\d\d|\d{1,2}[./]\d{1,2}"
    return re.compile(_alone(f"{either}|{dated}" if either else dated, language), re.IGNORECASE)


def _alone(pattern: str, language: str) -> str:
    return f"(?:{pattern})" if language in UNSPACED else rf"(?<!\w)(?:{pattern})(?!\w)"


@cache
def _phrases(language: str) -> Sequence[tuple[re.Pattern[str], str]]:
    """What says how long ago something was, the longest first, with what it says in English."""
    known = table(language)
    said = [(re.escape(word), name) for name, words in known.get("relative-type", {}).items() for word in words]
    counted = [
        (pattern.replace("++", "+").replace("*+", "*"), name.replace("\\1", "#"))
        for name, patterns in known.get("relative-type-regex", {}).items()
        for pattern in patterns
    ]
    both = sorted((*said, *counted), key=lambda one: -len(one[0]))
    return [(re.compile(_alone(pattern, language), re.IGNORECASE), name) for pattern, name in both]


@cache
def _numerals(language: str) -> Mapping[str, str]:
    """Number words of a language with their digits."""
    pairs = (pair for one in table(language).get("simplifications", ()) for pair in one.items())
    return {word: digits for word, digits in pairs if word.isalpha() and digits.isdecimal()}


def _by_table(text: str, language: str, today: date) -> Iterator[tuple[date, date]]:
    numerals = _numerals(language)
    text = re.sub(r"\w+", lambda word: numerals.get(word[0].casefold(), word[0]), text)
    for pattern, meaning in _phrases(language):
        if match := pattern.search(text):
            said = AGO.match(meaning.replace("#", match[1]) if "#" in meaning else meaning)
            if said and (days := _ago(int(said["count"]), said["unit"], today)):
                yield days
    yield from _month(text, language, today)


def _ago(count: int, unit: str, today: date) -> tuple[date, date] | None:
    """The first and last day of the day, week, month or year that is so many of them past; None: before all time."""
    try:
        if unit == "day":
            return today - timedelta(days=count), today - timedelta(days=count)
        if unit == "week":
            monday = today - timedelta(days=7 * count + today.weekday())
            return monday, monday + timedelta(days=6)
        if unit == "month":
            year, month = divmod(today.year * 12 + today.month - 1 - count, 12)
            return _whole(year, month + 1)
        return date(today.year - count, 1, 1), date(today.year - count, 12, 31)
    except (ValueError, OverflowError):
        return None


def _month(text: str, language: str, today: date) -> Iterator[tuple[date, date]]:
    """The month that a text names, with a year or the last one of that name; failing that, the year."""
    year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", text)
    for number, name in enumerate(MONTHS, start=1):
        words = [word for word in table(language).get(name, ()) if len(word) >= SHORTEST or not word.isascii()]
        either = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
        if words and re.search(rf"(?<!\d){_alone(either, language)}", text, re.IGNORECASE):
            yield _whole(int(year[0]) if year else today.year - (number > today.month), number)
    if year:
        yield date(int(year[0]), 1, 1), date(int(year[0]), 12, 31)


def _whole(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
