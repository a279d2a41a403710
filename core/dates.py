"""When something is, as people say it ("tomorrow", "last March", "since 2019"), told from the day they said it.

English, German, French, Spanish, Italian, Portuguese and Dutch; dates written in digits in any language. Days are those
of UTC. Where people differ, the plain reading is taken: "next Friday" is the first Friday to come, a week begins on
Monday.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time that a text names."""

    start: datetime | None  # the first moment; None: it is said only when it ends
    end: datetime | None  # the last second; None: it is said only when it begins
    words: str  # as they stand in the text

    @property
    def absolute(self) -> bool:
        """Whether the words mean the same whenever they are read."""
        return re.search(r"\d{4}", self.words) is not None

    @property
    def written(self) -> str:
        """The same in digits: "2026-11-24", "2026-11-23 to 2026-11-29"."""
        return " to ".join(dict.fromkeys(str(one.date()) for one in (self.start, self.end) if one))


@dataclass(frozen=True)
class Tongue:
    """How one language speaks of time. Alternatives are parted by ``|``; lists of alternatives by spaces."""

    marks: str  # small words by which it is known; what several languages share stands in each
    days: dict[str, int]  # by how many days they are away
    weekdays: str  # from Monday
    months: str
    units: str  # day, week, month, year, weekend
    numbers: str  # from one to ten
    ago: str  # N units ago, with ``#`` in place of the number and ``@`` in place of the unit
    hence: str
    last: str
    next: str
    this: str
    since: str
    until: str
    every: str
    within: str  # what stands before a month or a year

    @cached_property
    def known_by(self) -> frozenset[str]:
        """Its small words."""
        return frozenset(self.marks.split())

    @cached_property
    def amount(self) -> str:
        """A pattern of numbers."""
        return rf"(?P<amount>\d{{1,3}}|{'|'.join(self.numbers.split())})"

    @cached_property
    def patterns(self) -> Sequence[re.Pattern[str]]:
        """What is looked for, in the order in which it is preferred."""
        week, month, unit = (
            f"(?P<{name}>{'|'.join(words.split())})"
            for name, words in (("weekday", self.weekdays), ("month", self.months), ("unit", self.units))
        )
        year = r"(?P<year>(?:19|20)\d\d)"
        relation = f"(?:(?P<last>{self.last})|(?P<next>{self.next})|(?P<this>{self.this}))"
        after = relation.replace("?P<last>", "?P<last2>").replace("?P<next>", "?P<next2>").replace("?P<this>", "?:")
        found = (
            r"(?P<iso>\d{4}-\d\d-\d\d)",
            r"(?P<dotted>\d{1,2}\.\d{1,2}\.(?:19|20)\d\d)",
            rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|°)?\s(?:of\s|de\s)?{month}(?:,?\s(?:de\s|of\s)?{year})?",
            rf"{month}\s(?:the\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s{year})?",
            rf"(?P<away>{'|'.join(sorted(self.days, key=len, reverse=True))})",
            rf"(?P<ago>{self._counted(self.ago, unit)})",
            rf"(?P<hence>{self._counted(self.hence, unit)})",
            rf"{relation}\s(?:{week}|{month}|{unit})",
            rf"(?:{week}|{month}|{unit})\s{after}",
            rf"{month}\s(?:de\s|of\s)?{year}",
            rf"(?:{self.within}|{self.since}|{self.until})\s(?:{month}|{year})",
            week,
        )
        return [re.compile(rf"(?<!\w)(?:{one})(?!\w)", re.IGNORECASE) for one in found]

    def _counted(self, form: str, unit: str) -> str:
        return form.replace("#", self.amount).replace("@", unit)


