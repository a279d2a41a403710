"""Putting what was read of a source on the shelf: in passages, in batches, and only what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.chunk import chunk
from core.content import Change, Chunk, Document, Skipped
from core.model import AvatarId
from core.ports import Content
from core.text import estimate_tokens

BATCH = 200  # passages kept in one transaction


@dataclass(slots=True)
class Shelved:
    """What became of a source; it grows while the source is read."""

    documents: Counter[Change] = field(default_factory=Counter)
    passages: int = 0
    keys: set[str] = field(default_factory=set)  # of all documents that the source holds
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether something could not be read that should have been."""
        return any(one.failed for one in self.skipped)


async def shelve(
    content: Content,
    avatar: AvatarId,
    source: str,
    outcomes: AsyncIterator[Document | Skipped],
    *,
    now: datetime,
    progress: Callable[[Shelved], None] = lambda _: None,
) -> Shelved:
    """Keep the documents of one source as they come; if it is broken off midway, what came until then is kept.

    Args:
        content: The shelf.
        avatar: Whose.
        source: Its name; with a document's key it names the document for ever.
        outcomes: What the readers found.
        now: The present.
        progress: Told after every batch how far it is.

    Raises:
        StorageUnavailable: The last batch was not kept; those before were.
    """
    shelved = Shelved()
    batch: list[tuple[Document, Sequence[Chunk]]] = []
    try:
        async for outcome in outcomes:
            if isinstance(outcome, Skipped):
                shelved.skipped.append(outcome)
                continue
            chunks = chunk(outcome, estimate_tokens)
            if not chunks:
                shelved.skipped.append(Skipped(outcome.key, "there is no text in it"))
                continue
            shelved.keys.add(outcome.key)
            batch.append((outcome, chunks))
            if sum(len(each) for _, each in batch) >= BATCH:
                full, batch = batch, []
                await _put(content, avatar, source, full, shelved, now=now)
                progress(shelved)
    finally:  # also when somebody has lost patience
        await _put(content, avatar, source, batch, shelved, now=now)
    progress(shelved)
    return shelved


async def _put(
    content: Content,
    avatar: AvatarId,
    source: str,
    batch: Sequence[tuple[Document, Sequence[Chunk]]],
    shelved: Shelved,
    *,
    now: datetime,
) -> None:
    if batch:
        shelved.documents.update(await content.put(avatar, source, batch, now=now))
        shelved.passages += sum(len(chunks) for _, chunks in batch)
