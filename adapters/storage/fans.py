"""Who has talked with an avatar, and all that is kept of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.export import export
from adapters.storage.schema import fan, message
from adapters.storage.scopes import episode_columns, read_episodes
from core.memory import Episode, Visitor
from core.model import AccountId, AvatarId, FanId, MessageId

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")


class Fans:
    """See ``core.memories.Fans``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, avatar: AvatarId, account: AccountId, user: str) -> FanId | None:
        """See ``core.memories.Fans``."""
        key = {"avatar": avatar, "platform": account.partition(":")[0], "user": user}
        found = await self._database.read(lambda connection: connection.execute(_FIND, key).scalar_one_or_none())
        return None if found is None else FanId(found)

    async def audience(self, avatar: AvatarId, *, after: FanId, limit: int) -> Sequence[Visitor]:
        """See ``core.memories.Fans``."""
        key = {"avatar": avatar, "after": after, "most": limit}
        return await self._database.read(
            lambda connection: [Visitor(FanId(row[0]), *row[1:]) for row in connection.execute(_AUDIENCE, key)]
        )

    async def said(self, avatar: AvatarId, fan: FanId, *, after: MessageId, limit: int) -> Sequence[Episode]:
        """See ``core.memories.Fans``."""
        key = {"avatar": avatar, "fan": fan, "after": after, "most": limit}
        return await self._database.read(lambda connection: read_episodes(connection.execute(_SAID, key)))

    async def export(self, avatar: AvatarId, fan: FanId) -> Mapping[str, Any]:
        """See ``core.memories.Fans``."""
        return await self._database.read(lambda connection: export(connection, avatar, fan))


_FIND = sa.select(fan.c.id).where(
    fan.c.avatar_id == _avatar,
    fan.c.platform == sa.bindparam("platform"),
    fan.c.platform_user == sa.bindparam("user"),
)

_messages = (
    sa.select(sa.func.count())
    .where(message.c.fan_id == fan.c.id, message.c.avatar_id == fan.c.avatar_id)
    .correlate(fan)
    .scalar_subquery()
)

_AUDIENCE = (
    sa.select(fan.c.id, fan.c.platform, fan.c.name, fan.c.first_seen, fan.c.last_seen, _messages)
    .where(fan.c.avatar_id == _avatar, fan.c.id > sa.bindparam("after"))
    .order_by(fan.c.id)
    .limit(sa.bindparam("most"))
)

_SAID = (
    sa.select(*episode_columns)
    .join(fan, fan.c.id == message.c.fan_id)
    .where(
        message.c.avatar_id == _avatar,
        message.c.fan_id == _fan,
        message.c.id > sa.bindparam("after"),
        message.c.text != "",
    )
    .order_by(message.c.id)
    .limit(sa.bindparam("most"))
)
