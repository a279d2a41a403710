"""The moderation log of each avatar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.conduct import case_count, moderation_case
from adapters.storage.database import Database
from adapters.storage.places import place_columns, read_place
from adapters.storage.receipts import find_turn
from adapters.storage.schema import AnyRow, Moment, Upsert, conversation, delivery, fan, message, turn
from core.model import AvatarId, FanId, Place, TurnId
from core.moderation import Case, Exchange, Person, Reported

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_now = sa.bindparam("now", type_=Moment)


class Cases:
    """See ``core.controls.Cases``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, case: Case) -> Case:
        """See ``core.controls.Cases``."""
        return await self._database.write(lambda connection: keep(connection, case))

    async def report(self, case: Case, message: str, *, place: Place, most: int, since: datetime) -> Reported:
        """See ``core.controls.Cases``."""
        return await self._database.write(
            lambda connection: _report(connection, case, message, place, most=most, since=since)
        )

    async def page(
        self, avatar: AvatarId, *, whom: Person | None = None, within: str | None = None, below: int, limit: int
    ) -> Sequence[Case]:
        """See ``core.controls.Cases``."""
        key = {
            "avatar": avatar,
            "on": None if whom is None else whom.platform,
            "who": None if whom is None else whom.user,
            "within": within,
            "below": below,
            "most": limit,
        }
        return await self._database.read(lambda connection: [_read(row) for row in connection.execute(_LIST, key)])

    async def close(self, avatar: AvatarId, number: int, *, by: str, outcome: str, now: datetime) -> Case | None:
        """See ``core.controls.Cases``."""
        key = {"avatar": avatar, "which": number, "who": by, "how": outcome, "now": now}

        def work(connection: sa.Connection) -> Case | None:
            closed = connection.execute(_CLOSE, key).one_or_none()
            return None if closed is None else _read(connection.execute(_ONE, key).all()[0])

        return await self._database.write(work)

    async def exchange(self, case: Case) -> Exchange | None:
        """See ``core.controls.Cases``."""
        if case.turn is None:
            return None
        key = {"avatar": case.avatar, "turn": case.turn, "on": case.person.platform, "who": case.person.user}
        return await self._database.read(lambda connection: _exchange(connection, key))


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────


def _count(insert: Any) -> sa.Executable:
    new = insert(case_count).values(avatar_id=sa.bindparam("avatar"), number=1)
    return (  # type: ignore[no-any-return]
        new.on_conflict_do_update(index_elements=["avatar_id"], set_={"number": case_count.c.number + 1}).returning(
            case_count.c.number
        )
    )


_COUNT = Upsert(_count)

_KEEP = sa.insert(moderation_case)


def keep(connection: sa.Connection, case: Case) -> Case:
    """Keep a case under its avatar's next number."""
    number = connection.execute(_COUNT.on(connection), {"avatar": case.avatar}).scalar_one()
    row = {
        "avatar_id": case.avatar,
        "number": number,
        "kind": case.kind,
        "platform": case.person.platform,
        "platform_user": case.person.user,
        "community": case.community,
        "by": case.by,
        "reason": case.reason,
        "at": case.at,
        "until": case.until,
        "place": case.place,
        "turn_id": case.turn,
        "closed_at": case.closed_at,
        "closed_by": case.closed_by,
        "outcome": case.outcome,
    }
    connection.execute(_KEEP, row)
    return replace(case, number=number)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────

_cases = sa.select(moderation_case, fan.c.name).select_from(
    moderation_case.outerjoin(
        fan,
        sa.and_(
            fan.c.avatar_id == moderation_case.c.avatar_id,
            fan.c.platform == moderation_case.c.platform,
            fan.c.platform_user == moderation_case.c.platform_user,
        ),
    )
)


