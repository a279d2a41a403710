"""Replies that the creator has put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.receipts import find_turn
from adapters.storage.schema import AnyRow, MessageState, correction, message
from core.content import Correction
from core.errors import NotFound
from core.model import AvatarId, Place

_ADD = sa.insert(correction).returning(correction.c.id)

_ASKED = (
    sa.select(message.c.text)
    .where(
        message.c.turn_id == sa.bindparam("turn"),
        message.c.avatar_id == sa.bindparam("avatar"),
        message.c.fan_id.is_not(None),
        message.c.state == MessageState.ANSWERED,
        message.c.command == "",
        message.c.text != "",
    )
    .order_by(message.c.id)
)

_EARLIER = sa.delete(correction).where(
    correction.c.avatar_id == sa.bindparam("avatar"), correction.c.turn_id == sa.bindparam("turn")
)

_ALL = (
    sa.select(
        correction.c.id,
        correction.c.question,
        correction.c.reply_before,
        correction.c.text,
        correction.c.by,
        correction.c.created_at,
    )
    .where(correction.c.avatar_id == sa.bindparam("avatar"))
    .order_by(correction.c.id)
)

_REMOVE = sa.delete(correction).where(
    correction.c.avatar_id == sa.bindparam("avatar"), correction.c.id == sa.bindparam("which")
)


class Corrections:
    """See ``core.ports.Corrections``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replaced(self, avatar: AvatarId, message: str, *, place: Place) -> str | None:
        """See ``core.ports.Corrections``."""
        row = await self._database.read(lambda connection: find_turn(connection, avatar, message, place))
        return _in_own_words(row) if row is not None and row.reply else None

    async def add(
        self, avatar: AvatarId, message: str, text: str, by: str, *, now: datetime, place: Place | None = None
    ) -> Correction:
        """See ``core.ports.Corrections``; without a place, ``message`` is what it is in ``Receipts.why``."""
        values = {"text": text, "by": by, "created_at": now}
        return await self._database.write(lambda connection: _add(connection, avatar, message, place, values))

    async def all(self, avatar: AvatarId) -> Sequence[Correction]:
        """See ``core.ports.Corrections``."""
        return await self._database.read(
            lambda connection: [Correction(*row) for row in connection.execute(_ALL, {"avatar": avatar})]
        )

    async def remove(self, avatar: AvatarId, which: int) -> bool:
        """See ``core.ports.Corrections``."""
        key = {"avatar": avatar, "which": which}
        return await self._database.write(lambda connection: bool(connection.execute(_REMOVE, key).rowcount))


def _add(
    connection: sa.Connection, avatar: AvatarId, known_as: str, place: Place | None, values: Mapping[str, Any]
) -> Correction:
    row = find_turn(connection, avatar, known_as, place)
    if row is None or not row.reply:
        raise NotFound(f"There is no reply {known_as!r} of {avatar}.")
    asked = "\n".join(each.text for each in connection.execute(_ASKED, {"turn": row.id, "avatar": avatar}))
    known = {"question": asked, "reply_before": _in_own_words(row), **values}
    connection.execute(_EARLIER, {"avatar": avatar, "turn": row.id})
    added = connection.execute(_ADD, {"avatar_id": avatar, "turn_id": row.id, **known}).scalar_one()
    return Correction(added, **known)


def _in_own_words(row: AnyRow) -> str:
    """A turn's reply without what stands around it: links, and that this is an AI."""
    return str(row.remembered or row.reply)
