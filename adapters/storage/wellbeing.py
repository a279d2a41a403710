"""What keeps fans safe: who is a minor, and how often somebody was shown where to find help in a crisis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.safekeeping import crisis_count, minor
from adapters.storage.schema import Moment, Upsert, fan, message
from core.model import AvatarId, Claim
from core.wellbeing import Crises

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")

is_minor = (  # of a row of ``fan``
    sa.exists()
    .where(
        minor.c.avatar_id == fan.c.avatar_id,
        minor.c.platform == fan.c.platform,
        minor.c.platform_user == fan.c.platform_user,
    )
    .correlate(fan)
    .label("minor")
)


class Wellbeing:
    """See ``core.wellbeing.Wellbeing``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def crises(self, avatar: AvatarId, year: int) -> Sequence[Crises]:
        """See ``core.wellbeing.Wellbeing``."""
        key = {"avatar": avatar, "year": f"{year:04}-%"}
        return await self._database.read(lambda connection: [Crises(*row) for row in connection.execute(_CRISES, key)])


_CRISES = (
    sa.select(crisis_count.c.month, crisis_count.c.kind, crisis_count.c.count)
    .where(crisis_count.c.avatar_id == _avatar, crisis_count.c.month.like(sa.bindparam("year")))
    .order_by(crisis_count.c.month, crisis_count.c.kind)
)


# ── minors ───────────────────────────────────────────────────────────────────────────────────────

_one, _other = fan.alias("one"), fan.alias("other")
_person = (
    sa.select(_one.c.person).where(_one.c.id == sa.bindparam("fan"), _one.c.avatar_id == _avatar).scalar_subquery()
)
_moment = sa.type_coerce(sa.bindparam("now", type_=Moment), Moment)


def _marked(insert: Any, *conditions: sa.ColumnElement[bool]) -> sa.Executable:
    """Mark the fans of this avatar for whom these hold."""
    rows = sa.select(fan.c.avatar_id, fan.c.platform, fan.c.platform_user, _moment).where(
        fan.c.avatar_id == _avatar, *conditions
    )
    columns = ["avatar_id", "platform", "platform_user", "since"]
    new: sa.Executable = insert(minor).from_select(columns, rows).on_conflict_do_nothing(index_elements=columns[:-1])
    return new


_MARK = Upsert(lambda insert: _marked(insert, sa.or_(fan.c.id == sa.bindparam("fan"), fan.c.person == _person)))

_SPREAD = Upsert(
    lambda insert: _marked(
        insert,
        fan.c.person == _person,
        sa.exists().where(
            _other.c.person == _person,
            _other.c.avatar_id == minor.c.avatar_id,
            _other.c.platform == minor.c.platform,
            _other.c.platform_user == minor.c.platform_user,
        ),
    )
)


def mark_minor(connection: sa.Connection, avatar: str, who: int, now: datetime) -> None:
    """From now on this fan is a minor, and so is the same person on other platforms."""
    connection.execute(_MARK.on(connection), {"avatar": avatar, "fan": who, "now": now})


def spread_minor(connection: sa.Connection, avatar: str, who: int, now: datetime) -> None:
    """Where one of the fans who are one person is a minor, all of them are."""
    connection.execute(_SPREAD.on(connection), {"avatar": avatar, "fan": who, "now": now})


# ── crises ───────────────────────────────────────────────────────────────────────────────────────


def _counted(insert: Any) -> sa.Executable:
    new = insert(crisis_count).values(
        avatar_id=_avatar, month=sa.bindparam("month"), kind=sa.bindparam("kind"), count=1
    )
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "month", "kind"], set_={"count": crisis_count.c.count + 1}
    )


_COUNT = Upsert(_counted)

_KEEP_PRIVATE = (
    sa.update(message)
    .where(message.c.avatar_id == _avatar, message.c.turn_id == sa.bindparam("turn"))
    .values(private=True)
)


def count_crisis(connection: sa.Connection, claim: Claim, kind: str, now: datetime) -> None:
    """Count that somebody was shown where to find help; nothing is learned about them from what they said."""
    connection.execute(_COUNT.on(connection), {"avatar": claim.avatar, "month": f"{now:%Y-%m}", "kind": kind})
    connection.execute(_KEEP_PRIVATE, {"avatar": claim.avatar, "turn": claim.turn})
