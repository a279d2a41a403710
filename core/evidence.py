"""What somebody says of a creator, held against what the creator published: kept with its passages, or dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.content import Passage
from core.prose import words
from core.text import clean, neutralise
from core.words import gist, numbers

Kind = Literal["traits", "interests", "topics", "questions"]
NAMES: Mapping[Kind, tuple[str, str]] = {  # what a proposal's own part is called, and what goes with it
    "traits": ("trait", "quote"),
    "interests": ("interest", ""),
    "topics": ("topic", ""),
    "questions": ("question", "answer"),
}

LONGEST_ITEM, LONGEST_QUESTION, LONGEST_ANSWER = 60, 200, 600  # characters
MOST_NAMED = 5  # words of a trait, an interest, a topic
NO_NAME = re.compile(r"[.!?:;{}\[\]<>\"=]")
LEAST_QUOTED = 3  # words of the sentence that shows a trait
LEAST_SHARE = 0.6  # of an interest's stems must occur in a passage that it rests on
LEAST_SAID = 0.75  # of an answer's stems
SAME = 0.5  # of the stems of two items together: they are one
MOST_PASSAGES = 5
STEM = 6  # letters


@dataclass(frozen=True, slots=True)
class Item:
    """Something that the content shows, with where."""

    text: str
    detail: str  # a trait's sentence, a question's answer; empty for others
    passages: tuple[Passage, ...]  # that it rests on

    @property
    def support(self) -> int:
        """On how many passages it rests."""
        return len(self.passages)


def checked(kind: Kind, proposal: object, batch: Sequence[Passage]) -> Item | None:
    """A proposal as an item, if what was published bears it out.

    Args:
        kind: What it is said to be.
        proposal: An object with the parts that ``NAMES`` names and ``passages``, numbers from 1; or a text alone.
        batch: The passages that it was made from. Those that it names come first, but any of them may bear it out.
    """
    given = proposal if isinstance(proposal, Mapping) else {NAMES[kind][0]: proposal}
    limits = (LONGEST_QUESTION, LONGEST_ANSWER) if kind == "questions" else (LONGEST_ITEM, LONGEST_QUESTION)
    text, detail = (_line(given.get(name), limit) for name, limit in zip(NAMES[kind], limits, strict=True))
    if not words(text) or (NAMES[kind][1] and not detail) or (kind != "questions" and not _names(text)):
        return None
    bears_out = {"traits": _stands_there, "questions": _answers}.get(kind, _occurs)
    kept = tuple(one for one in _named(given.get("passages"), batch) if bears_out(text, detail, one))
    return Item(text, detail, kept) if kept else None


def _line(value: object, limit: int) -> str:
    """A model's text as one line without power; empty if it is none, or too long to be what it should."""
    if not isinstance(value, str) or len(value) > limit:
        return ""
    return neutralise(" ".join(clean(value, limit).split())).strip(' "')


def _names(text: str) -> bool:
    """Whether a text only names something: a few words and no sentence."""
    return len(words(text)) <= MOST_NAMED and not NO_NAME.search(text)


def _named(chosen: object, batch: Sequence[Passage]) -> list[Passage]:
    """All passages, first those whose numbers are given."""
    listed = chosen if isinstance(chosen, list) else [chosen]
    places = {number - 1 for number in listed if isinstance(number, int) and 0 < number <= len(batch)}
    return [batch[at] for at in sorted(places)] + [one for at, one in enumerate(batch) if at not in places]


def _stands_there(_: str, quote: str, passage: Passage) -> bool:
    said = words(quote.casefold())
    return len(said) >= LEAST_QUOTED and f" {' '.join(said)} " in f" {' '.join(words(passage.text.casefold()))} "


def _occurs(text: str, _: str, passage: Passage) -> bool:
    wanted = stems(text)
    return bool(wanted) and len(wanted & stems(_whole(passage))) >= LEAST_SHARE * len(wanted)


def _answers(question: str, answer: str, passage: Passage) -> bool:
    whole = _whole(passage)
    asked, said, there = gist(question), gist(answer), gist(whole)
    borne_out = bool(said) and len(said & there) >= LEAST_SAID * len(said) and numbers(answer) <= numbers(whole)
    return borne_out and bool(asked & there)


def _whole(passage: Passage) -> str:
    return f"{passage.title}\n{passage.heading}\n{passage.text}"


def stems(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning; of all words, where there are none long enough."""
    return gist(text) or frozenset(word.casefold()[:STEM] for word in words(text))


def merged(items: Iterable[Item]) -> tuple[Item, ...]:
    """Items that say the same as one with the passages of all; what most passages bear out comes first.

    Of several wordings the one that came most often is kept, then the shortest.
    """
    groups: list[tuple[frozenset[str], list[Item]]] = []
    for item in items:
        own = stems(item.text)
        same = next((group for known, group in groups if len(own & known) > SAME * len(own | known)), None)
        if same is None:
            groups.append((own, [item]))
        else:
            same.append(item)
    whole = [_joined(group) for _, group in groups]
    return tuple(sorted(whole, key=lambda item: (-item.support, item.text.casefold())))


def _joined(group: Sequence[Item]) -> Item:
    wordings = [one.text.casefold() for one in group]
    best = min(group, key=lambda one: (-wordings.count(one.text.casefold()), len(one.text), one.text))
    return replace(best, passages=tuple({one.id: one for item in group for one in item.passages}.values()))


def proposals(kind: Kind, answer: Mapping[str, Any]) -> Sequence[object]:
    """What an answer proposes of a kind, whatever shape it has."""
    given = answer.get(kind)
    return given if isinstance(given, list) else [given] if given else []
