"""Which circles of fans each fan is in, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.metering import membership
from adapters.storage.schema import AnyRow, Moment, Upsert, fan, message
from core.model import AccountId, AvatarId, FanId
from core.payments import Holding
from core.tiers import Membership, by_roles, circles

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")
_lasts = sa.or_(membership.c.until.is_(None), membership.c.until > sa.bindparam("now", type_=Moment))

granted = (  # to a message's fan, separated by blanks; null: nothing
    sa.select(sa.func.aggregate_strings(membership.c.tier, " "))
    .where(membership.c.fan_id == message.c.fan_id, membership.c.avatar_id == message.c.avatar_id, _lasts)
    .correlate(message)
    .scalar_subquery()
    .label("granted")
)


def tiers(row: AnyRow, roles: Mapping[str, str], order: Sequence[str]) -> frozenset[str]:
    """The circles that a message's fan is in, there and then; a row has ``granted`` and the fan's ``roles``."""
    if not (row.granted or (roles and row.roles)):
        return frozenset()
    return circles((*(row.granted or "").split(), *by_roles(row.roles.split(), roles)), order)


class Memberships:
    """See ``core.meters.Memberships``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def grant(self, avatar: AvatarId, fan: FanId, tier: str, source: str, until: datetime | None = None) -> None:
        """See ``core.meters.Memberships``."""
        row = {"avatar_id": avatar, "fan_id": fan, "tier": tier, "source": source, "until": until}
        await self._database.write(lambda connection: _grant(connection, row))

    async def revoke(self, avatar: AvatarId, fan: FanId, source: str, tier: str = "") -> bool:
        """See ``core.meters.Memberships``."""
        key = {"avatar": avatar, "fan": fan, "by": source, "of": tier}
        return await self._database.write(lambda connection: bool(connection.execute(_REVOKE, key).rowcount))

    async def admit(
        self,
        avatar: AvatarId,
        account: AccountId,
        holding: Holding,
        *,
        tier: str,
        source: str,
        until: datetime | None,
    ) -> None:
        """See ``core.payments.Members``."""
        who = {"avatar_id": avatar, "platform": account.partition(":")[0], "platform_user": holding.person}
        seen = {"name": holding.name, "language": "", "first_seen": holding.since, "last_seen": holding.since}

        def work(connection: sa.Connection) -> None:
            connection.execute(_MEET.on(connection), who | seen)
            fan_id = connection.execute(_KNOWN, who).scalar_one()
            _grant(connection, {"avatar_id": avatar, "fan_id": fan_id, "tier": tier, "source": source, "until": until})

        await self._database.write(work)

    async def of(self, avatar: AvatarId, fan: FanId, *, now: datetime) -> Sequence[Membership]:
        """See ``core.meters.Memberships``."""
        return await self._database.read(lambda connection: list(held(connection, avatar, fan, now)))


_MEET = Upsert(
    lambda insert: insert(fan).on_conflict_do_nothing(index_elements=["avatar_id", "platform", "platform_user"])
)

_KNOWN = sa.select(fan.c.id).where(
    fan.c.avatar_id == sa.bindparam("avatar_id"),
    fan.c.platform == sa.bindparam("platform"),
    fan.c.platform_user == sa.bindparam("platform_user"),
)

_EXISTS = sa.select(fan.c.id).where(fan.c.id == _fan, fan.c.avatar_id == _avatar).with_for_update(key_share=True)


def _put(insert: Any) -> sa.Executable:
    new = insert(membership)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "fan_id", "tier", "source"], set_={"until": new.excluded.until}
    )


_PUT = Upsert(_put)

_REVOKE = sa.delete(membership).where(
    membership.c.avatar_id == _avatar,
    membership.c.fan_id == _fan,
    membership.c.source == sa.bindparam("by"),
    sa.or_(sa.bindparam("of", type_=sa.Text) == "", membership.c.tier == sa.bindparam("of")),
)

_OF = (
    sa.select(membership.c.tier, membership.c.source, membership.c.until)
    .where(membership.c.avatar_id == _avatar, membership.c.fan_id == _fan, _lasts)
    .order_by(membership.c.tier, membership.c.source)
)


def _grant(connection: sa.Connection, row: dict[str, Any]) -> None:
    if connection.execute(_EXISTS, {"avatar": row["avatar_id"], "fan": row["fan_id"]}).one_or_none() is not None:
        connection.execute(_PUT.on(connection), row)


def held(connection: sa.Connection, avatar: AvatarId, who: FanId, now: datetime) -> Iterable[Membership]:
    """What was granted to a fan and still lasts."""
    rows = connection.execute(_OF, {"avatar": avatar, "fan": who, "now": now})
    return (Membership(tier, source, until) for tier, source, until in rows)
