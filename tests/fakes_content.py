"""Content and vectors kept in memory, and an embedder of a few themes, for tests of what searches them."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.content import Change, Chunk, Document, DocumentId, Kind, Passage, PassageId, Section
from core.model import AvatarId
from core.ports import Content
from tests.fakes import NOON

Batch = Sequence[tuple[Document, Sequence[Chunk]]]


@dataclass
class FakeContent:
    """As ``core.ports.Content``; a method fails as long as ``faults`` names an error for it."""

    faults: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _kept: dict[tuple[AvatarId, str, str], tuple[Document, tuple[Chunk, ...], list[Passage]]] = field(
        default_factory=dict
    )
    _revisions: dict[AvatarId, int] = field(default_factory=dict)
    _documents: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _passages: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def put(self, avatar: AvatarId, source: str, batch: Batch, *, now: datetime) -> Sequence[Change]:
        self._called("put")
        return [
            self._put(avatar, (avatar, source, document.key), document, tuple(chunks)) for document, chunks in batch
        ]

    def _put(
        self, avatar: AvatarId, name: tuple[AvatarId, str, str], document: Document, chunks: tuple[Chunk, ...]
    ) -> Change:
        before = self._kept.get(name)
        if before and before[:2] == (document, chunks):
            return Change.SAME
        number = DocumentId(next(self._documents))
        passages = [
            Passage(
                PassageId(next(self._passages)),
                number,
                ordinal,
                document.kind,
                document.title,
                chunk.text,
                chunk.tokens,
                document.url,
                document.published,
                chunk.language,
                chunk.heading,
                chunk.page,
                chunk.start,
                document.tier,
            )
            for ordinal, chunk in enumerate(chunks)
        ]
        self._kept[name] = document, chunks, passages
        self._rise(avatar)
        return Change.CHANGED if before else Change.NEW

    async def keep_only(
        self, avatar: AvatarId, source: str, keys: Collection[str], *, whole: Collection[str] = ()
    ) -> int:
        self._called("keep_only")
        spared = {*keys, *whole}
        gone = [name for name in self._kept if name[:2] == (avatar, source) and name[2] not in spared]
        for name in gone:
            del self._kept[name]
        if gone:
            self._rise(avatar)
        return len(gone)

    async def revision(self, avatar: AvatarId) -> int:
        self._called("revision")
        return self._revisions.get(avatar, 0)

    async def scan(self, avatar: AvatarId, *, after: PassageId, limit: int) -> Sequence[Passage]:
        self._called("scan")
        return [passage for passage in self.passages(avatar) if passage.id > after][:limit]

    async def fetch(self, avatar: AvatarId, passages: Collection[PassageId]) -> Sequence[Passage]:
        self._called("fetch")
        return [passage for passage in self.passages(avatar) if passage.id in passages]

    async def openings(self, avatar: AvatarId, *, limit: int) -> Sequence[Passage]:
        self._called("openings")
        first = [passage for passage in self.passages(avatar) if passage.ordinal == 0]
        dated = sorted((one for one in first if one.published), key=lambda one: str(one.published), reverse=True)
        return [*dated, *(one for one in first if not one.published)][:limit]

    def passages(self, avatar: AvatarId) -> list[Passage]:
        """All of an avatar's, in the order of their ids."""
        kept = (passages for name, (_, _, passages) in self._kept.items() if name[0] == avatar)
        return sorted(itertools.chain.from_iterable(kept), key=lambda passage: passage.id)

    def _rise(self, avatar: AvatarId) -> None:
        self._revisions[avatar] = self._revisions.get(avatar, 0) + 1

    def _called(self, method: str) -> None:
        self.calls.append(method)
        if method in self.faults:
            raise self.faults[method]


@dataclass
class FakeVectors:
    """As ``core.ports.Vectors``, for the passages of a ``FakeContent``."""

    content: FakeContent
    kept: dict[tuple[AvatarId, str], dict[PassageId, bytes]] = field(default_factory=dict)

    async def missing(self, avatar: AvatarId, model: str, limit: int) -> Sequence[Passage]:
        known = self.kept.get((avatar, model), {})
        return [passage for passage in self.content.passages(avatar) if passage.id not in known][:limit]

    async def add(self, avatar: AvatarId, model: str, vectors: Mapping[PassageId, bytes]) -> None:
        there = {passage.id for passage in self.content.passages(avatar)}
        kept = self.kept.setdefault((avatar, model), {})
        kept.update({one: vector for one, vector in vectors.items() if one in there})

    async def all(self, avatar: AvatarId, model: str, *, after: PassageId, limit: int) -> Mapping[PassageId, bytes]:
        there = {passage.id for passage in self.content.passages(avatar)}
        kept = sorted(self.kept.get((avatar, model), {}).items())
        return dict([(one, vector) for one, vector in kept if one > after and one in there][:limit])


class FakeEmbedder:
    """Knows themes: words of one theme mean the same to it. Errors queued in ``faults`` are raised first."""

    def __init__(self, *themes: str) -> None:
        self.name = "themes"
        self.faults: list[Exception] = []
        self.asked: list[str] = []
        self._themes = [set(theme.split()) for theme in themes]

    async def embed(self, texts: Sequence[str], *, query: bool) -> Sequence[Sequence[float]]:
        if self.faults:
            raise self.faults.pop(0)
        self.asked += texts
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        words = re.findall(r"\w+", text.lower())
        themes = [float(sum(word in theme for word in words)) for theme in self._themes]
        noise = [byte / 2550 for byte in hashlib.blake2b(text.encode(), digest_size=8).digest()]
        vector = [*themes, *noise]
        length = sum(number**2 for number in vector) ** 0.5
        return [number / length for number in vector]


def document(text: str, *, key: str = "", title: str = "", kind: Kind = Kind.PAGE, **more: object) -> Document:
    """A document of one section."""
    made = {"url": "", "published": None, "language": "", "tier": "", **more}
    return Document(key or text, kind, title, (Section(text),), **made)  # type: ignore[arg-type] # fields of a Document


async def publish(content: Content, avatar: AvatarId, *documents: Document, source: str = "site") -> None:
    """Put documents of one passage each."""
    batch = [(one, [Chunk(section.text, len(section.text), language=one.language) for section in one.sections])
             for one in documents]  # fmt: skip
    await content.put(avatar, source, batch, now=NOON)