ENGLISH = Tongue(
    "i i'm i've i'll my me the a is am are was to and of in on with we it it's for have met",
    {"the day after tomorrow": 2, "day after tomorrow": 2, "the day before yesterday": -2, "day before yesterday": -2}
    | {
        "today": 0,
        "tonight": 0,
        "this morning": 0,
        "this evening": 0,
        "tomorrow": 1,
        "yesterday": -1,
        "last night": -1,
    },
    "monday tuesday wednesday thursday friday saturday sunday",
    "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sept?|sep october|oct "
    "november|nov december|dec",
    "days? weeks? months? years? weekends?",
    "an?|one two three four five six seven eight nine ten",
    r"#\s@\sago",
    r"in\s#\s@",
    "last",
    "next|coming",
    "this",
    "since",
    "until|till",
    "every|each|most",
    "in|during|by",
)
GERMAN = Tongue(
    "ich mein meine mich mir der die das ist bin war was und in im am mit wir ein eine zu nicht auf",
    {"vorgestern": -2, "gestern": -1, "heute": 0, "übermorgen": 2, "morgen": 1},
    "montag dienstag mittwoch donnerstag freitag samstag|sonnabend sonntag",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "tage?n? wochen? monate?n? jahre?n? wochenende",
    "eine[mnr]? zwei drei vier fünf sechs sieben acht neun zehn",
    r"vor\s#\s@",
    r"in\s#\s@",
    "letzte[mnrs]?|vorige[mnrs]?|vergangene[mnrs]?",
    "nächste[mnrs]?|kommende[mnrs]?",
    "diese[mnrs]?",
    "seit",
    "bis",
    "jede[mnrs]?",
    "im|in",
)
FRENCH = Tongue(
    "je j'ai j'habite mon ma mes me moi le la les est suis et a on à un une avec nous pas du en au",
    {"après-demain": 2, "demain": 1, "aujourd'hui": 0, "ce soir": 0, "hier": -1, "avant-hier": -2},
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "jours? semaines? mois ans?|années? week-ends?",
    "une? deux trois quatre cinq six sept huit neuf dix",
    r"il\sy\sa\s#\s@",
    r"dans\s#\s@",
    "derni(?:er|ère)|passée?",
    "prochaine?",
    "ce|cette",
    "depuis",
    "jusqu'en|jusqu'à|jusqu'au",
    "chaque|tous les|toutes les",
    "en",
)
SPANISH = Tongue(
    "yo mi mis me a el los es soy está y un una con nosotros no del en al la que voy",
    {"pasado mañana": 2, "mañana": 1, "hoy": 0, "esta noche": 0, "ayer": -1, "anteayer": -2},
    "lunes martes miércoles jueves viernes sábado domingo",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "días? semanas? meses|mes años? fin\\sde\\ssemana",
    "una? dos tres cuatro cinco seis siete ocho nueve diez",
    r"hace\s#\s@",
    r"(?:en|dentro\sde)\s#\s@",
    "pasad[oa]|últim[oa]",
    r"próxim[oa]|que\sviene",
    "est[ea]",
    "desde",
    "hasta",
    "cada|todos los|todas las",
    "en",
)
ITALIAN = Tongue(
    "io mio mia mi a il lo gli è sono sto e un una con noi non del in al la che ho vado",
    {"dopodomani": 2, "domani": 1, "oggi": 0, "stasera": 0, "ieri": -1, "l'altro ieri": -2},
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "giorn[oi] settiman[ae] mes[ei] ann[oi] weekend|fine\\ssettimana",
    "una?|un due tre quattro cinque sei sette otto nove dieci",
    r"#\s@\sfa",
    r"(?:tra|fra)\s#\s@",
    "scors[oa]|passat[oa]",
    "prossim[oa]",
    "quest[oa]",
    "dal",
    "fino a|fino al",
    "ogni",
    "in|a|nel",
)
PORTUGUESE = Tongue(
    "eu meu minha me a o os é sou estou e um uma com nós não do em ao a que vou na no",
    {"depois de amanhã": 2, "amanhã": 1, "hoje": 0, "ontem": -1, "anteontem": -2},
    "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "dias? semanas? meses|mês anos? fim\\sde\\ssemana",
    "uma? dois|duas três quatro cinco seis sete oito nove dez",
    r"há\s#\s@(?:\satrás)?",
    r"(?:em|daqui\sa)\s#\s@",
    "passad[oa]|últim[oa]",
    r"próxim[oa]|que\svem",
    "est[ea]|nest[ea]",
    "desde",
    "até",
    "cada|todo|toda",
    "em",
)
DUTCH = Tongue(
    "ik mijn me mij de het is ben was of in en een met wij niet op naar we ga",
    {"overmorgen": 2, "morgen": 1, "vandaag": 0, "vanavond": 0, "gisteren": -1, "eergisteren": -2},
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "dag(?:en)? we(?:ek|ken) maand(?:en)? ja(?:ar|ren) weekend",
    "een|één twee drie vier vijf zes zeven acht negen tien",
    r"#\s@\sgeleden",
    r"over\s#\s@",
    "vorige?|afgelopen",
    "volgende?|komende?",
    "deze|dit",
    "sinds",
    "tot",
    "elke?|iedere?",
    "in",
)
TONGUES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, DUTCH)
UNITS = ("day", "week", "month", "year", "weekend")
WORD = re.compile(r"[\w'-]+")
THROUGH = re.compile(r"\s*(?:to|till|until|through|bis(?: zum)?|au|al?|até|tot|-|\u2013)\s+(?:the )?", re.IGNORECASE)
SATURDAY = 5
LAST_SECOND = timedelta(days=1, seconds=-1)  # of a day, from its first


