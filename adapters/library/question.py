"""What a question looks for: its words with their weights, with those of the talk before where it says too little."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adapters.library.postings import Floats, Ints, Postings
from adapters.library.terms import SMALL, terms
from adapters.library.tongue import language_of
from core.content import Question

TELLING = 3  # words that say something; a question with fewer borrows from the talk before
# By the number of telling words, whether or not anything holds them: how much all borrowed words weigh beside its own.
# So little that a new subject of which nothing was published is not answered with the subject before.
BORROWED = {0: 1.0, 1: 0.4, 2: 0.25}
SMALL_COUNTS = 0.3  # of a word: how much a small word does, among passages that hold a telling one


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question, as each language of the content would write it."""

    forms: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for."""

    words: tuple[Word, ...]  # those that tell something, or all where none does
    small: tuple[Word, ...]  # the others
    text: str  # to be embedded
    language: str

    def score(self, postings: Postings) -> Floats:
        """BM25 of every passage; 0 where it holds no telling word."""
        scores = postings.score(_weights(self.words))
        if self.small:
            scores += postings.score(_weights(self.small)) * (scores > 0)
        return scores

    def coverage(self, postings: Postings, rows: Ints) -> Floats:
        """Which share of the words, rare ones counting more, each of these passages holds."""
        covered, whole = np.zeros(len(rows), dtype=np.float32), 0.0
        for word in self.words:
            worth = word.weight * _idf(postings, word)
            whole += worth
            holds = np.zeros(postings.size, dtype=np.bool_)
            for form in word.forms:
                holds[postings.holding(form)] = True
            covered += worth * holds[rows]
        return covered / whole if whole else covered


def wanted(question: Question, postings: Postings, languages: Sequence[str]) -> Wanted:
    """Read a question.

    Args:
        question: As it was asked.
        postings: Where it is looked for.
        languages: Of what was published, the most frequent first.
    """
    language = language_of(question.text, languages) or (languages[0] if languages else "")
    own, small = _words(question.text, language, languages)
    telling = sum(not word.forms[0].startswith(SMALL) for word in own)
    if not question.context or telling >= TELLING:
        return Wanted(own, small, question.text, language)
    others, _ = _words(question.context, language, languages)
    borrowed = _scaled(others, own, BORROWED[telling], postings)
    return Wanted((*own, *borrowed), small, f"{question.context}\n{question.text}", language)


def _words(text: str, language: str, languages: Sequence[str]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words that tell something and the small ones, each once; where none tells anything, all of them do."""
    analysed = [terms(text, one) for one in dict.fromkeys((language, *languages))]
    forms = Counter(zip(*(one for one in analysed if len(one) == len(analysed[0])), strict=True))
    telling = {form: times for form, times in forms.items() if not form[0].startswith(SMALL)}
    if not telling:
        return tuple(Word(tuple(dict.fromkeys(form)), times**0.5) for form, times in forms.items()), ()
    words = (Word(_unlike(form), times**0.5) for form, times in telling.items())
    return tuple(words), tuple(Word((form[0],), SMALL_COUNTS) for form in forms if form not in telling)


def _unlike(forms: Sequence[str]) -> tuple[str, ...]:
    """The different forms of a telling word; where another language takes it for a small one, not that."""
    return tuple(dict.fromkeys(form for form in forms if not form.startswith(SMALL)))


def _weights(words: Iterable[Word]) -> Mapping[str, float]:
    """Every form with its weight."""
    found: defaultdict[str, float] = defaultdict(float)
    for word in words:
        for form in word.forms:
            found[form] += word.weight
    return found


def _scaled(borrowed: Sequence[Word], own: Sequence[Word], share: float, postings: Postings) -> Iterator[Word]:
    """Borrowed words that together weigh a share of one's own; with nothing of one's own, as they are."""
    known = {word.forms for word in own}
    fresh = [word for word in borrowed if word.forms not in known]
    theirs = sum(word.weight * _idf(postings, word) for word in fresh)
    ours = sum(word.weight * _idf(postings, word) for word in own)
    factor = share * ours / theirs if ours and theirs and share < 1 else 1.0
    return (Word(word.forms, word.weight * factor) for word in fresh)


def _idf(postings: Postings, word: Word) -> float:
    return min(postings.idf(form) for form in word.forms)
