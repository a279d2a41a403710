"""What recurs in somebody's texts: habits, favourite words and set phrases, told apart from language and topics.

Two backgrounds stand in for a corpus of other writers. Words that everybody uses are given (``ordinary``). Topics show
in how words fall: in bursts, many at once and then none, while a habit is spread evenly over all that somebody writes.
Residual IDF measures that (Church and Gale: Inverse document frequency: a measure of deviations from Poisson, 1995).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.prose import clauses, joined, words
from core.words import DENSE

MOST_KEPT = 100_000  # different words or phrases; beyond, the rarest are forgotten
MOST_LISTED = 12
RECURS = 3  # texts, at least, in which a habit must be seen
FEWEST_PIECES = 100  # before how evenly a word is spread is more than luck
LEAST_SPREAD, MOST_SPREAD = 0.02, 0.6  # of the pieces
LEAST_PHRASE_SPREAD = 0.01
BURSTY = 0.1  # bits of residual IDF, from which a word is a topic and not a habit
LEAST_BOND = 0.6  # normalised pointwise mutual information (Bouma 2009) of the words of a phrase, at most 1
SHORTEST = 3  # letters of a favourite
PHRASES = (6, 5, 4, 3)  # words; pairs are mostly just the language
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that recurs."""

    text: str
    times: int  # texts, or pieces of texts, in which it occurs


class Tally(Counter[str]):
    """A count that forgets the rarest when it becomes too long."""

    def note(self, items: Iterable[str] | Mapping[str, int]) -> None:
        """Count items; a mapping brings its own counts."""
        self.update(items)
        if len(self) > MOST_KEPT:
            kept = dict(self.most_common(MOST_KEPT // 2))
            self.clear()
            self.update(kept)

    def habits(self, least: float = RECURS) -> tuple[Habit, ...]:
        """The most frequent, those of one count in alphabetical order."""
        ranked = sorted(self.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Habit(text, times) for text, times in ranked[:MOST_LISTED] if times >= least)


class Vocabulary:
    """Words and phrases, and over how many pieces of text they are spread.

    Args:
        ordinary: Words, folded, that say nothing about the writer. Without any, nothing is counted: the writer's
            favourites could not be told from the language's.
    """

    def __init__(self, ordinary: Collection[str]) -> None:
        self._ordinary = frozenset(ordinary)
        self._pieces = 0
        self._uses, self._spread, self._phrases = Tally(), Tally(), Tally()

    def take(self, sentences: Iterable[str]) -> None:
        """Take in the sentences of a piece of text. Pieces should be about equally long."""
        folded = [part for one in sentences for part in self._folded(one)] if self._ordinary else []
        uses = Counter(word for one in folded for word in one)
        if not uses:
            return
        self._pieces += 1
        self._uses.note(uses)
        self._spread.note(list(uses))
        self._phrases.note(
            {joined(one[at : at + size]) for size in PHRASES for one in folded for at in range(len(one) - size + 1)}
        )

    def favourites(self) -> tuple[Habit, ...]:
        """Words spread evenly over all that was written, and not everybody's; none where little was."""
        if self._pieces < FEWEST_PIECES:
            return ()
        least, most = max(RECURS, LEAST_SPREAD * self._pieces), MOST_SPREAD * self._pieces
        found = Tally(
            {
                word: spread
                for word, spread in self._spread.items()
                if least <= spread <= most
                and not self._is_ordinary(word)
                and word == word.casefold()
                and len(word) >= SHORTEST
                and not DENSE.match(word)
                and self._burst(word) < BURSTY
            }
        )
        return found.habits()

    def phrases(self) -> tuple[Habit, ...]:
        """Words that belong together; of phrases that overlap the longest, unless another comes far more often."""
        least = max(RECURS, LEAST_PHRASE_SPREAD * self._pieces)
        often = [(words(phrase), phrase, times) for phrase, times in self._phrases.items() if times >= least]
        kept: list[tuple[frozenset[str], str, int]] = []
        for parts, phrase, times in sorted(often, key=lambda item: (-len(item[0]), -item[2], item[1])):
            telling = [part for part in parts if not self._is_ordinary(part)]
            if (
                len(parts) == 1
                or phrase != phrase.casefold()
                or not any(len(part) > 1 or DENSE.match(part) for part in telling)
            ):
                continue
            own = frozenset(parts)
            overlaps = any(2 * len(own & known) > len(own) and times < 2 * more for known, _, more in kept)
            if not overlaps and self._bond(parts, times) >= LEAST_BOND:
                kept.append((own, phrase, times))
        return Tally({phrase: times for _, phrase, times in kept}).habits()

    def _folded(self, sentence: str) -> list[list[str]]:
        """A sentence's clauses in lower case, but for names: what has a capital in the middle of it."""
        parts = clauses(sentence)
        first = parts[0][:1] if parts else []
        return [
            [word.casefold() if word in first or self._is_ordinary(word.casefold()) else word for word in part]
            for part in parts
        ]

    def _is_ordinary(self, word: str) -> bool:
        return word in self._ordinary or any(mark in word for mark in APOSTROPHES)

    def _bond(self, parts: Sequence[str], times: int) -> float:
        """How much more often the words meet than by chance, as a share of the most that it could be."""
        total = self._uses.total()
        together = math.log(times / total)
        apart = sum(math.log(self._uses[part] / total) for part in parts)
        return (together - apart) / (-(len(parts) - 1) * together)

    def _burst(self, word: str) -> float:
        """Residual IDF: by how many bits a word's pieces are rarer than if its uses had fallen evenly."""
        expected = self._pieces * (1 - math.exp(-self._uses[word] / self._pieces))
        return math.log2(expected / self._spread[word])
