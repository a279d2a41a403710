"""What models were used for, by avatar, day, purpose and model; and how an avatar stands with its budgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.metering import ledger
from adapters.storage.rules import Rules
from adapters.storage.schema import Upsert
from core.budgets import BUDGETS, Entry, Prices, Spent, Standing, begins, standing
from core.model import AvatarId, Controls, Usage

REPLY = "reply"  # the purpose of what was written for fans

_COUNTED = ("calls", "prompt", "completion", "cached", "money", "estimated")


def _add(insert: Any) -> sa.Executable:
    new = insert(ledger)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "day", "purpose", "model"],
        set_={name: ledger.c[name] + new.excluded[name] for name in _COUNTED},
    )


_ADD = Upsert(_add)

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")

_ENTRIES = (
    sa.select(ledger.c.day, ledger.c.purpose, ledger.c.model, *(ledger.c[name] for name in _COUNTED))
    .where(ledger.c.avatar_id == _avatar, ledger.c.day >= sa.bindparam("since", type_=sa.Date))
    .order_by(ledger.c.day, ledger.c.purpose, ledger.c.model)
)

_of_today = ledger.c.day == sa.bindparam("today", type_=sa.Date)
_tokens = ledger.c.prompt + ledger.c.completion


def _total(amount: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(amount), 0), sa.BigInteger)


_SPENT = sa.select(
    _total(sa.case((_of_today, _tokens), else_=0)),
    _total(sa.case((_of_today, ledger.c.money), else_=0)),
    _total(_tokens),
    _total(ledger.c.money),
).where(ledger.c.avatar_id == _avatar, ledger.c.day >= sa.bindparam("since", type_=sa.Date))


def enter(
    connection: sa.Connection, prices: Prices, avatar: str, *, purpose: str, model: str, usage: Usage, now: datetime
) -> None:
    """Enter one call of a model, within a transaction that does other things, too."""
    row = {
        "avatar_id": avatar,
        "day": now.date(),
        "purpose": purpose,
        "model": model,
        "calls": 1,
        "prompt": usage.prompt,
        "completion": usage.completion,
        "cached": usage.cached,
        "money": prices.of(usage),
        "estimated": int(usage.estimated),
    }
    connection.execute(_ADD.on(connection), row)


def stands(connection: sa.Connection, avatar: str, controls: Controls, now: datetime) -> Standing:
    """How an avatar stands with its budgets; where none is set, nothing is read."""
    budgets = BUDGETS.of(controls)
    if not budgets:
        return Standing()
    key = {"avatar": avatar, "today": now.date(), "since": begins("month", now)}
    ((today, today_money, month, month_money),) = connection.execute(_SPENT, key).all()
    return standing(budgets, Spent(today, today_money), Spent(month, month_money), now)


class Ledger:
    """See ``core.meters.Ledger``."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._prices = rules.prices
        self.priced = rules.prices != Prices()

    async def charge(self, avatar: AvatarId, purpose: str, model: str, usage: Usage, *, now: datetime) -> None:
        """See ``core.meters.Ledger``."""
        await self._database.write(
            lambda connection: enter(
                connection, self._prices, avatar, purpose=purpose, model=model, usage=usage, now=now
            )
        )

    async def entries(self, avatar: AvatarId, *, since: date) -> Sequence[Entry]:
        """See ``core.meters.Ledger``."""
        key = {"avatar": avatar, "since": since}
        return await self._database.read(lambda connection: [Entry(*row) for row in connection.execute(_ENTRIES, key)])
