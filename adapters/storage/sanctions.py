"""Who is not answered, and what fans were told instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.cases import keep
from adapters.storage.conduct import notice, sanction
from adapters.storage.database import Database
from adapters.storage.places import place_key, this_place
from adapters.storage.schema import MessageState, Moment, Upsert, conversation, delivery, message, turn
from adapters.storage.silencing import silence_person, silence_place
from adapters.storage.switchboard import put
from core.model import AvatarId, Claim, DeliveryState, FanId, Outcome, Place
from core.moderation import Barred, Case, Person, Sanction

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_now = sa.bindparam("now", type_=Moment)


class Sanctions:
    """See ``core.controls.Sanctions``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def impose(self, case: Case, kind: Barred) -> Case:
        """See ``core.controls.Sanctions``."""
        return await self._database.write(lambda connection: _impose(connection, case, kind))

    async def lift(self, case: Case, kinds: Collection[Barred]) -> Case | None:
        """See ``core.controls.Sanctions``."""
        key = {**_whom(case.avatar, case.person), "within": case.community, "kinds": list(kinds)}

        def work(connection: sa.Connection) -> Case | None:
            return keep(connection, case) if connection.execute(_LIFT, key).all() else None

        return await self._database.write(work)

    async def standing(self, avatar: AvatarId, whom: Person, *, now: datetime) -> Sequence[Sanction]:
        """See ``core.controls.Sanctions``."""
        key = {**_whom(avatar, whom), "now": now}
        return await self._database.read(
            lambda connection: [Sanction(*row) for row in connection.execute(_STANDING, key)]
        )

    async def silence(self, avatar: AvatarId, name: str, value: Any, *, where: str, now: datetime) -> Any:
        """See ``core.controls.Sanctions``.

        Claims that were being made meanwhile may have seen what was set before. They are waited for, and silenced, by
        the second transaction: whatever is claimed after the first has seen what is set.
        """

        def work(connection: sa.Connection) -> Any:
            before = put(connection, avatar, name, value, where=where)
            silence_place(connection, avatar, where, now)
            return before

        before = await self._database.write(work)
        await self._database.write(lambda connection: silence_place(connection, avatar, where, now))
        return before


def _whom(avatar: str, person: Person) -> dict[str, Any]:
    return {"avatar": avatar, "on": person.platform, "who": person.user}


_this_person = sa.and_(
    sanction.c.avatar_id == _avatar,
    sanction.c.platform == sa.bindparam("on"),
    sanction.c.platform_user == sa.bindparam("who"),
)


def _put(insert: Any) -> sa.Executable:
    new = insert(sanction)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "platform", "platform_user", "community", "kind"],
        set_={"until": new.excluded.until, "number": new.excluded.number},
    )


_PUT = Upsert(_put)

_LIFT = (
    sa.delete(sanction)
    .where(
        _this_person,
        sa.or_(sa.bindparam("within", type_=sa.Text) == "", sanction.c.community == sa.bindparam("within")),
        sanction.c.kind.in_(sa.bindparam("kinds", expanding=True)),
    )
    .returning(sanction.c.kind)
)

_STANDING = (
    sa.select(sanction.c.kind, sanction.c.community, sanction.c.until, sanction.c.number)
    .where(_this_person, sa.or_(sanction.c.until.is_(None), sanction.c.until > _now))
    .order_by(sanction.c.community, sanction.c.kind)
)

barred = sa.exists().where(  # for statements that take a message in
    sanction.c.avatar_id == _avatar,
    sanction.c.platform == sa.bindparam("platform"),
    sanction.c.platform_user == sa.bindparam("user"),
    sanction.c.community.in_(("", sa.bindparam("within", type_=sa.Text))),
    sa.or_(sanction.c.until.is_(None), sanction.c.until > _now),
)


def hold_against(
    connection: sa.Connection, case: Case, kind: Barred, *, community: str, number: int, until: datetime | None
) -> None:
    """Note that something holds against the person of a case, instead of what held before of its kind."""
    row = {
        "avatar_id": case.avatar,
        "platform": case.person.platform,
        "platform_user": case.person.user,
        "community": community,
        "kind": kind,
        "until": until,
        "number": number,
    }
    connection.execute(_PUT.on(connection), row)


def _impose(connection: sa.Connection, case: Case, kind: Barred) -> Case:
    kept = keep(connection, case)
    hold_against(connection, kept, kind, community=kept.community, number=kept.number, until=kept.until)
    silence_person(connection, kept.avatar, kept.person, kept.community, kept.at)
    return kept


# ── what a turn looks up ─────────────────────────────────────────────────────────────────────────

_ANSWERED = (
    sa.select(message.c.fan_id, sa.func.max(turn.c.claimed_at))
    .join(turn, turn.c.id == message.c.turn_id)
    .where(
        message.c.avatar_id == _avatar,
        message.c.conversation_id == sa.bindparam("where"),
        message.c.fan_id.in_(sa.bindparam("fans", expanding=True)),
        message.c.state == MessageState.ANSWERED,
        turn.c.outcome.in_((Outcome.ANSWERED, Outcome.FALLBACK)),
    )
    .group_by(message.c.fan_id)
)


def _tell(insert: Any) -> sa.Executable:
    new = insert(notice)
    return (  # type: ignore[no-any-return]
        new.on_conflict_do_update(
            index_elements=["avatar_id", "conversation_id", "fan_id", "name"],
            set_={"until": new.excluded.until, "turn_id": new.excluded.turn_id},
            where=sa.or_(notice.c.until <= sa.bindparam("now", type_=Moment), notice.c.turn_id == new.excluded.turn_id),
        ).returning(notice.c.name)
    )


_TELL = Upsert(_tell)


_UNDELIVERED = (
    sa.select(sa.func.count(sa.distinct(turn.c.id)))
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .join(delivery, delivery.c.turn_id == turn.c.id)
    .where(
        this_place,
        turn.c.created_at > sa.bindparam("since", type_=Moment),
        delivery.c.state == DeliveryState.FAILED,
    )
)


class Doors:
    """See ``core.controls.Doors``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answered(self, claim: Claim) -> Mapping[FanId, datetime]:
        """See ``core.controls.Doors``."""
        fans = sorted({one.fan for one in claim.pending})
        key = {"avatar": claim.avatar, "where": claim.conversation, "fans": fans}
        return await self._database.read(
            lambda connection: {FanId(who): at for who, at in connection.execute(_ANSWERED, key)}
        )

    async def may_tell(self, claim: Claim, fan: FanId | None, name: str, *, until: datetime, now: datetime) -> bool:
        """See ``core.controls.Doors``."""
        row = {
            "avatar_id": claim.avatar,
            "conversation_id": claim.conversation,
            "fan_id": fan or 0,
            "name": name,
            "until": until,
            "turn_id": claim.turn,
            "now": now,
        }
        return await self._database.write(
            lambda connection: connection.execute(_TELL.on(connection), row).one_or_none() is not None, durable=False
        )

    async def undelivered(self, avatar: AvatarId, place: Place, *, since: datetime) -> int:
        """See ``core.controls.Doors``."""
        key = {**place_key(avatar, place), "since": since}
        return await self._database.read(lambda connection: connection.execute(_UNDELIVERED, key).scalar_one())
