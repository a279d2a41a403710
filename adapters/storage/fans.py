"""Who a fan is to an avatar, and all that is kept of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.export import export
from adapters.storage.places import in_community, place_columns, place_key, read_place, this_place
from adapters.storage.receipts import find_turn
from adapters.storage.schema import conversation, fan, message
from adapters.storage.scopes import episode_columns, read_episodes
from core.memory import Episode
from core.model import AccountId, AvatarId, FanId, MessageId, Place
from core.moderation import Person, mentioned

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")


class Fans:
    """See ``core.memories.Fans`` and ``core.controls.Directory``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, avatar: AvatarId, account: AccountId, user: str) -> FanId | None:
        """See ``core.memories.Fans``."""
        key = {"avatar": avatar, "platform": account.partition(":")[0], "user": user}
        found = await self._database.read(lambda connection: connection.execute(_FIND, key).scalar_one_or_none())
        return None if found is None else FanId(found)

    async def said(self, avatar: AvatarId, fan: FanId, *, after: MessageId, limit: int) -> Sequence[Episode]:
        """See ``core.memories.Fans``."""
        key = {"avatar": avatar, "fan": fan, "after": after, "most": limit}
        return await self._database.read(lambda connection: read_episodes(connection.execute(_SAID, key)))

    async def export(self, avatar: AvatarId, fan: FanId) -> Mapping[str, Any]:
        """See ``core.memories.Fans``."""
        return await self._database.read(lambda connection: export(connection, avatar, fan))

    async def locate(
        self, avatar: AvatarId, account: AccountId, text: str, *, place: Place, about: str = ""
    ) -> FanId | None:
        """See ``core.controls.Directory``."""
        found = await self._database.read(
            lambda connection: (
                _named(connection, avatar, account, text.strip())
                if text.strip()
                else _author(connection, avatar, about, place)
            )
        )
        return None if found is None else FanId(found)

    async def person(self, avatar: AvatarId, fan: FanId, *, within: str = "") -> Person | None:
        """See ``core.controls.Directory``."""
        key = {"avatar": avatar, "fan": fan, "within": within}
        query = _MET if within else _PERSON
        row = await self._database.read(lambda connection: connection.execute(query, key).one_or_none())
        return None if row is None else Person(*row)

    async def dm(self, avatar: AvatarId, account: AccountId, fan: FanId) -> Place | None:
        """See ``core.controls.Directory``."""
        key = {"avatar": avatar, "account": account, "fan": fan}
        row = await self._database.read(lambda connection: connection.execute(_DM, key).one_or_none())
        return None if row is None else read_place(*row)


_FIND = sa.select(fan.c.id).where(
    fan.c.avatar_id == _avatar,
    fan.c.platform == sa.bindparam("platform"),
    fan.c.platform_user == sa.bindparam("user"),
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

# ── whom a command is about ──────────────────────────────────────────────────────────────────────

_NUMBER = re.compile(r"#(\d{1,18})", re.ASCII)
_ELSEWHERE = re.compile(r"[a-z]{1,20}:[^\s/]{1,64}", re.ASCII)  # "telegram:123"

_PERSON = sa.select(fan.c.platform, fan.c.platform_user, fan.c.name).where(fan.c.id == _fan, fan.c.avatar_id == _avatar)

_MET = _PERSON.where(
    sa.exists().where(
        message.c.fan_id == fan.c.id,
        conversation.c.id == message.c.conversation_id,
        sa.bindparam("within", type_=sa.Text) != "",
        in_community,
    )
)

_DM = (
    sa.select(*place_columns)
    .where(
        conversation.c.avatar_id == _avatar,
        conversation.c.account == sa.bindparam("account"),
        conversation.c.fan_id == _fan,
        sa.not_(conversation.c.shared),
        sa.not_(conversation.c.unreachable),
    )
    .order_by(conversation.c.id.desc())
    .limit(1)
)

_AUTHOR = (
    sa.select(message.c.fan_id)
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .where(this_place, message.c.platform_message == sa.bindparam("message"))
)

_ANSWERED_LAST = (
    sa.select(message.c.fan_id)
    .where(message.c.avatar_id == _avatar, message.c.turn_id == sa.bindparam("turn"), message.c.fan_id.is_not(None))
    .order_by(message.c.id.desc())
    .limit(1)
)


def _named(connection: sa.Connection, avatar: AvatarId, account: AccountId, text: str) -> int | None:
    if numbered := _NUMBER.fullmatch(text):
        key: dict[str, Any] = {"avatar": avatar, "fan": int(numbered[1])}
        return int(numbered[1]) if connection.execute(_PERSON, key).one_or_none() else None
    platform, _, user = text.partition(":") if _ELSEWHERE.fullmatch(text) else (account.partition(":")[0], "", text)
    key = {"avatar": avatar, "platform": platform, "user": mentioned(user)}
    found: int | None = connection.execute(_FIND, key).scalar_one_or_none()
    return found


def _author(connection: sa.Connection, avatar: AvatarId, about: str, place: Place) -> int | None:
    if not about:
        return None
    key = {**place_key(avatar, place), "message": about}
    author: int | None = connection.execute(_AUTHOR, key).scalar_one_or_none()
    if author is not None:
        return author
    row = find_turn(connection, avatar, about, place)
    answered = {"avatar": avatar, "turn": row.id} if row is not None else None
    return connection.execute(_ANSWERED_LAST, answered).scalar_one_or_none() if answered else None
