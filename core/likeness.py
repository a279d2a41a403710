"""How alike two texts are in style: a published measure, calibrated against what one writer's own texts show.

The measure is the Common N-Gram dissimilarity (Kešelj, Peng, Cercone, Thomas: N-gram-based author profiles for
authorship attribution, PACLING 2003), taken over the writer's most frequent character n-grams. It needs no other
writers to compare with and bears short samples, where Burrows' Delta does not: docs/adr/0016 has the comparison.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from core.words import DENSE

SAMPLE = 600  # characters: some hundred words; a distance is only comparable between samples of one size
PROFILE = 500  # n-grams
GRAM, DENSE_GRAM = 4, 2  # characters; the latter for writing without spaces, where a sign says as much as a word
FOLDS = 5
FEWEST_SAMPLES = 12  # of the writer's own; with fewer, "closer than a tenth of their own" means nothing


@dataclass(frozen=True, slots=True)
class Yardstick:
    """One writer's profile, and how far their own texts lie from it."""

    gram: int  # characters of an n-gram
    profile: Mapping[str, float]  # n-grams with their share of all
    own: tuple[float, ...]  # distances of the writer's own samples, each from a profile made without it; ascending


@dataclass(frozen=True, slots=True)
class Likeness:
    """How close texts come to a writer.

    Attributes:
        closeness: 0 to 1: the share of the writer's own samples that lie farther from their profile, averaged over the
            samples compared. The writer's own texts get 0.5 on average; 0.05 means farther than 19 of 20 of them.
        distance: 0 to 1, averaged over the samples; means little by itself.
        samples: How many were compared.
    """

    closeness: float
    distance: float
    samples: int


def samples(texts: Iterable[str]) -> Iterator[str]:
    """Texts, run together, in pieces of ``SAMPLE`` characters; what is left at the end is dropped."""
    held = ""
    for text in texts:
        held += " ".join(text.casefold().split()) + " "
        whole = len(held) - len(held) % SAMPLE
        yield from (held[at : at + SAMPLE] for at in range(0, whole, SAMPLE))
        held = held[whole:]


def yardstick(own: Sequence[str]) -> Yardstick | None:
    """What to measure others by.

    Args:
        own: The writer's samples, as ``samples`` cuts them, in the order of writing: neighbours, which share a topic,
            are then held out together.

    Returns:
        None where there are fewer than ``FEWEST_SAMPLES``.
    """
    if len(own) < FEWEST_SAMPLES:
        return None
    dense = sum(len(DENSE.findall(sample)) for sample in own) * 2 > len(own) * SAMPLE
    gram = DENSE_GRAM if dense else GRAM
    counts = [_counts(sample, gram) for sample in own]
    total = sum(counts, Counter[str]())
    distances: list[float] = []
    for start, end in pairwise(len(own) * fold // FOLDS for fold in range(FOLDS + 1)):
        rest = total.copy()
        for one in counts[start:end]:
            rest.subtract(one)
        profile = _profile(rest)
        distances += [_distance(one, profile) for one in counts[start:end]]
    return Yardstick(gram, _profile(total), tuple(round(one, 4) for one in sorted(distances)))


def compare(texts: Iterable[str], by: Yardstick) -> Likeness | None:
    """How close texts come to the writer; None if together they don't make one sample."""
    distances = [_distance(_counts(sample, by.gram), by.profile) for sample in samples(texts)]
    if not distances:
        return None
    farther = [1 - bisect_left(by.own, round(one, 4)) / len(by.own) for one in distances]
    return Likeness(fmean(farther), fmean(distances), len(distances))


def _counts(sample: str, gram: int) -> Counter[str]:
    return Counter(sample[at : at + gram] for at in range(len(sample) - gram + 1))


def _profile(counts: Counter[str]) -> dict[str, float]:
    total = counts.total()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))  # ties in one order, whatever came first
    return {gram: round(count / total, 7) for gram, count in ranked[:PROFILE] if count > 0}


def _distance(counts: Counter[str], profile: Mapping[str, float]) -> float:
    """Sum of ((f - g) / ((f + g) / 2))² over the profile's n-grams, as a share of the most that it can be."""
    total = counts.total()
    shares = ((share, counts[gram] / total) for gram, share in profile.items())
    return sum(((own - other) / (own + other)) ** 2 for own, other in shares) / len(profile)
