"""Cutting a document into passages that can be read, found and quoted on their own.

The cuts follow the document: its headings first, then paragraphs, then sentences. A passage aims at 120 to 240 words
(measured best for finding: shorter ones say too little, longer ones say too many things at once) and never takes more
than ``MOST_TOKENS``. Where a long stretch has to be cut, a passage begins with the last sentence of the one before.
"""

# ruff: noqa: RUF001  the wide and look-alike signs are meant

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from core.content import Chunk, Document, Section
from core.graphemes import boundary

MOST_WORDS = 240
MOST_TOKENS = 640  # of estimate; only scripts that take many tokens a word come near
SHORT = 60  # words; a stretch below is joined to its neighbour
OVERLAP = 40  # words of the passage before that are said again, at most
LONGEST_SENTENCE, LONGEST_TOKENS = 80, 200  # words, tokens; what is longer is cut

SENTENCE_END = re.compile(
    r"[.!?…؟۔]{1,8}[\"'”’»)\]*_]{0,4}\s+"  # with a space after: Latin, Cyrillic, Greek, Arabic, Urdu …
    r"|[。！？｡‼⁇⁈⁉।॥။።։។៕]{1,8}[”’」』）》\"')\]]{0,4}\s*"  # by itself: Chinese, Hindi, Burmese, Khmer …
    r"|\n\s*"
)
UNSPACED = re.compile(  # scripts written without spaces between words: about two characters to a word
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]"
)
WORD = re.compile(r"\S+")

