"""How a language says "I am human", "I am a bot" and "are you human?", as patterns.

They look at text folded by ``core.phrases.folded`` and are built so that no input makes them slow: words are told apart
by what is not a letter, and repetitions are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GAP = r"[^\w.!?\n]{1,4}"  # between two words, Markdown and commas included
END = r"(?![\w-])"
STOP = r"(?=[^\w]*(?:$|[.!?,;…)\n]))"


@dataclass(frozen=True, slots=True)
class Language:
    """One language's patterns, each for folded text."""

    code: str  # ISO 639-1
    stems: tuple[str, ...]  # one of these is in every text with a claim
    claim: re.Pattern[str]  # "I'm human", "I'm not a bot"
    admission: re.Pattern[str]  # "I'm an AI", "I'm not human"
    question: re.Pattern[str]  # "are you human?", "is this a bot?"
    opening: re.Pattern[str] | None = None  # what may become a claim, at the end of a text


def spaced(
    code: str,
    *,
    say: str,
    ask: str,
    this: str,
    being: str,
    fill: str,
    human: str,
    machine: str,
    no: str = "",
    deny: str = "",
    only: str,
    unless: str = "",
    tail: str = END,
    tail_of_question: str = END,
    more_claims: str = "",
    more_stems: str = "",
    more_questions: str = "",
) -> Language:
    """Build the patterns of a language that puts subject, verb and predicate in this order, with spaces.

    Args:
        code: ISO 639-1.
        say: "I am"; like all others, alternatives parted by ``|``.
        ask: "are you".
        this: "is this", asked of ``being`` alone.
        being: What a chat partner may be, and hardly anything else: "a bot".
        fill: Words that may stand in between.
        human: What only people are.
        machine: What people are not.
        no: Negations that follow ``say``.
        deny: Negated forms of ``say``.
        only: "Merely": what after a negation turns it into an admission.
        unless: What, in front of ``say``, makes it no claim.
        tail: What must follow a claim.
        tail_of_question: What must follow a question.
        more_claims: Further patterns, all beginning with a word.
        more_stems: One of these, or of ``say`` and ``deny``, is in every text with a claim.
        more_questions: Further patterns.
    """
    fills = rf"(?:(?:{fill}){GAP}){{0,6}}"
    between = rf"(?:(?:{'|'.join(filter(None, (fill, no)))}){GAP}){{0,8}}"
    phrases = [phrase for phrase in f"{say}|{deny}".split("|") if phrase]
    not_after = "".join(rf"(?<!{word} )" for word in unless.split("|") if word)
    denial = rf"(?:{deny}){GAP}" if deny else rf"(?:{say}){GAP}{fills}(?:{no}){GAP}"
    claim = rf"{not_after}(?:(?:{say}){GAP}{fills}(?:{human})|{denial}(?!(?:{only}){END}){fills}(?:{machine})){tail}"
    admission = rf"(?<!\w){not_after}(?:(?:{say}){GAP}{fills}(?:{machine})|{denial}{fills}(?:{human})){tail}"
    of_you, of_this = rf"(?:{ask}){GAP}{between}(?:{human}|{machine})", rf"(?:{this}){GAP}{between}(?:{being})"
    question = rf"(?<!\w)(?:{of_you}|{of_this}){tail_of_question}"
    beginnings = "|".join(sorted({beginning for phrase in phrases for beginning in _beginnings(phrase)}))
    return Language(
        code,
        (*phrases, *filter(None, more_stems.split("|"))),
        re.compile(rf"(?<!\w)(?=\w)(?:{'|'.join(filter(None, (claim, more_claims)))})"),
        re.compile(admission),
        re.compile("|".join(filter(None, (question, more_questions)))),
        re.compile(rf"(?<!\w)(?:{beginnings})(?:{GAP}{between})?[^\w.!?\n]*\Z"),
    )


def _beginnings(phrase: str) -> Iterator[str]:
    """The first word of a phrase, the first two, and so on."""
    words = phrase.split(" ")
    return (" ".join(words[: number + 1]) for number in range(len(words)))


def compiled(code: str, stems: str, claim: str, admission: str, question: str) -> Language:
    """The patterns of a language of another build, given as they are."""
    patterns = (re.compile(pattern) for pattern in (claim, admission, question))
    return Language(code, tuple(stems.split("|")), *patterns)