def named(text: str, said_at: datetime, *, ahead: bool, tongue: Tongue | None = None) -> Period | None:
    """The time that a text names; None if it names none, or what happens again and again.

    Args:
        text: A clause or a sentence.
        said_at: When it was said.
        ahead: Of days and months that come every week and year, the next one is meant; otherwise the last one.
        tongue: The language, where it is known; otherwise it is told from the text.
    """
    text = text.replace("\u2019", "'")
    return _named(text, tongue or spoken(text), said_at, ahead=ahead)


def _named(text: str, tongue: Tongue, said_at: datetime, *, ahead: bool) -> Period | None:
    today = said_at.astimezone(UTC).date()
    for match in (one for pattern in tongue.patterns for one in pattern.finditer(text)):
        before = text[: match.start()].rstrip().casefold()
        if re.search(rf"(?<!\w)(?:{tongue.every})$", before):
            continue
        since, until = _says(tongue.since, before, match[0]), _says(tongue.until, before, match[0])
        days = _days(match, tongue, today, ahead=ahead or until)
        if days is not None:
            first, last = _midnight(days[0]), _midnight(days[1]) + LAST_SECOND
            period = Period(None if until else first, None if since else last, match[0])
            return _through(period, text[match.end() :], tongue, said_at, ahead=ahead)
    return None


def _through(period: Period, rest: str, tongue: Tongue, said_at: datetime, *, ahead: bool) -> Period:
    """The period up to another day, where that follows: "from 3 May to 5 May"."""
    joint = THROUGH.match(rest)
    later = _named(rest[joint.end() :], tongue, said_at, ahead=ahead) if joint else None
    if joint is None or later is None or not rest[joint.end() :].startswith(later.words):
        return period
    if period.start is None or later.end is None or later.end < period.start:
        return period
    return Period(period.start, later.end, f"{period.words}{joint[0]}{later.words}")


def spoken(text: str) -> Tongue:
    """The language of a text, as far as its small words tell; English if they don't."""
    words = [word.casefold() for word in WORD.findall(text)]
    return max(TONGUES, key=lambda tongue: sum(word in tongue.known_by for word in words))


