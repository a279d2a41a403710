"""Questions that nothing published answers, as they were noted with the replies to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.schema import EPOCH, Moment, gap
from core.content import Gap
from core.model import AvatarId

_ALL = (
    sa.select(gap.c.fan_id, gap.c.question, gap.c.asked_at)
    .where(gap.c.avatar_id == sa.bindparam("avatar"), gap.c.asked_at >= sa.bindparam("since", type_=Moment))
    .order_by(gap.c.id)
)

_OF_TURN = sa.delete(gap).where(gap.c.turn_id == sa.bindparam("turn"), gap.c.avatar_id == sa.bindparam("avatar"))


class Gaps:
    """Raises ``StorageUnavailable`` when the database cannot do it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, avatar: AvatarId, since: datetime = EPOCH) -> Sequence[Gap]:
        """What fans of an avatar asked from a moment on, oldest first. Private: for counting, not for showing."""
        key = {"avatar": avatar, "since": since}
        return await self._database.read(lambda connection: [Gap(*row) for row in connection.execute(_ALL, key)])


def forget_gap(connection: sa.Connection, avatar: str, turn: int) -> None:
    """Drop the question that was noted with a turn, because what it quotes was taken back."""
    connection.execute(_OF_TURN, {"turn": turn, "avatar": avatar})
