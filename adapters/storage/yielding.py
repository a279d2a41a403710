"""Whose turn it is to speak in a conversation, where the avatar and a person may both be about to.

Exactly one of them answers each message, because whoever comes second finds it decided. A hold that begins or ends
gives back what the turn under way was to answer, unless something of its answer is, or may be, visible. And a turn has
leave for each part that it sends: for the first from the transaction that stored the reply, for every other one anew.

Locks are taken in one order: the conversation, then its hold, then its turn.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.desk import draft, hold, post
from adapters.storage.outbox import still_due
from adapters.storage.schema import (
    DROPPED,
    NOT_DONE,
    PENDING_ONLY,
    MessageState,
    Moment,
    TurnState,
    conversation,
    delivery,
    fan,
    message,
    turn,
)
from core.model import Claim, Delivery, DeliveryState, Outcome

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_where: sa.BindParameter[Any] = sa.bindparam("where")
_turn: sa.BindParameter[Any] = sa.bindparam("turn")
_now = sa.bindparam("now", type_=Moment)

_this = sa.and_(conversation.c.id == _where, conversation.c.avatar_id == _avatar)

_LOCK = sa.select(conversation.c.id).where(_this).with_for_update()

_begun = (
    sa.exists()
    .where(
        delivery.c.turn_id == turn.c.id,
        sa.or_(delivery.c.begun, delivery.c.state.in_((DeliveryState.SENT, DeliveryState.AMBIGUOUS))),
    )
    .label("begun")
)


def lock(connection: sa.Connection, key: dict[str, Any]) -> bool:
    """Have a conversation for oneself until the transaction ends; False if there is none."""
    return connection.execute(_LOCK, key).one_or_none() is not None


# ── when a hold begins or ends ───────────────────────────────────────────────────────────────────

_UNDER_WAY = (
    sa.select(turn.c.id, turn.c.state, _begun)
    .where(
        turn.c.conversation_id == _where,
        turn.c.avatar_id == _avatar,
        NOT_DONE,
        ~sa.exists().where(post.c.turn_id == turn.c.id),
    )
    .with_for_update()
)


def interrupt(connection: sa.Connection, key: dict[str, Any], now: datetime) -> None:
    """End the turn under way, and have its messages wait again, unless something of its answer may be visible.

    A turn that says a post is let alone. Of a reply that is half visible the rest gets no leave any more.
    """
    current = connection.execute(_UNDER_WAY, key).one_or_none()
    if current is not None and (current.state == TurnState.OPEN or not current.begun):
        give_back(connection, key, current.id, now)
        connection.execute(_FREE, key)


_GIVE_BACK = (
    sa.update(message)
    .where(
        message.c.turn_id == _turn,
        message.c.avatar_id == _avatar,
        message.c.fan_id.is_not(None),
        message.c.state.in_((MessageState.TAKEN, MessageState.ANSWERED, MessageState.REFUSED)),
    )
    .values(state=MessageState.PENDING, turn_id=None)
    .returning(message.c.fan_id)
)

_UNSAY = sa.delete(message).where(
    message.c.turn_id == _turn, message.c.avatar_id == _avatar, message.c.fan_id.is_(None)
)

_UNTOLD = (
    sa.update(fan)
    .where(fan.c.id.in_(sa.bindparam("fans", expanding=True)), fan.c.avatar_id == _avatar)
    .values(disclosed_at=None)
)

_UNDRAFT = sa.delete(draft).where(draft.c.turn_id == _turn, draft.c.avatar_id == _avatar)

_GIVE_UP = (
    sa.update(delivery)
    .where(delivery.c.turn_id == _turn, delivery.c.avatar_id == _avatar, delivery.c.state == DeliveryState.PENDING)
    .values(state=DeliveryState.EXPIRED, begun=False)
)

_END = (
    sa.update(turn)
    .where(turn.c.id == _turn, turn.c.avatar_id == _avatar)
    .values(state=TurnState.DONE, outcome=DROPPED, finished_at=_now)
)

_FREE = (
    sa.update(conversation).where(_this).values(generation=conversation.c.generation + 1, worker=None, lease_until=None)
)

_DUE = (
    sa.update(conversation)
    .where(_this, sa.exists().where(message.c.conversation_id == conversation.c.id, PENDING_ONLY))
    .values(waiting_since=sa.func.coalesce(conversation.c.waiting_since, _now), due_at=_now)
)


def give_back(connection: sa.Connection, key: dict[str, Any], which: int, now: datetime) -> None:
    """End a turn of which nothing is visible; what it was to answer waits again."""
    this = {**key, "turn": which, "now": now}
    fans = {row.fan_id for row in connection.execute(_GIVE_BACK, this)}
    connection.execute(_UNTOLD, {"avatar": key["avatar"], "fans": sorted(fans)})
    for statement in (_UNSAY, _UNDRAFT, _GIVE_UP, _END):
        connection.execute(statement, this)
    due(connection, key, now)


def due(connection: sa.Connection, key: dict[str, Any], now: datetime) -> None:
    """Have whoever answers now look at once, if anything waits."""
    connection.execute(_DUE, {**key, "now": now})
    still_due(connection, key, now)


# ── before each part ─────────────────────────────────────────────────────────────────────────────

_STORED = (
    sa.select(turn.c.outcome, turn.c.claimed_at, _begun)
    .where(
        turn.c.id == _turn,
        turn.c.avatar_id == _avatar,
        turn.c.generation == sa.bindparam("fence"),
        turn.c.state == TurnState.STORED,
    )
    .with_for_update()
)

_HELD = sa.select(hold.c.conversation_id).where(hold.c.conversation_id == _where, hold.c.avatar_id == _avatar)

_BEGIN = (
    sa.update(delivery)
    .where(
        delivery.c.id == sa.bindparam("which"),
        delivery.c.avatar_id == _avatar,
        delivery.c.state == DeliveryState.PENDING,
    )
    .values(begun=True)
)


def may_speak(connection: sa.Connection, claim: Claim, part: Delivery) -> bool:
    """See ``core.ports.Turns.may_speak``."""
    key = {"where": claim.conversation, "avatar": claim.avatar}
    lock(connection, key)
    stored = connection.execute(_STORED, {**key, "turn": claim.turn, "fence": claim.generation}).one_or_none()
    if stored is None:
        return False
    held = connection.execute(_HELD, key).one_or_none() is not None
    if stored.outcome != Outcome.POSTED and held != (stored.outcome == Outcome.HELD):
        if stored.begun:
            connection.execute(_GIVE_UP, {**key, "turn": claim.turn})
        else:
            give_back(connection, key, claim.turn, stored.claimed_at)
            connection.execute(_FREE, key)
        return False
    return connection.execute(_BEGIN, {**key, "which": part.id}).rowcount > 0
