"""What one avatar's creator has published, ready to be searched. It never changes; what is new makes a new shelf.

It holds what finds the passages; their texts only where they are few, so that an avatar with 100,000 passages takes
tens of megabytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from adapters.library.postings import Floats, Forward, Postings, Rows
from adapters.library.terms import terms
from adapters.library.tongue import language_of, primary
from adapters.library.vectors import Matrix
from core.content import Kind, Passage, PassageId

TITLE_COUNTS = 2  # times: a title's or heading's word in it says more about a passage than one in the text
LEAST_SHARE = 0.01  # of the passages; languages below are not asked in
SMALL = 4000  # passages; so few are kept with their texts (some megabytes) and ranked in about a millisecond
DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """One avatar's passages by row. Built by ``Shelving``."""

    revision: int
    ids: npt.NDArray[np.int64]
    prints: npt.NDArray[np.uint64]  # of everything that is indexed, to know a passage again
    tiers: Sequence[str]
    tier_of: npt.NDArray[np.int32]
    corrections: npt.NDArray[np.bool_]
    days: Floats  # since 1970 when it was published; minus infinity: not known
    languages: Sequence[str]  # most frequent first
    spoken: Sequence[str]  # the languages in which questions are understood
    language_of: npt.NDArray[np.int32]
    postings: Postings
    matrix: Matrix | None
    passages: Sequence[Passage]  # by row; none where they are many
    complete: bool  # every passage has its vector, or is known to get none

    def scope(self, tiers: Collection[str]) -> npt.NDArray[np.bool_]:
        """The rows that may be answered from: public ones and those of these tiers."""
        allowed = np.array([not tier or tier in tiers for tier in self.tiers], dtype=np.bool_)
        return allowed[self.tier_of]


@dataclass(slots=True)
class Shelving:
    """A shelf in the making.

    Args:
        old: The shelf before, whose analysis is used again for what has not changed.
    """

    old: Shelf | None = None
    _rows: Rows = field(default_factory=Rows)
    _metas: list[tuple[int, int, str, bool, float, str]] = field(default_factory=list)
    _unsure: list[tuple[int, Passage]] = field(default_factory=list)
    _known: dict[tuple[int, int], int] = field(default_factory=dict)
    _forward: Forward | None = None
    _passages: list[Passage] = field(default_factory=list)  # up to one too many to be kept

    def __post_init__(self) -> None:
        if self.old is not None:
            keys = zip(self.old.ids.tolist(), self.old.prints.tolist(), strict=True)
            self._known = {key: row for row, key in enumerate(keys)}
            self._forward = self.old.postings.forward()
            self._rows.vocabulary = dict(self.old.postings.vocabulary)

    def add(self, passages: Iterable[Passage]) -> None:
        """Take in the next passages."""
        for passage in passages:
            mark = _print(passage)
            row = self._known.get((passage.id, mark))
            if row is not None and self._forward is not None and self.old is not None:
                language = self.old.languages[self.old.language_of[row]]
                self._rows.copy(self._forward, row)
                self._note(passage, mark, language)
                continue
            language = primary(passage.language) or language_of(f"{passage.title}\n{passage.text}")
            if language:
                self._analyse(passage, mark, language)
            else:
                self._unsure.append((mark, passage))

    def finish(self, revision: int, vectors: Mapping[PassageId, bytes]) -> Shelf:
        """The shelf of everything added."""
        usual = Counter(meta[5] for meta in self._metas).most_common(1)
        for mark, passage in self._unsure:
            self._analyse(passage, mark, usual[0][0] if usual else "")
        ids, prints, tiers, corrections, days, languages = zip(*self._metas, strict=True) if self._metas else ((),) * 6
        tier_names, tier_of = _named(tiers)
        language_names, languages_of = _named(languages)
        rows = {row: blob for row, one in enumerate(ids) if (blob := vectors.get(PassageId(one)))}
        return Shelf(
            revision,
            np.array(ids, dtype=np.int64),
            np.array(prints, dtype=np.uint64),
            tier_names,
            tier_of,
            np.array(corrections, dtype=np.bool_),
            np.array(days, dtype=np.float32),
            language_names,
            [name for name, count in Counter(languages).most_common() if count >= LEAST_SHARE * len(ids)],
            languages_of,
            Postings(self._rows),
            Matrix(rows, len(ids)) if rows else None,
            self._passages if len(self._passages) <= SMALL else (),
            all(PassageId(one) in vectors for one in ids),
        )

    def _analyse(self, passage: Passage, mark: int, language: str) -> None:
        body = terms(passage.text, language)
        counted = Counter(body)
        head = set(terms(f"{passage.title}\n{passage.heading}", language))
        for term in head:
            counted[term] += TITLE_COUNTS
        self._rows.add(counted, len(body) + len(head))
        self._note(passage, mark, language)

    def _note(self, passage: Passage, mark: int, language: str) -> None:
        if len(self._passages) <= SMALL:
            self._passages.append(passage)
        day = since_1970(passage.published)
        self._metas.append((passage.id, mark, passage.tier, passage.kind is Kind.CORRECTION, day, language))


def since_1970(moment: datetime | None) -> float:
    """Days; minus infinity if there is no moment."""
    return moment.timestamp() / DAY if moment is not None else float("-inf")


def _print(passage: Passage) -> int:
    text = f"{passage.language}\0{passage.title}\0{passage.heading}\0{passage.text}"
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _named(values: Sequence[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The different values, most frequent first, and which one each is."""
    names = [name for name, _ in Counter(values).most_common()]
    places = {name: place for place, name in enumerate(names)}
    return names, np.fromiter((places[value] for value in values), dtype=np.int32, count=len(values))
