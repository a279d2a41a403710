"""What a creator has published: as it was read, as it is kept, and as it is found again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from core.model import FanId

DocumentId = NewType("DocumentId", int)
PassageId = NewType("PassageId", int)

CORRECTIONS = "stagedoor:corrections"  # the source of what is made of corrections; no file or address is called so


class Kind(StrEnum):
    """What a document is to those who are pointed to it."""

    PAGE = "page"  # an article, a web page, a note
    POST = "post"  # short, in a feed or a channel
    VIDEO = "video"  # or a podcast: spoken, with times
    BOOK = "book"  # long, with pages or chapters
    ANSWER = "answer"  # a question with its answer
    CORRECTION = "correction"  # what the creator put right by hand; outranks all else


# ── as it was read ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a document that belongs together, with where it stands. Text is plain, paragraphs apart."""

    text: str
    heading: str = ""  # the path of headings above it: "Bread > Starters"
    page: int | None = None  # from 1
    start: float | None = None  # seconds from the beginning of a recording
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that was published, as a reader found it. (source, key) names it for ever."""

    key: str  # within its source: a path, an address, a platform's id
    kind: Kind
    title: str
    sections: tuple[Section, ...]
    url: str = ""
    published: datetime | None = None
    language: str = ""  # IETF tag, empty if the source doesn't say
    own_words: bool = True  # the creator wrote or spoke it, so that it shows their voice
    tier: str = ""  # who may be answered from it; empty: everybody


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that a reader did not take."""

    key: str
    why: str  # for the creator: "a repost, not your own words"
    failed: bool = False  # it should have been readable; False: it was left out on purpose
    count: int = 1  # of like things


# ── as it is kept ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage to be: a piece of a document that can be read on its own."""

    text: str
    tokens: int  # estimate
    heading: str = ""
    page: int | None = None
    start: float | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage as it is kept, with what is said of its document."""

    id: PassageId
    document: DocumentId
    ordinal: int  # within the document, from 0: the neighbours of n are n - 1 and n + 1
    kind: Kind
    title: str
    text: str
    tokens: int
    url: str = ""
    published: datetime | None = None
    language: str = ""
    heading: str = ""
    page: int | None = None
    start: float | None = None
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One document as it is kept, without its passages."""

    id: DocumentId
    source: str
    kind: Kind
    title: str
    url: str = ""
    published: datetime | None = None
    language: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is kept of one source."""

    source: str
    documents: int
    passages: int
    changed_at: datetime  # when something of it was last new or different


@dataclass(frozen=True, slots=True)
class Crawl:
    """What a server said of an address when it was last fetched, so that it can be asked whether that has changed."""

    etag: str
    last_modified: str  # as the server wrote it
    fetched_at: datetime


class Change(StrEnum):
    """What keeping a document did."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


# ── as it is found again ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for."""

    text: str  # what the fan wants to know, in their words
    context: str = ""  # what the talk was about before; it only helps where the text alone says too little
    tiers: frozenset[str] = frozenset()  # tiers beyond the public one that this fan may be answered from
    now: datetime | None = None  # so that what is newer can count a little more


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that may answer a question."""

    passage: Passage
    score: float  # higher is better; comparable within one search only
    coverage: float  # 0 to 1: how much of what the question's words say occurs in the passage, rare words counting more
    similarity: float | None = None  # -1 to 1: cosine of the embeddings, where there are any


@dataclass(frozen=True, slots=True)
class Gap:
    """A fan's question that nothing published answers."""

    fan: FanId
    question: str  # as the fan wrote it: for counting, not for showing
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """A reply that the creator has put right."""

    id: int
    question: str  # what the fan had written
    reply_before: str
    text: str  # what should have been said
    by: str  # who put it right
    created_at: datetime
