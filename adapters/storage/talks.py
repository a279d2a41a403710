"""Conversations, as those at the desk look for them, and which of them wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.desk import draft, plea, post
from adapters.storage.places import place_key, this_place
from adapters.storage.schema import AnyRow, Upsert, conversation, delivery, fan, message
from core.handover import Talk, Waiting
from core.model import AccountId, AvatarId, ConversationId, FanId, Place, Plea

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_where: sa.BindParameter[Any] = sa.bindparam("where")


class Talks:
    """See ``core.handovers.Talks``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_fan(self, avatar: AvatarId, fan: FanId) -> Talk | None:
        """See ``core.handovers.Talks``."""
        return await self._one(_OF_FAN, {"avatar": avatar, "fan": fan})

    async def at(self, avatar: AvatarId, place: Place) -> Talk | None:
        """See ``core.handovers.Talks``."""
        return await self._one(_AT, place_key(avatar, place))

    async def numbered(self, avatar: AvatarId, conversation: ConversationId) -> Talk | None:
        """See ``core.handovers.Talks``."""
        return await self._one(_NUMBERED, {"avatar": avatar, "where": conversation})

    async def brought(self, avatar: AvatarId, place: Place, message: str) -> ConversationId | None:
        """See ``core.handovers.Talks``."""
        key = {**place_key(avatar, place), "message": message}
        return await self._database.read(lambda connection: connection.execute(_BROUGHT, key).scalar_one_or_none())

    async def asked(self, avatar: AvatarId, conversation: ConversationId) -> datetime | None:
        """See ``core.handovers.Talks``."""
        key = {"avatar": avatar, "where": conversation}
        return await self._database.read(lambda connection: connection.execute(_ASKED, key).scalar_one_or_none())

    async def put_off(self, avatar: AvatarId, conversation: ConversationId) -> datetime | None:
        """See ``core.handovers.Talks``."""
        key = {"avatar": avatar, "where": conversation}
        return await self._database.read(lambda connection: connection.execute(_PUT_OFF, key).scalar_one_or_none())

    async def waiting(self, avatar: AvatarId) -> Sequence[Waiting]:
        """See ``core.handovers.Talks``."""
        return await self._database.read(
            lambda connection: [
                Waiting(read_talk(row), row.reason, row.asked_at)
                for row in connection.execute(_WAITING, {"avatar": avatar})
            ]
        )

    async def dismiss(self, avatar: AvatarId, conversation: ConversationId) -> bool:
        """See ``core.handovers.Talks``."""
        key = {"avatar": avatar, "where": conversation}
        return await self._database.write(lambda connection: connection.execute(_DISMISS, key).rowcount > 0)

    async def _one(self, query: sa.Executable, key: dict[str, Any]) -> Talk | None:
        return await self._database.read(lambda connection: _found(connection, query, key))


talk_columns = (  # as ``read_talk`` reads them
    conversation.c.id.label("talk_id"),
    conversation.c.account,
    conversation.c.chat,
    conversation.c.thread,
    conversation.c.business,
    conversation.c.shared,
    conversation.c.community,
    conversation.c.fan_id.label("talk_fan"),
    fan.c.name.label("talk_name"),
)

_talks = (
    sa.select(*talk_columns)
    .select_from(conversation.outerjoin(fan, fan.c.id == conversation.c.fan_id))
    .where(conversation.c.avatar_id == _avatar)
)

_newest = (
    sa.select(sa.func.max(message.c.id))
    .where(message.c.conversation_id == conversation.c.id)
    .correlate(conversation)
    .scalar_subquery()
)

_OF_FAN = _talks.where(conversation.c.fan_id == sa.bindparam("fan")).order_by(_newest.desc()).limit(1)
_AT = _talks.where(this_place)
_NUMBERED = _talks.where(conversation.c.id == _where)


_BROUGHT = (
    sa.select(post.c.about_id)
    .join(delivery, delivery.c.turn_id == post.c.turn_id)
    .join(conversation, conversation.c.id == post.c.conversation_id)
    .where(this_place, delivery.c.receipt == sa.bindparam("message"))
    .order_by(post.c.id.desc())
    .limit(1)
)


def numbered(connection: sa.Connection, avatar: str, where: int) -> Talk | None:
    """The conversation of this number."""
    return _found(connection, _NUMBERED, {"avatar": avatar, "where": where})


def _found(connection: sa.Connection, query: sa.Executable, key: dict[str, Any]) -> Talk | None:
    row = connection.execute(query, key).one_or_none()
    return None if row is None else read_talk(row)


def read_talk(row: AnyRow) -> Talk:
    """A conversation from a row with ``talk_columns``."""
    return Talk(
        ConversationId(row.talk_id),
        Place(AccountId(row.account), row.chat, row.thread, row.business, bool(row.shared), row.community),
        None if row.talk_fan is None else FanId(row.talk_fan),
        row.talk_name or "",
    )


# ── waiting for a person ─────────────────────────────────────────────────────────────────────────

_this = sa.and_(plea.c.conversation_id == _where, plea.c.avatar_id == _avatar)

_ASKED = sa.select(plea.c.asked_at).where(_this)

_PUT_OFF = sa.select(sa.func.max(draft.c.created_at)).where(
    draft.c.conversation_id == _where, draft.c.avatar_id == _avatar
)

_WAITING = (
    _talks.add_columns(plea.c.reason, plea.c.asked_at)
    .join(plea, plea.c.conversation_id == conversation.c.id)
    .where(plea.c.waiting)
    .order_by(plea.c.asked_at)
)

_DISMISS = sa.update(plea).where(_this, plea.c.waiting).values(waiting=False)


def _ask(insert: Any) -> sa.Executable:
    new = insert(plea)
    changed = {name: new.excluded[name] for name in ("fan_id", "reason", "asked_at", "waiting")}
    return new.on_conflict_do_update(index_elements=["conversation_id"], set_=changed)  # type: ignore[no-any-return]


_ASK = Upsert(_ask)


def ask(connection: sa.Connection, avatar: str, where: int, asked: Plea, now: datetime) -> None:
    """Note that a fan asks for a person, within the transaction that stores what they are told."""
    row = {
        "conversation_id": where,
        "avatar_id": avatar,
        "fan_id": asked.fan,
        "reason": asked.reason,
        "asked_at": now,
        "waiting": True,
    }
    connection.execute(_ASK.on(connection), row)
