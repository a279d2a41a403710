"""The order in which passages fit a question: words and meaning fused, what is newer a little ahead.

Both scores are brought to one measure by their z-scores among the candidates: by how far a passage stands out. What
ranks alone (reciprocal rank fusion) hide then counts. Words have the more to say, the more of the question they cover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adapters.library.postings import HASHES, Floats, Ints
from adapters.library.question import Wanted
from adapters.library.shelf import Shelf, since_1970
from core.content import Question

DEPTH = 200  # candidates that words and meaning bring each
NEWER = 0.1  # z-scores that a passage of today is ahead of an old one
HALVED_AFTER = 365.0  # days
ALIKE = round(0.9 * HASHES)  # equal places of two signatures from which on two passages are one
FITS_WORDS, FITS_MEANING = 0.5, 0.5  # coverage or cosine from which on a correction is about the question


@dataclass(frozen=True, slots=True)
class Mix:
    """How much each ranking counts."""

    words: float = 0.6
    meaning: float = 0.4


class Ranked(NamedTuple):
    """One row and how it fits."""

    row: int
    score: float
    coverage: float
    similarity: float | None


def rank(
    shelf: Shelf, wanted: Wanted, vector: Floats | None, question: Question, *, mix: Mix, limit: int
) -> list[Ranked]:
    """The best rows, best first, without near-duplicates of better ones."""
    scope = shelf.scope(question.tiers)
    words = wanted.score(shelf.postings) * scope if mix.words else np.zeros(len(scope), dtype=np.float32)
    candidates = _best(words, DEPTH)
    likeness = None
    if vector is not None and shelf.matrix is not None and mix.meaning and shelf.matrix.width == len(vector):
        candidates = np.union1d(candidates, shelf.matrix.nearest(vector, scope, DEPTH)).astype(np.int32)
        likeness = shelf.matrix.likeness(vector, candidates)
    if not len(candidates):
        return []
    coverage = wanted.coverage(shelf.postings, candidates)
    scores = mix.words * _trust(coverage) * _z(words[candidates])
    if question.now is not None:
        scores += _newer(since_1970(question.now) - shelf.days[candidates])
    if likeness is not None:
        scores += mix.meaning * _z(_filled(likeness))
    settled = shelf.corrections[candidates] & _fits(coverage, likeness)
    order = np.lexsort((candidates, -scores, ~settled))
    best = order[_unlike(shelf.postings.signatures[candidates[order]], limit)]
    similarity = [None] * len(best) if likeness is None else [_known(one) for one in likeness[best].tolist()]
    found = (one[best].tolist() for one in (candidates, scores, coverage))
    return [Ranked(*one) for one in zip(*found, similarity, strict=True)]


def _trust(coverage: Floats) -> float:
    """How far words may be trusted: they say little where even the best passage holds few of the question's."""
    return float(coverage.max(initial=0.0)) ** 2


def _best(scores: Floats, count: int) -> Ints:
    """The rows with the highest scores above nothing."""
    found = np.flatnonzero(scores > 0)
    if len(found) > count:
        found = found[np.argpartition(-scores[found], count)[:count]]
    return found.astype(np.int32)


def _z(scores: Floats) -> Floats:
    """How many standard deviations above the mean."""
    spread = scores.std()
    return np.asarray((scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores), dtype=np.float32)


def _filled(likeness: Floats) -> Floats:
    """What has no likeness is as the least of the others."""
    unknown = np.isnan(likeness)
    return np.where(unknown, 0.0 if unknown.all() else np.nanmin(likeness), likeness)


def _newer(age: Floats) -> Floats:
    """What days since it was published add."""
    return np.asarray(NEWER * 0.5 ** (np.maximum(age, 0) / HALVED_AFTER), dtype=np.float32)


def _fits(coverage: Floats, likeness: Floats | None) -> npt.NDArray[np.bool_]:
    fits = coverage >= FITS_WORDS
    return fits if likeness is None else fits | (np.nan_to_num(likeness, nan=-1.0) >= FITS_MEANING)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _unlike(signatures: npt.NDArray[np.uint32], limit: int) -> Sequence[int]:
    """The first of these that are no near-duplicate of one before."""
    kept: list[int] = []
    for start in range(0, len(signatures), 2 * limit):
        fresh = signatures[start : start + 2 * limit]
        same = (fresh[:, None] == signatures[: start + len(fresh)]).sum(axis=2, dtype=np.uint8)
        for place, like in enumerate((same >= ALIKE).tolist(), start):
            if not any(like[one] for one in kept):
                kept.append(place)
            if len(kept) == limit:
                return kept
    return kept
