"""The shelves of all avatars in use: built off the event loop when first asked for, and anew after a change.

While a new one is being built, the old one answers. What changed is asked at most every few seconds.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from core.content import Passage, PassageId
from core.errors import StorageUnavailable
from core.model import AvatarId
from core.ports import Content, Vectors

if TYPE_CHECKING:
    from adapters.library.shelf import Shelf

LOOK_AGAIN = 2.0  # seconds after which it is asked whether the content has changed
SOON = 1.0  # seconds that a question waits for a small shelf to be made anew
FIRST_WAIT, LONGEST_WAIT = 30.0, 600.0  # seconds after which vectors that were missing are looked for again; doubles
MOST_SHELVES = 64  # avatars held in memory
PAGE = 500  # passages read at once
VECTORS_PAGE = 5000

log = structlog.get_logger()


@dataclass(slots=True)
class _Place:
    """Where an avatar's shelf stands."""

    shelf: Shelf | None = None
    looked: float = float("-inf")  # when it was last asked whether there is news
    wait: float = FIRST_WAIT
    again: float = float("inf")  # when to build it again although the content is the same: vectors were missing
    building: asyncio.Task[None] | None = None
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Shelves:
    """Shelves by avatar, the least recently used ones dropped.

    Args:
        content: Keeps the passages.
        vectors: Keeps their embeddings.
        model: Whose vectors are wanted; None: none are.
        monotonic: Seconds that never run backwards.
    """

    def __init__(self, content: Content, vectors: Vectors, model: str | None, monotonic: Callable[[], float]) -> None:
        self._content = content
        self._vectors = vectors
        self._model = model
        self._monotonic = monotonic
        self._places: OrderedDict[AvatarId, _Place] = OrderedDict()

    async def get(self, avatar: AvatarId) -> Shelf | None:
        """An avatar's shelf, None if nothing has been published; while a large one is made anew, it is the old one.

        Raises:
            StorageUnavailable: There is no shelf yet, and the database does not answer.
        """
        place = self._places.setdefault(avatar, _Place())
        self._places.move_to_end(avatar)
        self._drop_oldest()
        if place.shelf is None:
            async with place.looking:  # whoever asks first looks, the others wait for it
                await self._look(avatar, place)
        else:
            await self._look(avatar, place)
        if (building := place.building) is not None:
            # A small shelf is soon made anew, and whoever has just changed something expects to see it.
            wait = None if place.shelf is None else SOON if place.shelf.passages else 0
            await asyncio.wait({building}, timeout=wait)
            if place.shelf is None:
                await asyncio.shield(building)
        return place.shelf

    def outdate(self, avatar: AvatarId) -> None:
        """There are new vectors."""
        if place := self._places.get(avatar):
            place.again = place.looked = float("-inf")

    async def close(self) -> None:
        """Stop building."""
        tasks = [place.building for place in self._places.values() if place.building]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop_oldest(self) -> None:
        if len(self._places) > MOST_SHELVES:
            _, dropped = self._places.popitem(last=False)
            if dropped.building:
                dropped.building.cancel()

    async def _look(self, avatar: AvatarId, place: _Place) -> None:
        """Begin to build if the content has changed since it was last looked at, some seconds ago."""
        if place.building is not None or self._monotonic() - place.looked < LOOK_AGAIN:
            return
        place.looked = self._monotonic()
        try:
            revision = await self._content.revision(avatar)
        except StorageUnavailable as exc:
            place.looked = float("-inf")
            if place.shelf is None:
                raise
            log.warning("library.revision.failed", avatar=avatar, reason=str(exc))
            return
        changed = revision != (place.shelf.revision if place.shelf else 0)
        if place.building is None and (changed or self._monotonic() >= place.again):
            place.building = asyncio.create_task(self._build(avatar, place, revision), name=f"library {avatar}")

    async def _build(self, avatar: AvatarId, place: _Place, revision: int) -> None:
        began, old = self._monotonic(), place.shelf
        try:
            place.shelf = await self._built(avatar, old, revision)
        except StorageUnavailable as exc:
            place.looked = float("-inf")
            if old is None:
                raise
            log.warning("library.build.failed", avatar=avatar, reason=str(exc))
            return
        finally:
            place.building = None
        shelf = place.shelf
        place.wait = FIRST_WAIT if old is None or old.revision != revision else min(2 * place.wait, LONGEST_WAIT)
        place.again = float("inf") if shelf.complete or not self._model else self._monotonic() + place.wait
        log.info("library.built", avatar=avatar, passages=len(shelf.ids), seconds=round(self._monotonic() - began, 2))

    async def _built(self, avatar: AvatarId, old: Shelf | None, revision: int) -> Shelf:
        from adapters.library.shelf import Shelving  # noqa: PLC0415 - numpy is paid for once there is content

        shelving = await asyncio.to_thread(Shelving, old)
        async for passages in self._passages(avatar):
            await asyncio.to_thread(shelving.add, passages)
        vectors: dict[PassageId, bytes] = {}
        if self._model:
            async for page in self._pages_of_vectors(avatar, self._model):
                vectors.update(page)
        return await asyncio.to_thread(shelving.finish, revision, vectors)

    async def _passages(self, avatar: AvatarId) -> AsyncIterator[Sequence[Passage]]:
        after = PassageId(0)
        while page := await self._content.scan(avatar, after=after, limit=PAGE):
            yield page
            after = page[-1].id

    async def _pages_of_vectors(self, avatar: AvatarId, model: str) -> AsyncIterator[Mapping[PassageId, bytes]]:
        after = PassageId(0)
        while page := await self._vectors.all(avatar, model, after=after, limit=VECTORS_PAGE):
            yield page
            after = max(page)
