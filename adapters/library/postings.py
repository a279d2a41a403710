"""An inverted index in numpy arrays, and BM25 over it.

Five bytes for each distinct term of each passage; a question touches only the rows of its own terms.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

K1, B = 1.2, 0.75  # as is usual; passages of 20 words stand beside ones of 240, so that length has to count
HASHES = 32  # of a passage's signature
MOST_COUNTED = 255


@dataclass(slots=True)
class Rows:
    """Passages as they are analysed, one after the other: what ``Postings`` are made from."""

    vocabulary: dict[str, int] = field(default_factory=dict)
    terms: array[int] = field(default_factory=lambda: array("I"))
    counts: array[int] = field(default_factory=lambda: array("B"))
    sizes: array[int] = field(default_factory=lambda: array("I"))  # distinct terms of each passage
    lengths: array[int] = field(default_factory=lambda: array("I"))  # terms of each passage, repeated ones too

    def add(self, counted: Mapping[str, int], length: int) -> None:
        """Take in one passage: how often each term counts in it, and how many terms it is long."""
        vocabulary = self.vocabulary
        self.terms.extend([vocabulary.setdefault(term, len(vocabulary)) for term in counted])
        self.counts.extend([min(count, MOST_COUNTED) for count in counted.values()])
        self.sizes.append(len(counted))
        self.lengths.append(length)

    def copy(self, forward: Forward, row: int) -> None:
        """Take in a passage as it was analysed before, under the same vocabulary."""
        start, end = forward.bounds[row], forward.bounds[row + 1]
        self.terms.frombytes(forward.terms[start:end].tobytes())
        self.counts.frombytes(forward.counts[start:end].tobytes())
        self.sizes.append(int(end - start))
        self.lengths.append(int(forward.lengths[row]))


class Forward(NamedTuple):
    """Postings turned back to passages: whose row's terms lie between its bounds."""

    terms: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint8]
    bounds: npt.NDArray[np.int64]
    lengths: Floats


class Postings:
    """Which passages hold a term, and how often."""

    def __init__(self, rows: Rows) -> None:
        self.vocabulary = rows.vocabulary
        self.size = len(rows.sizes)
        terms = np.frombuffer(rows.terms, dtype=np.uint32) if rows.terms else np.empty(0, np.uint32)
        order = np.argsort(terms, kind="stable")  # passages stay in order within a term
        sizes = np.array(rows.sizes, dtype=np.int64)
        self._passages = np.repeat(np.arange(self.size, dtype=np.int32), sizes)[order]
        self._counts = np.array(rows.counts, dtype=np.uint8)[order]
        self._starts = np.zeros(len(self.vocabulary) + 1, dtype=np.int64)
        np.cumsum(np.bincount(terms, minlength=len(self.vocabulary)), out=self._starts[1:])
        self._lengths = np.array(rows.lengths, dtype=np.float32)
        mean = float(self._lengths.mean()) if self.size else 1.0
        self._norms = (K1 * (1 - B + B * self._lengths / max(mean, 1.0))).astype(np.float32)
        self.signatures = _signatures(terms, sizes)

    def forward(self) -> Forward:
        """The same by passage."""
        order = np.argsort(self._passages, kind="stable")
        terms = np.repeat(np.arange(len(self.vocabulary), dtype=np.uint32), np.diff(self._starts))[order]
        bounds = np.zeros(self.size + 1, dtype=np.int64)
        np.cumsum(np.bincount(self._passages, minlength=self.size), out=bounds[1:])
        return Forward(terms, self._counts[order], bounds, self._lengths)

    def idf(self, term: str) -> float:
        """How much a term says: the more, the fewer passages hold it; one that none holds, like the rarest."""
        known = self.vocabulary.get(term)
        held = 1 if known is None else int(self._starts[known + 1] - self._starts[known])
        return math.log(1 + (self.size - held + 0.5) / (held + 0.5))

    def holds(self, term: str) -> bool:
        """Whether any passage has this term."""
        return term in self.vocabulary

    def score(self, wanted: Mapping[str, float]) -> Floats:
        """BM25 of every passage for terms with their weights."""
        scores = np.zeros(self.size, dtype=np.float32)
        for term, weight in wanted.items():
            if (known := self.vocabulary.get(term)) is None:
                continue
            span = slice(self._starts[known], self._starts[known + 1])
            passages, counts = self._passages[span], self._counts[span].astype(np.float32)
            scores[passages] += (weight * self.idf(term)) * counts * (K1 + 1) / (counts + self._norms[passages])
        return scores

    def holding(self, term: str) -> Ints:
        """The passages that hold a term, in their order."""
        if (known := self.vocabulary.get(term)) is None:
            return np.empty(0, dtype=np.int32)
        return self._passages[self._starts[known] : self._starts[known + 1]]


def _signatures(terms: npt.NDArray[np.uint32], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """A MinHash of each passage's terms: the share of equal places estimates the share of terms in common."""
    made = np.zeros((len(sizes), HASHES), dtype=np.uint32)
    filled = np.flatnonzero(sizes)
    if not len(filled):
        return made
    starts = (np.cumsum(sizes) - sizes)[filled]
    for place, (factor, offset) in enumerate(_hash_family()):
        mixed = terms * factor + offset
        mixed ^= mixed >> np.uint32(15)
        mixed *= np.uint32(0x2C1B3C6D)
        made[filled, place] = np.minimum.reduceat(mixed, starts)
    return made


def _hash_family() -> list[tuple[np.uint32, np.uint32]]:
    drawn = np.random.default_rng(7).integers(1, 1 << 32, size=(HASHES, 2), dtype=np.uint32)
    return [(factor | np.uint32(1), offset) for factor, offset in drawn]
