"""What a fan sees and changes of what is remembered of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.erasing import erase_facts, fence, ids, with_history
from adapters.storage.places import place_key, this_place
from adapters.storage.remembered import fact
from adapters.storage.schema import Moment, Upsert, conversation, fan, message
from adapters.storage.scopes import fact_columns, read_facts
from core.memory import Fact, FactId, FactKind, Scope
from core.model import AvatarId, FanId, Place

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")


class Notes:
    """See ``core.memories.Notes``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def facts(self, avatar: AvatarId, fan: FanId, *, after: FactId, limit: int) -> Sequence[Fact]:
        """See ``core.memories.Notes``."""
        key = {"avatar": avatar, "fan": fan, "after": after, "most": limit}
        return await self._database.read(lambda connection: read_facts(connection.execute(_PAGE, key)))

    async def add(
        self,
        avatar: AvatarId,
        fan: FanId,
        place: Place,
        statement: str,
        *,
        now: datetime,
        kind: FactKind = FactKind.PREFERENCE,
        scope: Scope = Scope.HERE,
    ) -> Fact | None:
        """See ``core.memories.Notes``."""
        values = {"statement": statement, "kind": kind, "subject": "", "said_at": now, "created_at": now}
        key = {**place_key(avatar, place), "shared": place.shared, "community": place.community, "now": now}
        return await self._database.write(lambda connection: _add(connection, key, fan, values, scope))

    async def correct(
        self, avatar: AvatarId, fan: FanId, fact: FactId, statement: str, *, now: datetime
    ) -> Fact | None:
        """See ``core.memories.Notes``."""
        key = {"avatar": avatar, "fan": fan, "which": fact}
        return await self._database.write(lambda connection: _correct(connection, key, statement, now))

    async def share(self, avatar: AvatarId, fan: FanId, fact: FactId, scope: Scope) -> Fact | None:
        """See ``core.memories.Notes``."""
        key = {"avatar": avatar, "fan": fan, "which": fact}
        return await self._database.write(lambda connection: _share(connection, key, scope))

    async def drop(self, avatar: AvatarId, fan: FanId, fact: FactId) -> bool:
        """See ``core.memories.Notes``."""
        key = {"avatar": avatar, "fan": fan, "which": fact}
        return await self._database.write(lambda connection: _drop(connection, key))

    async def is_open(self, avatar: AvatarId, fan: FanId) -> bool:
        """See ``core.memories.Notes``."""
        key = {"avatar": avatar, "fan": fan}
        return await self._database.read(
            lambda connection: connection.execute(_IS_OPEN, key).scalar_one_or_none() is not None
        )

    async def open(self, avatar: AvatarId, fan: FanId, *, on: bool, now: datetime) -> None:
        """See ``core.memories.Notes``."""
        key = {"avatar": avatar, "fan": fan, "now": now if on else None}
        await self._database.write(lambda connection: connection.execute(_OPEN, key) and None)


# ── facts ────────────────────────────────────────────────────────────────────────────────────────

_OWN = sa.select(fact.c.fan_id, *fact_columns).where(
    fact.c.avatar_id == _avatar, fact.c.fan_id == _fan, fact.c.replaced_at.is_(None)
)

_PAGE = _OWN.where(fact.c.id > sa.bindparam("after")).order_by(fact.c.id).limit(sa.bindparam("most"))

_ONE = _OWN.add_columns(fact.c.conversation_id, fact.c.shared, fact.c.community).where(
    fact.c.id == sa.bindparam("which")
)

_ADD = sa.insert(fact).returning(fact.c.fan_id, *fact_columns)

_REPLACE = (
    sa.update(fact)
    .where(fact.c.id == sa.bindparam("which"), fact.c.avatar_id == _avatar, fact.c.fan_id == _fan)
    .values(replaced_by=sa.bindparam("by"), replaced_at=sa.bindparam("now"))
)

_SHARE = (
    sa.update(fact)
    .where(fact.c.id == sa.bindparam("which"), fact.c.avatar_id == _avatar, fact.c.fan_id == _fan)
    .values(scope=sa.bindparam("wider"))
)