def _says(alternatives: str, before: str, own: str) -> bool:
    """Whether one of these words stands right before what was found, or at its head."""
    return re.search(rf"(?<!\w)(?:{alternatives})$", before) is not None or (
        re.match(rf"(?:{alternatives})\s", own, re.IGNORECASE) is not None
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _days(match: re.Match[str], tongue: Tongue, today: date, *, ahead: bool) -> tuple[date, date] | None:
    """The first and the last day that a match means; None for a day that there is not."""
    found = {name: value for name, value in match.groupdict().items() if value}
    try:
        return _numbered(found, tongue, today, ahead=ahead) or _related(found, tongue, today, ahead=ahead)
    except (ValueError, OverflowError):
        return None


def _numbered(found: dict[str, str], tongue: Tongue, today: date, *, ahead: bool) -> tuple[date, date] | None:
    """A day that is named by numbers or by its distance."""
    if "iso" in found:
        day = date.fromisoformat(found["iso"])
    elif "dotted" in found:
        number, month, year = (int(part) for part in found["dotted"].split("."))
        day = date(year, month, number)
    elif "away" in found:
        day = today + timedelta(days=tongue.days[found["away"].casefold()])
    elif "day" in found:
        day = _dated(found, tongue, today, ahead=ahead)
    elif "amount" in found:
        amount = int(found["amount"]) if found["amount"].isdecimal() else 1 + _at(tongue.numbers, found["amount"])
        return _unit(UNITS[_at(tongue.units, found["unit"])], today, -amount if "ago" in found else amount)
    else:
        return None
    return day, day


def _dated(found: dict[str, str], tongue: Tongue, today: date, *, ahead: bool) -> date:
    """A day of a month; of no year, the nearest there is in that direction."""
    month, number = 1 + _at(tongue.months, found["month"]), int(found["day"])
    if "year" in found:
        return date(int(found["year"]), month, number)
    years = [today.year + step * (1 if ahead else -1) for step in range(9)]
    there = [date(year, month, number) for year in years if number <= calendar.monthrange(year, month)[1]]
    if not there:
        raise ValueError(found["day"])
    return next(day for day in there if (day >= today if ahead else day <= today))


def _related(found: dict[str, str], tongue: Tongue, today: date, *, ahead: bool) -> tuple[date, date] | None:
    """A weekday, a month, a year or a unit, by what is said beside it."""
    step = -1 if {"last", "last2"} & found.keys() else 1 if {"next", "next2"} & found.keys() else 0
    if "unit" in found:
        return _unit(UNITS[_at(tongue.units, found["unit"])], today, step)
    if "weekday" in found:
        return _weekday(_at(tongue.weekdays, found["weekday"]), today, step or (1 if ahead else -1), "this" in found)
    if "month" not in found:
        year = int(found["year"])
        return date(year, 1, 1), date(year, 12, 31)
    month = 1 + _at(tongue.months, found["month"])
    return _month(int(found["year"]) if "year" in found else _year_of(month, today, step, ahead=ahead), month)


def _year_of(month: int, today: date, step: int, *, ahead: bool) -> int:
    """The year of a month that is named without one."""
    if step:
        return today.year + (step if (month - today.month) * step <= 0 else 0)
    if ahead:
        return today.year + (month < today.month)
    return today.year - (month > today.month)


def _weekday(weekday: int, today: date, step: int, this: bool) -> tuple[date, date]:  # noqa: FBT001  (read beside step)
    if this:
        day = today + timedelta(days=weekday - today.weekday())
    else:
        ahead, behind = (weekday - today.weekday()) % 7 or 7, (today.weekday() - weekday) % 7 or 7
        day = today + timedelta(days=ahead if step > 0 else -behind)
    return day, day


def _unit(unit: str, today: date, step: int) -> tuple[date, date]:
    """The day, week, weekend, month or year that is so many of them away."""
    if unit == "day":
        return today + timedelta(days=step), today + timedelta(days=step)
    if unit == "year":
        return date(today.year + step, 1, 1), date(today.year + step, 12, 31)
    if unit == "month":
        months = today.year * 12 + today.month - 1 + step
        return _month(months // 12, months % 12 + 1)
    monday = today + timedelta(days=7 * step - today.weekday())
    return monday + timedelta(days=SATURDAY if unit == "weekend" else 0), monday + timedelta(days=6)


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _at(alternatives: str, word: str) -> int:
    """Which of several alternatives a word is, from 0."""
    return next(at for at, one in enumerate(alternatives.split()) if re.fullmatch(one, word, re.IGNORECASE))
