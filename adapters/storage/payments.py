"""Every payment, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.purchases import purchase
from adapters.storage.schema import AnyRow, Moment, Upsert, fan
from core.model import AccountId, AvatarId, FanId
from core.payments import Payment, Purchase

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")

_whose = sa.and_(
    fan.c.avatar_id == purchase.c.avatar_id,
    fan.c.platform == purchase.c.platform,
    fan.c.platform_user == purchase.c.platform_user,
)

_FOUND = (
    sa.select(
        purchase.c.id,
        purchase.c.avatar_id,
        purchase.c.account,
        purchase.c.platform_user,
        fan.c.id.label("fan_id"),
        purchase.c.tier,
        purchase.c.until,
        purchase.c.charge,
        purchase.c.amount,
        purchase.c.currency,
        purchase.c.paid_at,
        purchase.c.renews,
        purchase.c.refunded_at,
    )
    .outerjoin(fan, _whose)
    .where(purchase.c.avatar_id == _avatar)
)

_ONE = _FOUND.where(purchase.c.id == sa.bindparam("which"))

_THIS = _FOUND.where(purchase.c.account == sa.bindparam("where"), purchase.c.charge == sa.bindparam("known_as"))

_OF = _FOUND.where(
    purchase.c.account == sa.bindparam("where"), purchase.c.platform_user == sa.bindparam("who")
).order_by(purchase.c.id.desc())

_UNTIL = sa.select(sa.type_coerce(sa.func.max(purchase.c.until), Moment)).where(
    purchase.c.avatar_id == _avatar,
    purchase.c.account == sa.bindparam("where"),
    purchase.c.platform_user == sa.bindparam("who"),
    purchase.c.tier == sa.bindparam("of"),
    purchase.c.refunded_at.is_(None),
)

_HAS_PAID = (
    sa.select(purchase.c.paid_at)
    .where(
        purchase.c.avatar_id == _avatar,
        purchase.c.account == sa.bindparam("where"),
        purchase.c.platform_user == sa.bindparam("who"),
    )
    .order_by(purchase.c.id.desc())
    .limit(1)
)

_MEET = Upsert(
    lambda insert: insert(fan).on_conflict_do_nothing(index_elements=["avatar_id", "platform", "platform_user"])
)

_HOLD = (  # one payment of a fan after the other
    sa.select(fan.c.id)
    .where(fan.c.avatar_id == _avatar, fan.c.platform == sa.bindparam("on"), fan.c.platform_user == sa.bindparam("who"))
    .with_for_update()
)

_ADD = Upsert(lambda insert: insert(purchase).on_conflict_do_nothing(index_elements=["account", "charge"]))

_REFUND = (
    sa.update(purchase)
    .where(
        purchase.c.avatar_id == _avatar,
        purchase.c.account == sa.bindparam("where"),
        purchase.c.charge == sa.bindparam("known_as"),
        purchase.c.refunded_at.is_(None),
    )
    .values(refunded_at=sa.bindparam("now"))
)


class Payments:
    """See ``core.payments.Books``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, avatar: AvatarId, account: AccountId, payment: Payment, *, tier: str, days: int
    ) -> tuple[Purchase | None, bool]:
        """See ``core.payments.Books``."""
        return await self._database.write(
            lambda connection: _add(connection, avatar, account, payment, tier=tier, days=days)
        )

    async def find(self, avatar: AvatarId, number: int) -> Purchase | None:
        """See ``core.payments.Books``."""
        key = {"avatar": avatar, "which": number}
        return await self._database.read(lambda connection: _read(connection.execute(_ONE, key).one_or_none()))

    async def of(self, avatar: AvatarId, account: AccountId, payer: str) -> Sequence[Purchase]:
        """See ``core.payments.Books``."""
        return await self._database.write(lambda connection: _of(connection, avatar, account, payer))

    async def refund(self, avatar: AvatarId, account: AccountId, charge: str, *, now: datetime) -> Purchase | None:
        """See ``core.payments.Books``."""
        key = {"avatar": avatar, "where": account, "known_as": charge}

        def work(connection: sa.Connection) -> Purchase | None:
            connection.execute(_REFUND, {**key, "now": now})
            return _read(connection.execute(_THIS, key).one_or_none())

        return await self._database.write(work)

    async def paid_until(self, bought: Purchase) -> datetime | None:
        """See ``core.payments.Books``."""
        key = {"avatar": bought.avatar, "where": bought.account, "who": bought.person, "of": bought.tier}
        return await self._database.read(lambda connection: _until(connection, key))


def _add(
    connection: sa.Connection, avatar: str, account: str, payment: Payment, *, tier: str, days: int
) -> tuple[Purchase | None, bool]:
    person = _person(avatar, account, payment.person)
    _meet(connection, person, name=payment.name, at=payment.paid_at)
    this = {"avatar": avatar, "where": account, "known_as": payment.charge}
    if (known := _read(connection.execute(_THIS, this).one_or_none())) is not None:
        return known, False
    before = _until(connection, {"avatar": avatar, "where": account, "who": payment.person, "of": tier})
    follows = max(before or payment.paid_at, payment.paid_at) + timedelta(days=days)
    row = {
        **person,
        "account": account,
        "tier": tier,
        "payload": payment.order.payload,
        "amount": payment.order.amount,
        "currency": payment.order.currency,
        "charge": payment.charge,
        "renews": payment.until is not None,
        "paid_at": payment.paid_at,
        "until": payment.until or follows,
    }
    connection.execute(_ADD.on(connection), row)
    added = _read(connection.execute(_THIS, this).one_or_none())
    return added, added is not None


def _meet(connection: sa.Connection, person: dict[str, Any], *, name: str, at: datetime) -> None:
    """Whoever has paid is a fan. Until the transaction ends, nothing else is done about them."""
    met = {**person, "name": name, "language": "", "first_seen": at, "last_seen": at}
    connection.execute(_MEET.on(connection), met)
    key = {"avatar": person["avatar_id"], "on": person["platform"], "who": person["platform_user"]}
    connection.execute(_HOLD, key).scalar_one()


def _person(avatar: str, account: str, user: str) -> dict[str, Any]:
    return {"avatar_id": avatar, "platform": account.partition(":")[0], "platform_user": user}


def _of(connection: sa.Connection, avatar: str, account: str, user: str) -> list[Purchase]:
    key = {"avatar": avatar, "where": account, "who": user}
    paid_at = connection.execute(_HAS_PAID, key).scalar_one_or_none()
    if paid_at is None:
        return []
    _meet(connection, _person(avatar, account, user), name="", at=paid_at)
    return [found for row in connection.execute(_OF, key) if (found := _read(row)) is not None]


def _until(connection: sa.Connection, key: dict[str, Any]) -> datetime | None:
    found: datetime | None = connection.execute(_UNTIL, key).scalar_one_or_none()
    return found


def _read(row: AnyRow | None) -> Purchase | None:
    if row is None:
        return None
    number, avatar, account, person, who, *rest = row
    fan_id = None if who is None else FanId(who)
    return Purchase(number, AvatarId(avatar), AccountId(account), person, fan_id, *rest)
