"""Who looks after avatars, and what they have done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.schema import Upsert
from adapters.storage.steering import audit, staff
from core.control import Act, Grant, Rank
from core.model import AvatarId

_avatar: sa.BindParameter[str] = sa.bindparam("avatar")

_on_platform = sa.and_(staff.c.avatar_id == _avatar, staff.c.platform == sa.bindparam("where"))

_GRANTED = sa.select(staff.c.person).where(_on_platform, staff.c.person.in_(sa.bindparam("persons", expanding=True)))

_REVOKE = sa.delete(staff).where(_on_platform, staff.c.person == sa.bindparam("who"))

_ALL = (
    sa.select(staff.c.avatar_id, staff.c.platform, staff.c.person, staff.c.by, staff.c.at)
    .where(staff.c.avatar_id == _avatar)
    .order_by(staff.c.at.desc(), staff.c.platform, staff.c.person)
)

_GRANT = Upsert(
    lambda insert: (
        insert(staff)
        .on_conflict_do_nothing(index_elements=["avatar_id", "platform", "person"])
        .returning(staff.c.person)
    )
)


class Staff:
    """See ``core.controls.Staff``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def granted(self, avatar: AvatarId, platform: str, persons: Collection[str]) -> frozenset[str]:
        """See ``core.controls.Staff``."""
        key = {"avatar": avatar, "where": platform, "persons": [*persons]}
        return await self._database.read(lambda connection: frozenset(connection.execute(_GRANTED, key).scalars()))

    async def grant(self, grant: Grant) -> bool:
        """See ``core.controls.Staff``."""
        row = asdict(grant)
        row["avatar_id"] = row.pop("avatar")
        return await self._database.write(
            lambda connection: connection.execute(_GRANT.on(connection), row).scalar_one_or_none() is not None
        )

    async def revoke(self, avatar: AvatarId, platform: str, person: str) -> bool:
        """See ``core.controls.Staff``."""
        key = {"avatar": avatar, "where": platform, "who": person}
        return await self._database.write(lambda connection: bool(connection.execute(_REVOKE, key).rowcount))

    async def all(self, avatar: AvatarId) -> Sequence[Grant]:
        """See ``core.controls.Staff``."""
        return await self._database.read(
            lambda connection: [
                Grant(AvatarId(of), *rest) for of, *rest in connection.execute(_ALL, {"avatar": avatar})
            ]
        )


_NOTE = sa.insert(audit)

_ACTS = (
    sa.select(
        audit.c.avatar_id,
        audit.c.by,
        audit.c.rank,
        audit.c.command,
        audit.c.place,
        audit.c.outcome,
        audit.c.at,
        audit.c.subject,
        audit.c.before,
        audit.c.after,
        audit.c.id,
    )
    .where(
        audit.c.avatar_id == _avatar,
        sa.or_(sa.bindparam("below", type_=sa.BigInteger).is_(None), audit.c.id < sa.bindparam("below")),
    )
    .order_by(audit.c.id.desc())
    .limit(sa.bindparam("most"))
)


class Audit:
    """See ``core.controls.Audit``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, act: Act) -> None:
        """See ``core.controls.Audit``."""
        row = asdict(act)
        row["avatar_id"] = row.pop("avatar")
        del row["number"]
        await self._database.write(lambda connection: connection.execute(_NOTE, row))

    async def acts(self, avatar: AvatarId, *, below: int | None = None, limit: int) -> Sequence[Act]:
        """See ``core.controls.Audit``."""
        key = {"avatar": avatar, "below": below, "most": limit}
        return await self._database.read(lambda connection: [_act(*row) for row in connection.execute(_ACTS, key)])


def _act(avatar: str, by: str, rank: int, *rest: object) -> Act:
    return Act(AvatarId(avatar), by, Rank(rank), *rest)  # type: ignore[arg-type]
