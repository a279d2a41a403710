"""What an avatar has said, in its own words."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.schema import message, turn
from core.model import AvatarId, Outcome

_RECENT = (
    sa.select(message.c.text)
    .join(turn, turn.c.id == message.c.turn_id)
    .where(
        message.c.avatar_id == sa.bindparam("avatar"),
        turn.c.avatar_id == sa.bindparam("avatar"),
        message.c.fan_id.is_(None),
        turn.c.outcome == Outcome.ANSWERED.value,
    )
    .order_by(message.c.id.desc())
    .limit(sa.bindparam("most"))
)


async def recent_replies(database: Database, avatar: AvatarId, *, limit: int) -> Sequence[str]:
    """The last replies that a model wrote for an avatar, newest first; fixed texts and commands are none.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    key = {"avatar": avatar, "most": limit}
    return await database.read(lambda connection: [row.text for row in connection.execute(_RECENT, key)])