_FAN = sa.select(fan.c.id).where(fan.c.id == _fan, fan.c.avatar_id == _avatar).with_for_update(key_share=True)

_LEARNING = sa.select(conversation.c.id).where(
    conversation.c.avatar_id == _avatar,
    conversation.c.learning_until.is_not(None),
    sa.exists().where(message.c.fan_id == _fan, message.c.conversation_id == conversation.c.id),
)

_WHERE = sa.select(conversation.c.id).where(this_place)

_ENTER = Upsert(
    lambda insert: insert(conversation).on_conflict_do_nothing(
        index_elements=["avatar_id", "account", "chat", "thread", "business"]
    )
)


def enter(connection: sa.Connection, place: Mapping[str, Any]) -> int:
    """The conversation of a place, which a command may be the first to speak of."""
    row = {name: place[name] for name in ("account", "chat", "thread", "business", "shared", "community")}
    connection.execute(
        _ENTER.on(connection), {"avatar_id": place["avatar"], **row, "generation": 0, "created_at": place["now"]}
    )
    return int(connection.execute(_WHERE, place).scalar_one())


def _add(
    connection: sa.Connection, place: Mapping[str, Any], who: FanId, values: Mapping[str, Any], scope: Scope
) -> Fact | None:
    if connection.execute(_FAN, {"avatar": place["avatar"], "fan": who}).one_or_none() is None:
        return None
    row = {
        **values,
        "avatar_id": place["avatar"],
        "fan_id": who,
        "conversation_id": enter(connection, place),
        "shared": place["shared"],
        "community": place["community"],
        "scope": _possible(scope, shared=place["shared"], community=place["community"]),
        "confidence": 1.0,
    }
    return read_facts(connection.execute(_ADD, row))[0]


def _possible(scope: Scope, *, shared: bool, community: str) -> Scope:
    return Scope.HERE if scope == Scope.COMMUNITY and not (shared and community) else scope


def _correct(connection: sa.Connection, key: dict[str, Any], statement: str, now: datetime) -> Fact | None:
    known = connection.execute(_ONE, key).one_or_none()
    if known is None:
        return None
    _let_nothing_be_learned(connection, key)
    row = {
        "avatar_id": key["avatar"],
        "fan_id": key["fan"],
        "conversation_id": known.conversation_id,
        "shared": known.shared,
        "community": known.community,
        "scope": known.scope,
        "kind": known.kind,
        "subject": known.subject,
        "statement": statement,
        "confidence": 1.0,
        "said_at": now,
        "created_at": now,
    }
    (made,) = read_facts(connection.execute(_ADD, row))
    connection.execute(_REPLACE, {**key, "by": made.id, "now": now})
    return made


def _share(connection: sa.Connection, key: dict[str, Any], scope: Scope) -> Fact | None:
    known = connection.execute(_ONE, key).one_or_none()
    if known is None:
        return None
    connection.execute(_SHARE, {**key, "wider": _possible(scope, shared=known.shared, community=known.community)})
    return read_facts(connection.execute(_ONE, key))[0]


def _drop(connection: sa.Connection, key: dict[str, Any]) -> bool:
    if connection.execute(_ONE, key).one_or_none() is None:
        return False
    _let_nothing_be_learned(connection, key)
    erase_facts(connection, key["avatar"], with_history(connection, key["avatar"], [key["which"]]))
    return True


def _let_nothing_be_learned(connection: sa.Connection, key: dict[str, Any]) -> None:
    """A lesson under way rests on what was known before."""
    fence(connection, key["avatar"], ids(connection, _LEARNING, key))


# ── who may read them ────────────────────────────────────────────────────────────────────────────

_IS_OPEN = sa.select(fan.c.opened_at).where(fan.c.id == _fan, fan.c.avatar_id == _avatar)

_OPEN = (
    sa.update(fan)
    .where(fan.c.id == _fan, fan.c.avatar_id == _avatar)
    .values(opened_at=sa.bindparam("now", type_=Moment))
)
