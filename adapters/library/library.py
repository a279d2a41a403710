"""The library: finds what a creator has published, and gives vectors to what has none.

Numpy and the stemmers are imported once there is content to search: an avatar without any does not pay for them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog

from adapters.library.shelves import Shelves
from core.content import Found, Passage, PassageId, Question
from core.errors import ModelRejected, ModelUnavailable
from core.model import AvatarId
from core.ports import Content, Embedder, Vectors

if TYPE_CHECKING:
    from adapters.library.postings import Floats
    from adapters.library.ranking import Mix, Ranked
    from adapters.library.shelf import Shelf

T = TypeVar("T")

BATCH = 64  # passages embedded at once

log = structlog.get_logger()


class Library:
    """As ``core.ports.Library``.

    Args:
        content: Keeps the passages.
        vectors: Keeps their embeddings.
        embedder: None: words alone decide.
        languages: For which the embedder was made, as two-letter codes; empty: for all.
        mix: How much words and meaning count; None: as is usual.
        monotonic: Seconds that never run backwards.
    """

    def __init__(
        self,
        content: Content,
        vectors: Vectors,
        embedder: Embedder | None = None,
        *,
        languages: Collection[str] = (),
        mix: Mix | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._content = content
        self._vectors = vectors
        self._embedder = embedder
        self._languages = frozenset(languages)
        self._mix = mix
        self._shelves = Shelves(content, vectors, embedder.name if embedder else None, monotonic)

    async def find(self, avatar: AvatarId, question: Question, *, limit: int) -> Sequence[Found]:
        """As ``core.ports.Library``."""
        shelf = await self._shelves.get(avatar)
        if shelf is None or limit < 1:
            return ()
        ranked = await self._ranked(shelf, question, limit)
        passages = await self._passages(avatar, shelf, [one.row for one in ranked])
        return [
            Found(passage, one.score, one.coverage, one.similarity)
            for one in ranked
            if (passage := passages.get(one.row)) and (not passage.tier or passage.tier in question.tiers)
        ]

    async def newest(self, avatar: AvatarId, *, limit: int) -> Sequence[Passage]:
        """As ``core.ports.Library``."""
        return [one for one in await self._content.openings(avatar, limit=limit) if not one.tier]

    async def embed_missing(self, avatar: AvatarId, progress: Callable[[int], None] = lambda _count: None) -> int:
        """Give vectors to all passages that have none; how many got one.

        Args:
            avatar: Whose.
            progress: Told the number done after each batch.

        Raises:
            ModelUnavailable: What was done until then is kept.
            ModelRejected: As before.
            StorageUnavailable: As before.
        """
        done = 0
        if self._embedder is None:
            return done
        while passages := await self._vectors.missing(avatar, self._embedder.name, BATCH):
            await self._vectors.add(avatar, self._embedder.name, await self._embedded(self._embedder, passages))
            done += len(passages)
            progress(done)
        if done:
            self._shelves.outdate(avatar)
        return done

    async def close(self) -> None:
        """Stop whatever is being built."""
        await self._shelves.close()

    # ── searching ────────────────────────────────────────────────────────────────────────────────

    async def _ranked(self, shelf: Shelf, question: Question, limit: int) -> Sequence[Ranked]:
        from adapters.library.question import wanted  # noqa: PLC0415 - see the module's docstring
        from adapters.library.ranking import Mix, rank  # noqa: PLC0415 - see the module's docstring

        asked = await _run(shelf, partial(wanted, question, shelf.postings, shelf.spoken))
        vector = await self._vector(shelf, asked.text, asked.language)
        mix = self._mix or Mix()
        return await _run(shelf, partial(rank, shelf, asked, vector, question, mix=mix, limit=limit))

    async def _passages(self, avatar: AvatarId, shelf: Shelf, rows: Sequence[int]) -> Mapping[int, Passage]:
        if shelf.passages:
            return {row: shelf.passages[row] for row in rows}
        ids = {PassageId(int(shelf.ids[row])): row for row in rows}
        return {ids[one.id]: one for one in await self._content.fetch(avatar, ids)}

    async def _vector(self, shelf: Shelf, text: str, language: str) -> Floats | None:
        """What the question means; None where that is not to be had."""
        if self._embedder is None or shelf.matrix is None or not self._speaks(language):
            return None
        import numpy as np  # noqa: PLC0415 - see the module's docstring

        try:
            return np.asarray((await self._embedder.embed([text], query=True))[0], dtype=np.float32)
        except (ModelUnavailable, ModelRejected) as exc:
            log.warning("library.embedding.failed", model=self._embedder.name, reason=str(exc))
            return None

    async def _embedded(self, embedder: Embedder, passages: Sequence[Passage]) -> dict[PassageId, bytes]:
        from adapters.library.tongue import language_of, primary  # noqa: PLC0415 - see the module's docstring
        from adapters.library.vectors import packed  # noqa: PLC0415 - see the module's docstring

        spoken = [one for one in passages if self._speaks(primary(one.language) or language_of(one.text))]
        texts = ["\n".join(filter(None, (one.title, one.heading, one.text))) for one in spoken]
        made = await embedder.embed(texts, query=False) if texts else ()
        # Empty: there is nothing to be had for this passage, so that nobody asks again.
        return {one.id: b"" for one in passages} | {
            one.id: packed(vector) for one, vector in zip(spoken, made, strict=True)
        }

    def _speaks(self, language: str) -> bool:
        return not self._languages or not language or language in self._languages


async def _run(shelf: Shelf, work: Callable[[], T]) -> T:
    """On a thread, but where that would take longer than the work itself."""
    return work() if shelf.passages else await asyncio.to_thread(work)
