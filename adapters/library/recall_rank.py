"""The order in which past turns fit a question: one linear score over all turns of one fan.

Each part lies between 0 and 1 (cosines -1 and 1), so that its weight says how much it counts beside the others. The
weights were found on conversations with known evidence that are not in this repository, and not fitted to any set that
the benchmark reports; docs/adr/0018 tells how they came about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from adapters.library import dates
from adapters.library.postings import Floats
from adapters.library.remembered import AVATAR, DAY, Remembered
from adapters.library.terms import SMALL, terms
from adapters.library.tongue import language_of
from core.model import FanId

WORDS_AND_MORE = 2.0  # BM25 over text, speaker and date
WORDS = 1.5  # BM25 over the text alone
NEIGHBOURS = (1.2, 0.8, 0.8, 0.6)  # of the same score of the turn before, after, two before, two after
SESSION = 2.0  # the three best of its session: a talk about the matter
SPEAKER = 1.6  # said by the only speaker whom the question names
PERSON = 0.8  # the same where the question says but "I" or "you"
TIME = 1.7  # tells a time, where the question asks for one
ASKS = -0.8  # is itself a question: it seldom holds an answer
ANSWERS = 0.6  # follows a question
LENGTH = 1.2  # says much
PERIOD = 2.5  # was said in the time that the question names: more than any word
MEANING = 2.4  # cosine of the turn
MEANING_AROUND = 3.2  # cosine of the turn with its neighbours

FULL_LENGTH = 60.0  # words from which on more say no more
AROUND = 0.5  # of a neighbour's meaning
SESSION_BEST = 3  # turns of a session that count
LEAST_BLUR, BLUR = 2.0, 0.25  # days, and share of a period, by which what people say of a time is off
TELLING = 3  # words that say something; a question with fewer borrows from the talk before
BORROWED = 0.5  # how much a borrowed word weighs

FIRST = re.compile(
    r"(?<!\w)(?:i|my|me|mine|ich|mein\w*|mir|mich|yo|mi|mis|je|mon|ma|mes|jag|min|mitt|mina|io|mio|mia|eu|meu|minha|ik|"
    r"mijn|я|мой|моя|моё|мои|меня|мне|ben|benim|أنا|मैं\w*|मेर[ाीे]|मुझे)(?!\w)|我",
    re.IGNORECASE,
)
SECOND = re.compile(
    r"(?<!\w)(?:you|your|yours|du|dein\w*|dir|dich|tú|tu|tus|te|ton|ta|tes|toi|dig|din|ditt|dina|tuo|tua|você|jij|je|jouw|"
    r"ты|твой|твоя|тебя|тебе|sen|senin|أنت|तुम\w*|आप\w*)(?!\w)|你|您",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for."""

    text: str
    language: str
    wanted: Mapping[str, float]  # terms with their weights
    speaker: tuple[int, float] | None  # who is likely to have said it, and how much that counts
    when: bool  # it asks for a time
    span: dates.Span | None  # it names a time


def read(
    index: Remembered, text: str, talk: Sequence[str], related: str, *, asker: FanId | None, now: datetime
) -> Asked:
    """Understand a question.

    Args:
        index: Where it is looked for.
        text: The question.
        talk: What was said just before; used where the question alone says too little.
        related: Names that what is asked about goes by elsewhere.
        asker: Whose "I" it is.
        now: When it is asked.
    """
    language = language_of(text) or (index.spoken or ("",))[0]
    languages = (language, *index.spoken)
    wanted = dict.fromkeys(telling(text, languages), 1.0)
    borrowed = " ".join((related, *(talk if sum(map(index.holds, wanted)) < TELLING else ())))
    for term in telling(borrowed, languages):
        wanted.setdefault(term, BORROWED)
    stretch = dates.beside(text, language)
    events = [term for term in telling(stretch.event, languages) if index.holds(term)] if stretch else []
    span = _beside(index, stretch, events) if stretch and events else dates.period(text, language, now)
    for term in events:  # they have told the time; what was said of the event itself is not what is looked for
        wanted.pop(term, None)
    return Asked(
        text, language, wanted, _speaker(index, text, wanted, languages, asker=asker), dates.asks_when(text), span
    )


def telling(text: str, languages: Sequence[str]) -> list[str]:
    """The terms of a text that say something, as each of these languages would write them, in order, each once."""
    found = (term for language in dict.fromkeys(languages) for term in terms(text, language))
    return [term for term in dict.fromkeys(found) if not term.startswith(SMALL)]


