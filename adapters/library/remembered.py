"""What was said to and by one fan, ready to be searched. It grows at its end and holds no texts."""

# ruff: noqa: RUF001  question marks of other scripts are meant

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from adapters.library.dates import MONTHS, WEEKDAYS, table, tells_time
from adapters.library.postings import Floats
from adapters.library.terms import SMALL, fold, terms
from adapters.library.tongue import language_of
from core.memory import Episode
from core.model import ConversationId, FanId

DAY = 86400.0
SESSION_GAP = 6 / 24  # days of silence after which a new session begins
MOST_LANGUAGES = 3  # that a question is understood in
K1, B = 0.9, 0.4  # turns are short: how long one is says little, and a word that comes twice says no more
QUESTION_MARKS = tuple("?？؟;՞")
AVATAR = 0  # the speaker's number

Bools = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Properties of turns, by row."""

    before: Longs  # the row before in the same session; -1: none
    follows: Longs  # the rows that have one before
    session: Longs
    days: npt.NDArray[np.float64]  # when it was said, since 1970
    speaker: Longs
    asks: Floats  # 1: it is a question
    timed: Bools  # it tells a time
    lengths: Floats  # in words
    text_norm: Floats
    more_norm: Floats


class Remembered:
    """Turns by row, in the order of their ids.

    Args:
        avatar: Its name, as others call it.
    """

    def __init__(self, avatar: str) -> None:
        self.ids = array("q")
        self.prints = array("Q")  # of the texts, to know that one was changed and that two are alike
        self.languages: Counter[str] = Counter()
        self.names = [avatar]  # of each speaker
        self._speakers: dict[FanId | None, int] = {None: AVATAR}
        self._speaker = array("H")
        self._days = array("d")  # since 1970
        self._session = array("L")
        self._before = array("q")  # the row before in the same session; -1: it begins there
        self._asks = array("b")
        self._timed = array("b")  # tells a time
        self._words = array("f")  # terms, small ones too
        self._text_length = array("f")
        self._more_length = array("f")
        self._in_text: dict[str, array[int]] = {}  # rows by term
        self._in_more: dict[str, array[int]] = {}  # rows by terms of speaker and date that are not in the text
        self._last: dict[ConversationId, tuple[int, float, int]] = {}  # row, day and session
        self._sessions = 0
        self._columns = self._made()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages in it, the most frequent first."""
        return tuple(name for name, _ in self.languages.most_common(MOST_LANGUAGES))

    def add(self, episodes: Iterable[Episode]) -> None:
        """Take in the next turns."""
        for one in episodes:
            self._add(one)

    def _add(self, episode: Episode) -> None:
        row, day = len(self.ids), episode.sent_at.timestamp() / DAY
        language = language_of(episode.text) or (self.spoken or ("",))[0]
        self.languages[language] += 1
        analysed = terms(episode.text, language)
        own = {term for term in analysed if not term.startswith(SMALL)}
        speaker = self._known(episode)
        named = {*terms(self.names[speaker], language)}
        more = (named | _dated(episode.sent_at.astimezone(UTC).date(), language)) - own
        for term in own:
            self._in_text.setdefault(term, array("L")).append(row)
        for term in more:
            self._in_more.setdefault(term, array("L")).append(row)
        self.ids.append(episode.id)
        self.prints.append(text_print(episode.text))
        self._speaker.append(speaker)
        self._days.append(day)
        self._asks.append(episode.text.rstrip().endswith(QUESTION_MARKS))
        self._timed.append(tells_time(episode.text, language))
        self._words.append(len(analysed))
        self._text_length.append(len(own))
        self._more_length.append(len(own) + len(more))
        self._join(episode.conversation, row, day)

    def _known(self, episode: Episode) -> int:
        """The speaker's number."""
        if episode.fan not in self._speakers:
            self._speakers[episode.fan] = len(self.names)
            self.names.append(episode.name)
        return self._speakers[episode.fan]

    def _join(self, conversation: ConversationId, row: int, day: float) -> None:
        """Put a turn into the session that is under way in its conversation, or begin one."""
        before, when, session = self._last.get(conversation, (-1, float("-inf"), 0))
        if day - when > SESSION_GAP:
            before, session = -1, self._sessions
            self._sessions += 1
        self._before.append(before)
        self._session.append(session)
        self._last[conversation] = row, day, session

    # ── what is asked of it ──────────────────────────────────────────────────────────────────────

    def holds(self, term: str) -> bool:
        """Whether any turn has this term."""
        return term in self._in_text

    def number_of(self, fan: FanId | None) -> int | None:
        """A speaker's number; None if they never spoke."""
        return self._speakers.get(fan)

    def words(self, wanted: Mapping[str, float], *, more: bool) -> Floats:
        """BM25 of every turn, by the fan's own frequencies; ``more``: speaker and date count too."""
        norm = self.columns().more_norm if more else self.columns().text_norm
        found = np.zeros(len(self), dtype=np.float32)
        for term, weight in wanted.items():
            places = [held[term] for held in (self._in_text, self._in_more)[: 1 + more] if term in held]
            count = sum(map(len, places))
            idf = np.log(1 + (len(self) - count + 0.5) / (count + 0.5))
            for rows in places:
                found[np.array(rows, dtype=np.int64)] += weight * idf
        return np.asarray(found * norm, dtype=np.float32)

    def idf(self, term: str) -> float:
        """How much a term says: the more, the fewer turns have it."""
        count = len(self._in_text.get(term, ()))
        return float(np.log(1 + (len(self) - count + 0.5) / (count + 0.5)))

    def columns(self) -> Columns:
        """Each row's properties, made anew only when rows have come since."""
        if len(self._columns.before) != len(self):
            self._columns = self._made()
        return self._columns

    def _made(self) -> Columns:
        before = np.array(self._before, dtype=np.int64)
        return Columns(
            before=before,
            follows=np.flatnonzero(before >= 0),
            session=np.array(self._session, dtype=np.int64),
            days=np.array(self._days, dtype=np.float64),
            speaker=np.array(self._speaker, dtype=np.int64),
            asks=np.array(self._asks, dtype=np.float32),
            timed=np.array(self._timed, dtype=np.bool_),
            lengths=np.array(self._words, dtype=np.float32),
            text_norm=_norm(self._text_length),
            more_norm=_norm(self._more_length),
        )


def _norm(lengths: array[float]) -> Floats:
    """What BM25 makes of how long each row is."""
    length = np.array(lengths, dtype=np.float32)
    return (K1 + 1) / (1 + K1 * (1 - B + B * length / max(float(length.sum()) / max(len(length), 1), 1.0)))


def text_print(text: str) -> int:
    """Texts that hardly differ to a reader have the same."""
    plain = " ".join(fold(text).split())
    return int.from_bytes(blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@lru_cache(maxsize=4096)
def _dated(day: date, language: str) -> frozenset[str]:
    """A day as people of a language write it, as terms."""
    known = table(language or "en") or table("en")
    names = [max(known.get(name, (name,)), key=len) for name in (MONTHS[day.month - 1], WEEKDAYS[day.weekday()])]
    written = terms(f"{day.day} {names[0]} {day.year} {names[1]}", language)
    return frozenset(term for term in written if not term.startswith(SMALL))