def _if_given(name: str, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    given = sa.bindparam(name, type_=sa.Text)
    return sa.or_(given.is_(None), column == given)


_below = sa.bindparam("below", type_=sa.BigInteger)

_LIST = (
    _cases.where(
        moderation_case.c.avatar_id == _avatar,
        _if_given("on", moderation_case.c.platform),
        _if_given("who", moderation_case.c.platform_user),
        _if_given("within", moderation_case.c.community),
        sa.or_(_below == 0, moderation_case.c.number < _below),
    )
    .order_by(moderation_case.c.number.desc())
    .limit(sa.bindparam("most"))
)

_this = sa.and_(moderation_case.c.avatar_id == _avatar, moderation_case.c.number == sa.bindparam("which"))

_ONE = _cases.where(_this)

_CLOSE = (
    sa.update(moderation_case)
    .where(_this, moderation_case.c.closed_at.is_(None))
    .values(closed_at=_now, closed_by=sa.bindparam("who"), outcome=sa.bindparam("how"))
    .returning(moderation_case.c.number)
)


def _read(row: AnyRow) -> Case:
    return Case(
        AvatarId(row.avatar_id),
        row.kind,
        Person(row.platform, row.platform_user, row.name or ""),
        row.community,
        row.by,
        row.reason,
        row.at,
        row.until,
        row.place,
        turn=None if row.turn_id is None else TurnId(row.turn_id),
        number=row.number,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        outcome=row.outcome,
    )


# ── reports ──────────────────────────────────────────────────────────────────────────────────────

_REPORTS = (
    sa.select(moderation_case.c.turn_id, moderation_case.c.at, moderation_case.c.number)
    .where(
        moderation_case.c.avatar_id == _avatar,
        moderation_case.c.platform == sa.bindparam("on"),
        moderation_case.c.platform_user == sa.bindparam("who"),
        moderation_case.c.kind == "report",
    )
    .order_by(moderation_case.c.number.desc())
    .limit(200)
)

_LOCK = Upsert(  # two reports of one avatar wait for each other here
    lambda insert: (
        insert(case_count)
        .values(avatar_id=sa.bindparam("avatar"), number=0)
        .on_conflict_do_update(index_elements=["avatar_id"], set_={"number": case_count.c.number})
    )
)


def _report(
    connection: sa.Connection, case: Case, known_as: str, place: Place, *, most: int, since: datetime
) -> Reported:
    row = find_turn(connection, case.avatar, known_as, place) if known_as else None
    if row is None:
        return Reported(None, "no reply")
    connection.execute(_LOCK.on(connection), {"avatar": case.avatar})
    key = {"avatar": case.avatar, "on": case.person.platform, "who": case.person.user}
    earlier = connection.execute(_REPORTS, key).all()
    if any(one.turn_id == row.id for one in earlier):
        return Reported(None, "known")
    if sum(one.at > since for one in earlier) >= most:
        return Reported(None, "too many")
    about = replace(case, place=place.key, turn=TurnId(row.id))
    return Reported(keep(connection, about), "new")


_TURN = (
    sa.select(turn.c.reply, *place_columns)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(turn.c.id == sa.bindparam("turn"), turn.c.avatar_id == _avatar)
)

_RECEIPTS = (
    sa.select(delivery.c.receipt)
    .where(delivery.c.turn_id == sa.bindparam("turn"), delivery.c.avatar_id == _avatar, delivery.c.receipt.is_not(None))
    .order_by(delivery.c.part)
)

_ASKED = (  # the reporter's own question where they asked it, else the last one that was answered
    sa.select(message.c.text, fan.c.id, fan.c.name)
    .join(fan, fan.c.id == message.c.fan_id)
    .where(message.c.turn_id == sa.bindparam("turn"), message.c.avatar_id == _avatar, message.c.text != "")
    .order_by(
        sa.case(
            (
                sa.and_(fan.c.platform == sa.bindparam("on"), fan.c.platform_user == sa.bindparam("who")),
                0,
            ),
            else_=1,
        ),
        message.c.id.desc(),
    )
    .limit(1)
)


def _exchange(connection: sa.Connection, key: dict[str, Any]) -> Exchange | None:
    found = connection.execute(_TURN, {"turn": key["turn"], "avatar": key["avatar"]}).one_or_none()
    if found is None:
        return None
    asked = connection.execute(_ASKED, key).one_or_none()
    receipts = connection.execute(_RECEIPTS, {"turn": key["turn"], "avatar": key["avatar"]}).all()
    return Exchange(
        read_place(found.account, found.chat, found.thread, found.business, found.shared),
        asked.text if asked else "",
        found.reply or "",
        FanId(asked.id) if asked else None,
        asked.name if asked else "",
        tuple(row.receipt for row in receipts),
    )
