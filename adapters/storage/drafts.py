"""Replies that wait for leave, or for their time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.desk import draft
from adapters.storage.outbox import put
from adapters.storage.schema import AnyRow, Moment, conversation, fan
from adapters.storage.talks import read_talk, talk_columns
from core.handover import Acceptance, Draft, DraftState
from core.model import AvatarId, Claim, Deferred, Post, TurnId

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")

_AT_ONCE = 100  # drafts that one look finds; the next one finds the rest


class Drafts:
    """See ``core.handovers.Drafts``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, avatar: AvatarId) -> Sequence[Draft]:
        """See ``core.handovers.Drafts``. A hundred at most."""
        return await self._all(_WAITING, {"avatar": avatar})

    async def due(self, now: datetime) -> Sequence[Draft]:
        """See ``core.handovers.Drafts``. A hundred at most."""
        return await self._all(_DUE, {"now": now})

    async def decide(self, draft: Draft, state: DraftState, *, post: Post | None = None, now: datetime) -> bool:
        """See ``core.handovers.Drafts``."""
        return await self._database.write(lambda connection: _decide(connection, draft, state, post, now))

    async def rates(self, avatar: AvatarId) -> Sequence[Acceptance]:
        """See ``core.handovers.Drafts``."""
        return await self._database.read(
            lambda connection: [Acceptance(*row) for row in connection.execute(_RATES, {"avatar": avatar})]
        )

    async def _all(self, query: sa.Executable, key: dict[str, Any]) -> Sequence[Draft]:
        return await self._database.read(lambda connection: [_read(row) for row in connection.execute(query, key)])


# ── reading ──────────────────────────────────────────────────────────────────────────────────────

_waiting = (
    sa.select(
        draft.c.turn_id,
        draft.c.avatar_id,
        draft.c.text,
        draft.c.remembered,
        draft.c.dial,
        draft.c.created_at,
        draft.c.send_at,
        *talk_columns,
    )
    .select_from(
        draft.join(
            conversation,
            sa.and_(conversation.c.id == draft.c.conversation_id, conversation.c.avatar_id == draft.c.avatar_id),
        ).outerjoin(fan, fan.c.id == conversation.c.fan_id)
    )
    .where(draft.c.state == "waiting")
    .order_by(draft.c.turn_id)
    .limit(_AT_ONCE)
)

_WAITING = _waiting.where(draft.c.avatar_id == _avatar)

_DUE = _waiting.where(draft.c.send_at <= sa.bindparam("now", type_=Moment))


def _read(row: AnyRow) -> Draft:
    return Draft(
        TurnId(row.turn_id),
        AvatarId(row.avatar_id),
        read_talk(row),
        row.text,
        row.remembered,
        row.dial,
        row.created_at,
        row.send_at,
    )


def _count(state: DraftState) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((draft.c.state == state, 1)))


_RATES = (
    sa.select(draft.c.dial, _count("sent"), _count("edited"), _count("discarded"))
    .where(draft.c.avatar_id == _avatar)
    .group_by(draft.c.dial)
    .order_by(draft.c.dial)
)

# ── writing ──────────────────────────────────────────────────────────────────────────────────────

_DEFER = sa.insert(draft)

_DECIDE = (
    sa.update(draft)
    .where(draft.c.turn_id == sa.bindparam("turn"), draft.c.avatar_id == _avatar, draft.c.state == "waiting")
    .values(state=sa.bindparam("becomes"), decided_at=sa.bindparam("now", type_=Moment), text="", remembered="")
)


def defer(connection: sa.Connection, claim: Claim, deferred: Deferred, now: datetime) -> None:
    """Keep a reply that waits, within the transaction that stores its turn."""
    row = {
        "turn_id": claim.turn,
        "avatar_id": claim.avatar,
        "conversation_id": claim.conversation,
        "fan_id": deferred.fan,
        "text": deferred.text,
        "remembered": deferred.remembered,
        "dial": deferred.dial,
        "send_at": deferred.send_at,
        "state": "waiting",
        "created_at": now,
    }
    connection.execute(_DEFER, row)


def _decide(connection: sa.Connection, one: Draft, state: DraftState, post: Post | None, now: datetime) -> bool:
    key = {"turn": one.turn, "avatar": one.avatar, "becomes": state, "now": now}
    if not connection.execute(_DECIDE, key).rowcount:
        return False
    put(connection, one.avatar, [post] if post else [], now)
    return True
