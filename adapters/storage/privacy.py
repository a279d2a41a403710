"""Conversations that leave no memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.notes import enter
from adapters.storage.places import place_key, this_place
from adapters.storage.schema import conversation, message
from core.model import AvatarId, Place


class Privacy:
    """See ``core.memories.Privacy``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_on(self, avatar: AvatarId, place: Place) -> bool:
        """See ``core.memories.Privacy``."""
        key = place_key(avatar, place)
        return await self._database.read(
            lambda connection: connection.execute(_IS_ON, key).scalar_one_or_none() is not None
        )

    async def set(self, avatar: AvatarId, place: Place, *, on: bool, now: datetime) -> None:
        """See ``core.memories.Privacy``."""
        key = {**place_key(avatar, place), "shared": place.shared, "community": place.community, "now": now}
        await self._database.write(lambda connection: _set(connection, key, on=on))


_IS_ON = sa.select(conversation.c.private_from).where(this_place)

_here = sa.and_(conversation.c.id == sa.bindparam("where"), conversation.c.avatar_id == sa.bindparam("avatar"))

_newest = (
    sa.select(sa.func.coalesce(sa.func.max(message.c.id), 0))
    .where(message.c.conversation_id == conversation.c.id)
    .correlate(conversation)
    .scalar_subquery()
)

_fenced = {"memory_generation": conversation.c.memory_generation + 1, "learning_until": None}

_BEGIN = (
    sa.update(conversation).where(_here, conversation.c.private_from.is_(None)).values(private_from=_newest, **_fenced)
)

_MARK = (
    sa.update(message)
    .where(
        message.c.conversation_id == sa.bindparam("where"),
        message.c.avatar_id == sa.bindparam("avatar"),
        message.c.id
        > sa.select(conversation.c.private_from).where(conversation.c.id == sa.bindparam("where")).scalar_subquery(),
    )
    .values(private=True)
)

_END = sa.update(conversation).where(_here).values(private_from=None, **_fenced)

_LOCK = sa.select(conversation.c.id).where(_here).with_for_update(key_share=True)


def _set(connection: sa.Connection, place: Mapping[str, Any], *, on: bool) -> None:
    key = {"where": enter(connection, place), "avatar": place["avatar"]}
    connection.execute(_LOCK, key)
    for statement in (_BEGIN,) if on else (_MARK, _END):
        connection.execute(statement, key)
