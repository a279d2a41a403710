"""Replies put right by the creator: they become content that outranks the rest, and cases to check against."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from core.content import CORRECTIONS, Correction, Document, Kind, Section
from core.errors import NotFound
from core.model import AvatarId, Place
from core.ports import Content, Corrections
from core.shelving import shelve

LONGEST_TITLE = 300  # characters


async def correct(
    corrections: Corrections,
    content: Content,
    avatar: AvatarId,
    message: str,
    text: str,
    *,
    by: str,
    now: datetime,
    place: Place | None = None,
) -> Correction:
    """Put a reply right; from the next question on the avatar knows.

    Args:
        corrections: Where it is kept.
        content: Where it is found again.
        avatar: Whose reply it was.
        message: With ``place`` the platform's id of the reply there; without, the turn's number, or the platform's id
            of the reply or of the fan's message.
        text: What should have been said.
        by: Who says so.
        now: The present.
        place: Where the reply is, if that is known.

    Raises:
        NotFound: There is no such reply.
    """
    made = await corrections.add(avatar, message, text, by, now=now, place=place)
    await _shelve(corrections, content, avatar, now)
    return made


async def take_back(
    corrections: Corrections, content: Content, avatar: AvatarId, number: int, *, now: datetime
) -> None:
    """Take a correction back.

    Raises:
        NotFound: There is none of that number.
    """
    if not await corrections.remove(avatar, number):
        raise NotFound(f"There is no correction {number} of {avatar}.")
    await _shelve(corrections, content, avatar, now)


async def _shelve(corrections: Corrections, content: Content, avatar: AvatarId, now: datetime) -> None:
    """Make the content say what the corrections say; all of them, so that nothing interrupted stays half done.

    Whoever else does the same at the same time may have had another view of them: it is done when the view has held.
    """
    kept: Sequence[Correction] | None = None
    while kept != (found := await corrections.all(avatar)):
        kept = found
        shelved = await shelve(content, avatar, CORRECTIONS, _documents(kept), now=now)
        await content.keep_only(avatar, CORRECTIONS, shelved.keys)


async def _documents(kept: Sequence[Correction]) -> AsyncIterator[Document]:
    """What a fan had asked is the title, by which it is found again; it is shown to nobody, and no part of the text."""
    for one in kept:
        title = " ".join(one.question.split())[:LONGEST_TITLE] or "Put right"
        yield Document(str(one.id), Kind.CORRECTION, title, (Section(one.text),), published=one.created_at)
