"""Fans who are one person on several platforms, as they have shown by a code."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.storage.allowances import Bucket, Key
from adapters.storage.buckets import held, keep
from adapters.storage.database import Database
from adapters.storage.remembered import link_code
from adapters.storage.schema import Moment, Upsert, fan
from adapters.storage.wellbeing import spread_minor
from core.limits import Rate, spend
from core.model import AvatarId, FanId

CODE_LASTS = timedelta(minutes=10)
TRIES = Rate(5, timedelta(hours=1))  # of one fan, to enter a code
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that can be taken for something else
_LENGTH = 10  # characters: too many to be tried out, or to be found from the digest while the code lasts
_TRYING = "link"  # the name of the bucket

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")


class Links:
    """See ``core.memories.Links``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def code(self, avatar: AvatarId, fan: FanId, *, now: datetime) -> str | None:
        """See ``core.memories.Links``. For ten minutes; kept as a digest."""
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        key = {"avatar": avatar, "fan": fan, "digest": _digest(avatar, code), "now": now}
        made = await self._database.write(lambda connection: _offer(connection, key, now + CODE_LASTS))
        return f"{code[:5]}-{code[5:]}" if made else None

    async def redeem(self, avatar: AvatarId, fan: FanId, code: str, *, now: datetime) -> bool:
        """See ``core.memories.Links``. Five tries at once, then one each twelve minutes."""
        key = {"avatar": avatar, "fan": fan, "digest": _digest(avatar, code), "now": now}
        return await self._database.write(lambda connection: _redeem(connection, key))

    async def unlink(self, avatar: AvatarId, fan: FanId) -> bool:
        """See ``core.memories.Links``."""
        key = {"avatar": avatar, "fan": fan}
        return await self._database.write(lambda connection: bool(connection.execute(_UNLINK, key).rowcount))

    async def linked(self, avatar: AvatarId, fan: FanId) -> Sequence[FanId]:
        """See ``core.memories.Links``."""
        key = {"avatar": avatar, "fan": fan}
        return await self._database.read(lambda connection: [FanId(row.id) for row in connection.execute(_LINKED, key)])


_LOCK = sa.select(fan.c.id).where(fan.c.id == _fan, fan.c.avatar_id == _avatar).with_for_update(key_share=True)

_EXPIRED = sa.delete(link_code).where(
    link_code.c.avatar_id == _avatar, link_code.c.expires_at <= sa.bindparam("now", type_=Moment)
)


def _offer_code(insert: Any) -> sa.Executable:
    new = insert(link_code)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["fan_id"], set_={"digest": new.excluded.digest, "expires_at": new.excluded.expires_at}
    )


_OFFER = Upsert(_offer_code)

_TAKE = (
    sa.delete(link_code)
    .where(
        link_code.c.avatar_id == _avatar,
        link_code.c.digest == sa.bindparam("digest"),
        link_code.c.fan_id != _fan,
        link_code.c.expires_at > sa.bindparam("now", type_=Moment),
    )
    .returning(link_code.c.fan_id)
)

_NAME = (
    sa.update(fan)
    .where(fan.c.id == sa.bindparam("other"), fan.c.avatar_id == _avatar)
    .values(person=sa.func.coalesce(fan.c.person, sa.bindparam("new", type_=sa.Text)))
    .returning(fan.c.person)
)

_JOIN = sa.update(fan).where(fan.c.id == _fan, fan.c.avatar_id == _avatar).values(person=sa.bindparam("joined"))

_UNLINK = (
    sa.update(fan).where(fan.c.id == _fan, fan.c.avatar_id == _avatar, fan.c.person.is_not(None)).values(person=None)
)

_other = fan.alias("other")

_LINKED = (
    sa.select(_other.c.id)
    .join(fan, sa.and_(fan.c.person == _other.c.person, fan.c.avatar_id == _other.c.avatar_id))
    .where(fan.c.id == _fan, fan.c.avatar_id == _avatar, _other.c.id != fan.c.id)
    .order_by(_other.c.id)
)


def _digest(avatar: AvatarId, code: str) -> str:
    plain = "".join(mark for mark in code.upper() if mark in _ALPHABET)
    return hashlib.sha256(f"{avatar}:{plain}".encode()).hexdigest()


def _offer(connection: sa.Connection, key: dict[str, Any], expires: datetime) -> bool:
    if connection.execute(_LOCK, key).one_or_none() is None:
        return False
    connection.execute(_EXPIRED, key)
    row = {"avatar_id": key["avatar"], "fan_id": key["fan"], "digest": key["digest"], "expires_at": expires}
    connection.execute(_OFFER.on(connection), row)
    return True


def _redeem(connection: sa.Connection, key: dict[str, Any]) -> bool:
    if connection.execute(_LOCK, key).one_or_none() is None:
        return False
    tries = Key(key["avatar"], f"fan/{key['fan']}", _TRYING)
    decision = spend(TRIES, held(connection, tries).tat, key["now"])
    if not decision.admitted:
        return False
    keep(connection, {tries: Bucket(decision.tat)})
    other = connection.execute(_TAKE, key).scalar_one_or_none()
    if other is None:
        return False
    new = {"avatar": key["avatar"], "other": other, "new": secrets.token_hex(8)}
    connection.execute(_JOIN, {**key, "joined": connection.execute(_NAME, new).scalar_one()})
    spread_minor(connection, key["avatar"], key["fan"], key["now"])
    return True