def rank(index: Remembered, asked: Asked, meaning: Floats | None, limit: int) -> Iterator[int]:
    """The rows that fit best, best first, each text once; without anything to go by, none.

    Args:
        index: All turns.
        asked: What is looked for.
        meaning: Each row's likeness in meaning, -1 to 1; None: not known.
        limit: Rows at most.
    """
    words = _shared(index.words(asked.wanted, more=True))
    near = _period(index, asked.span)
    if not len(index) or not (words.any() or near.any() or (meaning is not None and meaning.any())):
        return
    score = _words(index, asked, words) + _manner(index, asked) + PERIOD * near
    if meaning is not None:
        previous, following = _around(meaning, index)
        around = (meaning + AROUND * (previous + following)) / (1 + 2 * AROUND**2) ** 0.5
        score += MEANING * meaning + MEANING_AROUND * around
    seen: set[int] = set()
    for row in best_first(score, 2 * limit):
        if index.prints[row] not in seen:
            seen.add(index.prints[row])
            yield row
        if len(seen) == limit:
            return


def best_first(score: Floats, likely: int) -> Iterator[int]:
    """Rows by falling score, the earlier of equals first; only as many are sorted as are asked for.

    Args:
        score: Of each row.
        likely: How many will probably be asked for.
    """
    size, shown = min(max(likely, 1), len(score)), 0
    while shown < len(score):
        least = np.partition(score, len(score) - size)[len(score) - size]
        rows = np.flatnonzero(score >= least)
        yield from rows[np.argsort(-score[rows], kind="stable")][shown:].tolist()
        shown = len(rows)
        size = min(4 * shown, len(score))


def _words(index: Remembered, asked: Asked, words: Floats) -> Floats:
    """What the words say of each turn, of those around it, and of its session."""
    before, after = _around(words, index)
    twice_before, _ = _around(before, index)
    _, twice_after = _around(after, index)
    found = (
        WORDS_AND_MORE * words
        + WORDS * _shared(index.words(asked.wanted, more=False))
        + SESSION * _session(index, words)
    )
    for weight, score in zip(NEIGHBOURS, (before, after, twice_before, twice_after), strict=True):
        found += weight * score
    return np.asarray(found, dtype=np.float32)


def _manner(index: Remembered, asked: Asked) -> Floats:
    """What the way in which it was said speaks for."""
    rows = index.columns()
    found = ASKS * rows.asks + ANSWERS * _around(rows.asks, index)[0]
    found += LENGTH * np.minimum(rows.lengths / FULL_LENGTH, 1.0)
    if asked.when:
        found = found + TIME * rows.timed
    if asked.speaker is not None:
        number, weight = asked.speaker
        found = found + weight * (rows.speaker == number)
    return np.asarray(found, dtype=np.float32)


def _around(score: Floats, index: Remembered) -> tuple[Floats, Floats]:
    """The score of the turn before each in its session, and of the one after; 0 where there is none."""
    there = index.columns().follows
    before = index.columns().before[there]
    previous, following = np.zeros_like(score), np.zeros_like(score)
    previous[there] = score[before]
    following[before] = score[there]
    return previous, following


def _session(index: Remembered, words: Floats) -> Floats:
    """The sum of the best of each row's session, shared out."""
    session = index.columns().session
    rows = np.flatnonzero(words > 0)
    rows = rows[np.lexsort((-words[rows], session[rows]))]
    ordered = session[rows]
    first = np.searchsorted(ordered, ordered, side="left")
    best = rows[np.arange(len(rows)) - first < SESSION_BEST]
    sums = np.bincount(session[best], weights=words[best], minlength=int(session.max()) + 1)
    return _shared(sums[session].astype(np.float32))


def _period(index: Remembered, span: dates.Span | None) -> Floats:
    """1 in a stretch of time, falling with the distance from it."""
    if span is None:
        return np.zeros(len(index), dtype=np.float32)
    first, last = (moment.timestamp() / DAY if moment.year > 1 else float("-inf") for moment in span)
    days = index.columns().days
    away = np.maximum(np.maximum(first - days, days - last), 0.0)
    blur = max(LEAST_BLUR, BLUR * min(last - first, 365.0))
    return np.exp(-away / blur).astype(np.float32)


def _beside(index: Remembered, stretch: dates.Beside, events: Sequence[str]) -> dates.Span:
    """The time beside an event that a question names, by when the event was talked about."""
    score = index.words(dict.fromkeys(events, 1.0), more=False)
    day = int(index.columns().days[int(score.argmax())])
    first, last = ((day + offset) * DAY for offset in (stretch.first, stretch.last))
    return datetime.fromtimestamp(first, tz=UTC), datetime.fromtimestamp(last, tz=UTC)


def _speaker(
    index: Remembered, text: str, wanted: Mapping[str, float], languages: Sequence[str], *, asker: FanId | None
) -> tuple[int, float] | None:
    """Who is likely to have said what is looked for."""
    named = [number for number, name in enumerate(index.names) if wanted.keys() & telling(name, languages)]
    if named:
        return (named[0], SPEAKER) if len(named) == 1 else None
    first, second = bool(FIRST.search(text)), bool(SECOND.search(text))
    number = None if first == second else AVATAR if second else index.number_of(asker)
    return None if number is None else (number, PERSON)


def _shared(score: Floats) -> Floats:
    """Divided by the greatest."""
    most = float(score.max(initial=0.0))
    return score / np.float32(most) if most > 0 else score
