"""What is left of the limits, for those who ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from adapters.storage.allowances import Bucket, Waiting
from adapters.storage.buckets import look, scene
from adapters.storage.database import Database
from adapters.storage.memberships import held
from adapters.storage.places import place_key, this_place
from adapters.storage.rules import Rules
from adapters.storage.schema import conversation
from adapters.storage.switchboard import read
from core.limits import Left, left
from core.model import AvatarId, FanId, Place
from core.tiers import circles

_CONVERSATION = sa.select(conversation.c.id).where(this_place)


class Allowances:
    """See ``core.meters.Allowances``."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules

    async def left(self, avatar: AvatarId, place: Place, fan: FanId | None, *, now: datetime) -> Sequence[Left]:
        """See ``core.meters.Allowances``."""
        return await self._database.read(lambda connection: _left(connection, self._rules, avatar, place, fan, now=now))


def _left(
    connection: sa.Connection, rules: Rules, avatar: AvatarId, place: Place, fan: FanId | None, *, now: datetime
) -> Sequence[Left]:
    who = fan or FanId(0)  # no fan has that number
    order = rules.tiers(avatar)
    tiers = circles((one.tier for one in held(connection, avatar, who, now)), order)
    where = connection.execute(_CONVERSATION, place_key(avatar, place)).scalar_one_or_none() or 0
    here = scene(rules.limits, read(connection, avatar), avatar=avatar, conversation=where, place=place)
    kept = look(connection, here, who)
    draws = here.draws(Waiting(0, who, command=False, tiers=tiers))
    return [left(draw.limit, kept.get(draw.bucket, Bucket()).tat, now) for draw in draws]
