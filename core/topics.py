"""What texts are about, counted: the words and pairs of words that mark them, titles above all; no model is asked."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from core.content import DocumentId, Passage
from core.evidence import Item
from core.prose import clauses, joined, plain, sentences
from core.words import DENSE

FEWEST_DOCUMENTS = 2  # in which a topic must occur
FEWEST_TITLES = 2  # of them, with it in the title, if there are enough such words
TITLE_WEIGHT = 10  # uses in the text that one in a title is worth
SHORTEST = 3  # letters of a word
LEAST_LIFT = 3.0  # times as often as a pair of words would meet by chance
PART_OF_A_PAIR = 0.4  # of a word's uses are in one pair: then the pair is the topic
MOST_TOPICS = 10


def topics(passages: Sequence[Passage], ordinary: Collection[str]) -> tuple[Item, ...]:
    """The most distinctive topics by tf-idf, each with the passages that it occurs in.

    Args:
        passages: At least a few documents; what occurs in one of them only is no topic.
        ordinary: Words, folded, that everybody uses. Without any there are no topics: they could not be told apart.
    """
    if not ordinary:
        return ()
    terms = _Terms(frozenset(ordinary))
    for at, passage in enumerate(passages):
        terms.take(at, passage)
    ranked = terms.ranked()
    titled = [term for term in ranked if len(terms.titles[term]) >= FEWEST_TITLES]
    chosen: list[str] = []
    for term in titled if len(titled) >= MOST_TOPICS else ranked:
        if not any(_overlap(term, known) for known in chosen):
            chosen.append(term)
    return tuple(
        Item(terms.spelt(term), "", tuple(passages[at] for at in sorted(terms.places[term])))
        for term in chosen[:MOST_TOPICS]
    )


def _overlap(one: str, other: str) -> bool:
    return bool(set(_parts(one)) & set(_parts(other)))


def _parts(term: str) -> list[str]:
    return list(term) if DENSE.match(term) else term.split(" ")


class _Terms:
    """Words and pairs with their uses; terms are folded."""

    def __init__(self, ordinary: frozenset[str]) -> None:
        self._ordinary = ordinary
        self._uses, self._words = Counter[str](), Counter[str]()
        self._documents: defaultdict[str, set[DocumentId]] = defaultdict(set)
        self._spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._seen: set[DocumentId] = set()
        self.titles: defaultdict[str, set[DocumentId]] = defaultdict(set)
        self.places: defaultdict[str, set[int]] = defaultdict(set)  # of passages

    def take(self, at: int, passage: Passage) -> None:
        """Count a passage; its document's title once."""
        if passage.document not in self._seen:
            self._seen.add(passage.document)
            self._note(passage.title, TITLE_WEIGHT, at, passage.document, self.titles)
        self._note(f"{passage.heading}\n{passage.text}", 1, at, passage.document, self._documents)

    def _note(
        self, text: str, weight: int, at: int, document: DocumentId, where: defaultdict[str, set[DocumentId]]
    ) -> None:
        for spelt in self._terms(text):
            term = spelt.casefold()
            self._uses[term] += weight
            self._spellings[term][spelt] += 1
            self.places[term].add(at)
            where[term].add(document)

    def _terms(self, text: str) -> Iterator[str]:
        for sentence in sentences(plain(text)):
            for clause in clauses(sentence):
                self._words.update(word.casefold() for word in clause)
                yield from (word for word in clause if self._tells(word) and not DENSE.match(word))
                yield from (joined(pair) for pair in pairwise(clause) if all(map(self._tells, pair)))

    def _tells(self, word: str) -> bool:
        return word.casefold() not in self._ordinary and (len(word) >= SHORTEST or bool(DENSE.match(word)))

    def ranked(self) -> list[str]:
        """Terms with the most distinctive first: uses times the logarithm of how rare their documents are."""
        scores: dict[str, float] = {}
        held: Counter[str] = Counter()  # the most uses that a word has in one pair
        for term, uses in self._uses.items():
            documents = len(self._documents[term] | self.titles[term])
            if documents >= FEWEST_DOCUMENTS and self._goes_together(term, uses):
                scores[term] = uses * math.log1p(len(self._seen) / documents)
                if len(parts := _parts(term)) > 1:
                    held |= Counter(dict.fromkeys(parts, uses))
        return sorted(
            (term for term in scores if held[term] < PART_OF_A_PAIR * self._uses[term]),
            key=lambda term: (-scores[term], term),
        )

    def _goes_together(self, term: str, uses: int) -> bool:
        parts = _parts(term)
        chance = math.prod(self._words[part] / self._words.total() for part in parts) * self._words.total()
        return len(parts) == 1 or uses >= LEAST_LIFT * chance

    def spelt(self, term: str) -> str:
        """As it is written most often."""
        return max(sorted(self._spellings[term].items()), key=lambda item: item[1])[0]
