"""Who works on what, and what has been left lying."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.rules import Rules
from adapters.storage.schema import EPOCH, Moment, conversation, delivery, turn
from core.model import AccountId, ConversationId, DeliveryState, TurnId

_AT_ONCE = 1000  # conversations that one sweep finds; the next one finds the rest

_now = sa.bindparam("now", type_=Moment)

_DUE = (
    sa.select(conversation.c.id)
    .where(
        conversation.c.account.in_(sa.bindparam("accounts", expanding=True)),
        sa.or_(
            sa.and_(conversation.c.lease_until.is_(None), conversation.c.due_at <= _now),
            conversation.c.lease_until <= _now,
        ),
    )
    .order_by(sa.func.coalesce(conversation.c.lease_until, conversation.c.due_at), conversation.c.id)
    .limit(_AT_ONCE)
)

_RENEW = (
    sa.update(conversation)
    .where(
        conversation.c.id.in_(sa.bindparam("which", expanding=True)),
        conversation.c.worker == sa.bindparam("by"),
    )
    .values(lease_until=sa.bindparam("until"))
)

_left_lying = sa.update(conversation).values(worker=None, lease_until=EPOCH)  # a lease that ran out long ago

_RELEASE = _left_lying.where(conversation.c.lease_until.is_not(None), conversation.c.worker == sa.bindparam("by"))

_RELEASE_ALL = _left_lying.where(conversation.c.lease_until.is_not(None))

_PLACE_OF_TURN = (
    sa.update(conversation)
    .where(
        conversation.c.id
        == sa.select(turn.c.conversation_id).where(turn.c.id == sa.bindparam("turn")).scalar_subquery()
    )
    .values(unreachable=True)
)

_GIVE_UP = (
    sa.update(delivery)
    .where(delivery.c.turn_id == sa.bindparam("turn"), delivery.c.state == DeliveryState.PENDING)
    .values(state=DeliveryState.FAILED)
)


class Leases:
    """See ``core.ports.Leases``."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules

    async def due(self, accounts: Collection[AccountId], *, now: datetime) -> Sequence[ConversationId]:
        """See ``core.ports.Leases``. A thousand at most."""
        key = {"accounts": list(accounts), "now": now}
        return await self._database.read(
            lambda connection: [ConversationId(where) for where in connection.scalars(_DUE, key)]
        )

    async def renew(self, worker: str, conversations: Collection[ConversationId], *, now: datetime) -> None:
        """See ``core.ports.Leases``."""
        key = {"by": worker, "which": list(conversations), "until": now + self._rules.lease}
        await self._database.write(lambda connection: connection.execute(_RENEW, key) and None, durable=False)

    async def release(self, worker: str) -> None:
        """See ``core.ports.Leases``. What was begun is due at once."""
        await self._database.write(lambda connection: connection.execute(_RELEASE, {"by": worker}) and None)

    async def unreachable(self, turn: TurnId) -> None:
        """See ``core.ports.Leases``. Parts not sent yet are failed."""
        await self._database.write(lambda connection: _unreachable(connection, turn))


def _unreachable(connection: sa.Connection, turn: TurnId) -> None:
    connection.execute(_PLACE_OF_TURN, {"turn": turn})
    connection.execute(_GIVE_UP, {"turn": turn})


def release_all(connection: sa.Connection) -> None:
    """Let go of everything that anybody holds, where it is certain that nobody is alive to work on it."""
    connection.execute(_RELEASE_ALL)
