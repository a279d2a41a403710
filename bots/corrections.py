"""Replies put right by the creator: they become content that outranks the rest, and cases to check against."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from adapters.storage import Storage
from core.content import Correction, Document, Kind, Section
from core.errors import NotFound
from core.model import AvatarId
from core.shelving import shelve

SOURCE = "corrections"  # as content
LONGEST_TITLE = 120  # characters


async def correct(store: Storage, avatar: AvatarId, message: str, text: str, *, by: str, now: datetime) -> Correction:
    """Put a reply right; from the next question on the avatar knows.

    Args:
        store: Where it is kept.
        avatar: Whose reply it was.
        message: The turn's number, or the platform's id of the reply or of the fan's message.
        text: What should have been said.
        by: Who says so.
        now: The present.

    Raises:
        NotFound: There is no such reply.
    """
    made = await store.corrections.add(avatar, message, text, by, now=now)
    await _shelve(store, avatar, now)
    return made


async def take_back(store: Storage, avatar: AvatarId, number: int, *, now: datetime) -> None:
    """Take a correction back.

    Raises:
        NotFound: There is none of that number.
    """
    if not await store.corrections.remove(avatar, number):
        raise NotFound(f"There is no correction {number} of {avatar}.")
    await _shelve(store, avatar, now)


async def _shelve(store: Storage, avatar: AvatarId, now: datetime) -> None:
    """Make the content say what the corrections say; all of them, so that nothing interrupted stays half done."""
    kept = await store.corrections.all(avatar)

    async def documents() -> AsyncIterator[Document]:
        for one in kept:
            yield _document(one)

    shelved = await shelve(store.content, avatar, SOURCE, documents(), now=now)
    await store.content.keep_only(avatar, SOURCE, shelved.keys)


def _document(one: Correction) -> Document:
    title = " ".join(one.question.split())[:LONGEST_TITLE] or "Put right"
    sections = (Section(f"{one.question}\n\n{one.text}".strip()),)
    return Document(str(one.id), Kind.CORRECTION, title, sections, published=one.created_at)