Estimate = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The smallest piece, with the whitespace that follows it, so that nothing is lost in joining."""

    text: str
    words: int
    tokens: int
    section: Section


def chunk(document: Document, estimate: Estimate) -> list[Chunk]:
    """The passages of a document, in its order; a document without text gives none.

    Args:
        document: As a reader found it.
        estimate: Tokens that a text takes.
    """
    many_speak = len({section.speaker for section in document.sections}) > 1
    stretches = [
        list(_sentences(sections, estimate, name_speakers=many_speak))
        for _, sections in groupby(document.sections, key=lambda section: section.heading)
    ]
    passages = (passage for stretch in _joined(stretches) for passage in _evenly(stretch))
    return [_chunk(passage, document.language, estimate) for passage in passages]


def count_words(text: str) -> int:
    """Words of a text; where a script has no spaces, two characters count as one."""
    unspaced = len(UNSPACED.findall(text))
    return (unspaced + 1) // 2 + len(WORD.findall(UNSPACED.sub(" ", text) if unspaced else text))


# ── sentences ────────────────────────────────────────────────────────────────────────────────────


def _sentences(sections: Iterable[Section], estimate: Estimate, *, name_speakers: bool) -> Iterator[_Sentence]:
    speaker = ""
    for section in sections:
        text = section.text.strip()
        if not text:
            continue
        if name_speakers and section.speaker and section.speaker != speaker:
            text = f"{section.speaker}: {text}"
        speaker = section.speaker
        text += " " if section.start is not None else "\n\n"  # what is spoken runs on
        for sentence in _cut(text):
            for piece in _bounded(sentence, estimate):
                yield _Sentence(piece, count_words(piece), estimate(piece), section)


def _cut(text: str) -> Iterator[str]:
    ends = [0, *(match.end() for match in SENTENCE_END.finditer(text)), len(text)]
    return (text[start:end] for start, end in pairwise(ends) if end > start)


def _bounded(sentence: str, estimate: Estimate) -> Iterator[str]:
    """A sentence in pieces of bounded size, cut between words or, where there are none, between characters."""
    start = 0
    while start < len(sentence):
        window = sentence[start : start + LONGEST_SENTENCE * 8]
        cut = _room(window, estimate)
        if cut < len(window) or start + cut < len(sentence):
            space = max(window.rfind(sign, cut // 2, cut) for sign in " ,;:、，；：،\n") + 1
            cut = space or boundary(window, cut) or cut
        yield window[:cut]
        start += cut


def _room(window: str, estimate: Estimate) -> int:
    """How many characters of this fit into a longest sentence; at least one."""
    room = len(window)
    while room > 1 and (count_words(window[:room]) > LONGEST_SENTENCE or estimate(window[:room]) > LONGEST_TOKENS):
        room = room * 3 // 4
    return room


# ── passages ─────────────────────────────────────────────────────────────────────────────────────


def _words(sentences: Iterable[_Sentence]) -> int:
    return sum(sentence.words for sentence in sentences)


def _tokens(sentences: Iterable[_Sentence]) -> int:
    return sum(sentence.tokens for sentence in sentences)


def _joined(stretches: Sequence[list[_Sentence]]) -> Iterator[list[_Sentence]]:
    """The stretches under one heading each, a short one together with its neighbour."""
    waiting: list[_Sentence] = []
    for stretch in filter(None, stretches):
        short = min(_words(waiting), _words(stretch)) < SHORT
        together = (
            _words(waiting) + _words(stretch) <= MOST_WORDS and _tokens(waiting) + _tokens(stretch) <= MOST_TOKENS
        )
        if waiting and not (short and together):
            yield waiting
            waiting = []
        waiting = [*waiting, *stretch]
    if waiting:
        yield waiting


def _evenly(stretch: Sequence[_Sentence]) -> Iterator[list[_Sentence]]:
    """A stretch in passages of about the same size, each beginning with the end of the one before."""
    room_words, room_tokens = MOST_WORDS - OVERLAP, MOST_TOKENS * (MOST_WORDS - OVERLAP) // MOST_WORDS
    words, tokens = _words(stretch), _tokens(stretch)
    if words <= MOST_WORDS and tokens <= MOST_TOKENS:
        yield list(stretch)
        return
    parts = max(-(-words // room_words), -(-tokens // room_tokens))
    aim_words, aim_tokens = words / parts, tokens / parts
    current: list[_Sentence] = []
    fresh_words = fresh_tokens = 0.0
    for sentence in stretch:
        # ends where a passage is nearer to its aim without the next sentence than with it
        over_words = fresh_words + sentence.words / 2 > aim_words
        over_tokens = fresh_tokens + sentence.tokens / 2 > aim_tokens
        if fresh_words and (over_words or over_tokens or _tokens(current) + sentence.tokens > MOST_TOKENS):
            yield current
            current = _tail(current)
            fresh_words = fresh_tokens = 0.0
        current.append(sentence)
        fresh_words += sentence.words
        fresh_tokens += sentence.tokens
    yield current


def _tail(sentences: Sequence[_Sentence]) -> list[_Sentence]:
    """The last sentences that are short enough to be said again."""
    tail: list[_Sentence] = []
    for sentence in reversed(sentences[1:]):
        words, tokens = _words(tail) + sentence.words, _tokens(tail) + sentence.tokens
        if words > OVERLAP or tokens > MOST_TOKENS * OVERLAP // MOST_WORDS:
            break
        tail.insert(0, sentence)
    return tail


def _chunk(sentences: Sequence[_Sentence], language: str, estimate: Estimate) -> Chunk:
    """One passage; where several headings were joined, each stands before its text."""
    heading = _shared(list(dict.fromkeys(sentence.section.heading for sentence in sentences)))
    parts: list[str] = []
    above = heading
    for sentence in sentences:
        if (own := sentence.section.heading) != above:
            inner = own.removeprefix(heading).removeprefix(" > ")
            parts += [f"{inner}\n"] if inner else []
            above = own
        parts.append(sentence.text)
    text = "".join(parts).strip()
    first = sentences[0].section
    return Chunk(text, estimate(text), heading, first.page, first.start, language)


def _shared(paths: Sequence[str]) -> str:
    """What the paths of headings have in common, from the top."""
    split = [path.split(" > ") for path in paths]
    depth = 0
    while all(len(path) > depth and path[depth] == split[0][depth] for path in split):
        depth += 1
    return " > ".join(split[0][:depth])
