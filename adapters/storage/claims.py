"""Claiming a conversation: who may work on it, what its turn has to answer, and what was said before.

The claim is rebuilt from the rows in every case, so a turn that was left open by a crash is the same turn again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapters.storage.allowances import DAY, MINUTE, Settlement, Waiting, lifts_at, settle
from adapters.storage.remembered import fact
from adapters.storage.rules import Rules
from adapters.storage.schema import (
    DROPPED,
    NOT_DONE,
    PENDING_ONLY,
    AnyRow,
    MessageState,
    Moment,
    TurnState,
    Upsert,
    allowance,
    conversation,
    delivery,
    fan,
    message,
    turn,
)
from adapters.storage.window import recall
from core.model import (
    AccountId,
    AvatarId,
    Claim,
    ConversationId,
    Delivery,
    DeliveryId,
    DeliveryState,
    FanId,
    MessageId,
    Pending,
    Place,
    Refusal,
    TurnId,
)

_now = sa.bindparam("now", type_=Moment)
_here = sa.and_(
    message.c.conversation_id == sa.bindparam("where"),
    message.c.avatar_id == sa.bindparam("avatar"),
)


class _Held(NamedTuple):
    """A conversation that is now ours."""

    id: int
    avatar: str
    account: str
    chat: str
    thread: str
    business: str
    shared: bool
    community: str
    generation: int
    window_start: int

    @property
    def key(self) -> dict[str, Any]:
        """The parameters of ``_here``."""
        return {"where": self.id, "avatar": self.avatar}


class _Turn(NamedTuple):
    id: int
    reply: str | None
    state: str


def take(connection: sa.Connection, rules: Rules, where: ConversationId, worker: str, now: datetime) -> Claim | None:
    """See ``core.ports.Turns.claim``."""
    lease = {"where": where, "by": worker, "now": now, "until": now + rules.lease}
    row = connection.execute(_HOLD, lease).one_or_none()
    if row is None:
        return None
    held = _Held(*row)
    left = connection.execute(_RESUME, {**held.key, "fence": held.generation, "now": now}).one_or_none()
    claim = (
        _begin(connection, rules, held, now) if left is None else _resume(connection, rules, held, _Turn(*left), now)
    )
    if claim is None:
        connection.execute(_CLOSE, {**held.key, "now": now})
        connection.execute(_LET_GO, held.key)
    return claim


def _begin(connection: sa.Connection, rules: Rules, held: _Held, now: datetime) -> Claim | None:
    """A new turn, if anything waits that is to be answered or refused with a word."""
    waiting = connection.execute(_WAITING, held.key).all()
    settled = settle([Waiting(*row[:_KEPT]) for row in waiting], rules.limits, now)
    current = None
    if settled.taken or settled.told:
        begun = connection.execute(_BEGIN, {**held.key, "fence": held.generation, "now": now}).scalar_one()
        current = _Turn(begun, None, TurnState.OPEN)
    _settle(connection, held, current, settled)
    return None if current is None else _claim(connection, rules, held, current, _sort(waiting, settled))


def _resume(connection: sa.Connection, rules: Rules, held: _Held, current: _Turn, now: datetime) -> Claim | None:
    """The turn that was left, with what has arrived since if its reply is not stored yet."""
    members = connection.execute(_MEMBERS, {**held.key, "turn": current.id}).all()
    told = {
        row.id: lifts_at(Waiting(*row[:_KEPT]), rules.limits, now)
        for row in members
        if row.state == MessageState.REFUSED
    }
    pending, refusals = _sort(members, Settlement(told=told))
    if current.state == TurnState.OPEN:
        waiting = connection.execute(_WAITING, held.key).all()
        settled = settle([Waiting(*row[:_KEPT]) for row in waiting], rules.limits, now)
        _settle(connection, held, current, settled)
        more_pending, more_refusals = _sort(waiting, settled)
        pending, refusals = pending + more_pending, refusals + more_refusals
        if not (pending or refusals):  # the fan has taken everything back
            return None
    else:
        connection.execute(_STILL_DUE, {**held.key, "now": now})
    shown = deliveries(connection.execute(_DELIVERIES, {**held.key, "turn": current.id}).all())
    return replace(_claim(connection, rules, held, current, (pending, refusals)), deliveries=shown)


# ── holding ──────────────────────────────────────────────────────────────────────────────────────

_HOLD = (
    sa.update(conversation)
    .where(
        conversation.c.id == sa.bindparam("where"),
        sa.or_(
            sa.and_(conversation.c.lease_until.is_(None), conversation.c.due_at <= _now),
            conversation.c.lease_until <= _now,
            conversation.c.worker == sa.bindparam("by"),
        ),
    )
    .values(
        generation=conversation.c.generation + sa.case((conversation.c.worker == sa.bindparam("by"), 0), else_=1),
        worker=sa.bindparam("by"),
        lease_until=sa.bindparam("until"),
        waiting_since=None,
        due_at=None,
    )
    .returning(
        conversation.c.id,
        conversation.c.avatar_id,
        conversation.c.account,
        conversation.c.chat,
        conversation.c.thread,
        conversation.c.business,
        conversation.c.shared,
        conversation.c.community,
        conversation.c.generation,
        conversation.c.window_start,
    )
)

_this_turn = sa.and_(
    turn.c.conversation_id == sa.bindparam("where"), turn.c.avatar_id == sa.bindparam("avatar"), NOT_DONE
)

_RESUME = (
    sa.update(turn)
    .where(_this_turn)
    .values(generation=sa.bindparam("fence"), claimed_at=_now)
    .returning(turn.c.id, turn.c.reply, turn.c.state)
)

_STILL_DUE = (  # what waits is not for a turn whose reply is stored: it is for the next one
    sa.update(conversation)
    .where(
        conversation.c.id == sa.bindparam("where"),
        conversation.c.avatar_id == sa.bindparam("avatar"),
        sa.exists().where(message.c.conversation_id == conversation.c.id, PENDING_ONLY),
    )
    .values(waiting_since=_now, due_at=_now)
)

_CLOSE = sa.update(turn).where(_this_turn).values(state=TurnState.DONE, outcome=DROPPED, finished_at=_now)

_LET_GO = (
    sa.update(conversation)
    .where(conversation.c.id == sa.bindparam("where"), conversation.c.avatar_id == sa.bindparam("avatar"))
    .values(worker=None, lease_until=None)
)

# ── gathering what waits ─────────────────────────────────────────────────────────────────────────

_minute, _day = allowance.alias("minute"), allowance.alias("day")


def _kept_of_fan(name: str, kept: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(
        kept.c.fan_id == message.c.fan_id,
        kept.c.avatar_id == message.c.avatar_id,
        kept.c.name == sa.literal_column(f"'{name}'"),
    )


_waiting_columns = (  # as in ``Waiting``
    message.c.id,
    message.c.fan_id,
    message.c.command,
    _minute.c.tat,
    _minute.c.noticed_until,
    _day.c.tat,
    _day.c.noticed_until,
)

_with_allowances = message.outerjoin(_minute, _kept_of_fan(MINUTE, _minute)).outerjoin(_day, _kept_of_fan(DAY, _day))

_KEPT = len(Waiting._fields)

_remembered = sa.or_(
    fan.c.person.is_not(None), sa.exists().where(fact.c.fan_id == fan.c.id, fact.c.avatar_id == fan.c.avatar_id)
).label("remembered")

_messages = (
    sa.select(
        *_waiting_columns,
        message.c.platform_message,
        fan.c.name,
        message.c.text,
        message.c.sent_at,
        message.c.argument,
        message.c.attachment,
        message.c.language,
        message.c.tokens,
        fan.c.disclosed_at,
        _remembered,
        message.c.state,
    )
    .select_from(_with_allowances.join(fan, fan.c.id == message.c.fan_id))
    .where(_here)
    .order_by(message.c.id)
)

_WAITING = _messages.where(PENDING_ONLY)

_MEMBERS = _messages.where(
    message.c.turn_id == sa.bindparam("turn"),
    message.c.state.in_((MessageState.TAKEN, MessageState.ANSWERED, MessageState.REFUSED)),
)

_BEGIN = (
    sa.insert(turn)
    .values(
        avatar_id=sa.bindparam("avatar"),
        conversation_id=sa.bindparam("where"),
        generation=sa.bindparam("fence"),
        state=TurnState.OPEN,
        created_at=sa.bindparam("now"),
        claimed_at=sa.bindparam("now"),
    )
    .returning(turn.c.id)
)

_REFUSE = (
    sa.update(message)
    .where(_here, message.c.id.in_(sa.bindparam("which", expanding=True)))
    .values(state=MessageState.REFUSED, turn_id=sa.bindparam("turn"))
)

_TAKE = sa.update(message).where(_here, PENDING_ONLY).values(state=MessageState.TAKEN, turn_id=sa.bindparam("turn"))


def _keep_allowance(insert: Any) -> sa.Executable:
    new = insert(allowance)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["avatar_id", "fan_id", "name"],
        set_={"tat": new.excluded.tat, "noticed_until": new.excluded.noticed_until},
    )


_KEEP_ALLOWANCE = Upsert(_keep_allowance)


def _settle(connection: sa.Connection, held: _Held, current: _Turn | None, settled: Settlement) -> None:
    """Write down what became of the messages that waited."""
    if settled.told:
        assert current is not None
        connection.execute(_REFUSE, {**held.key, "which": list(settled.told), "turn": current.id})
    if settled.silent:
        connection.execute(_REFUSE, {**held.key, "which": settled.silent, "turn": None})
    if settled.taken:
        assert current is not None
        connection.execute(_TAKE, {**held.key, "turn": current.id})
    _keep(connection, held.avatar, settled)


def _sort(rows: Sequence[AnyRow], settled: Settlement) -> tuple[tuple[Pending, ...], tuple[Refusal, ...]]:
    """What is to be answered, and who is to be told of a limit."""
    refused = {*settled.told, *settled.silent}
    pending = tuple(_pending(row) for row in rows if row.id not in refused)
    refusals = tuple(_refusal(row, settled.told[row.id]) for row in rows if row.id in settled.told)
    return pending, refusals


def _keep(connection: sa.Connection, avatar: str, settled: Settlement) -> None:
    rows = [
        {"avatar_id": avatar, "fan_id": fan_id, "name": name, "tat": kept.tat, "noticed_until": kept.noticed_until}
        for (fan_id, name), kept in sorted(settled.spent.items())  # in one order, so that no two claims wait in a ring
    ]
    if rows:
        connection.execute(_KEEP_ALLOWANCE.on(connection), rows)


# ── rebuilding the claim ─────────────────────────────────────────────────────────────────────────

delivery_columns = (  # as ``deliveries`` reads them
    delivery.c.id,
    delivery.c.part,
    delivery.c.text,
    delivery.c.idempotency_key,
    delivery.c.state,
    delivery.c.receipt,
)

_DELIVERIES = (
    sa.select(*delivery_columns)
    .where(
        delivery.c.turn_id == sa.bindparam("turn"),
        delivery.c.avatar_id == sa.bindparam("avatar"),
    )
    .order_by(delivery.c.part)
)


def _claim(
    connection: sa.Connection,
    rules: Rules,
    held: _Held,
    current: _Turn,
    waiting: tuple[tuple[Pending, ...], tuple[Refusal, ...]],
) -> Claim:
    pending, refusals = waiting
    window = recall(connection, held.key, current.id, held.window_start, rules.window)
    return Claim(
        turn=TurnId(current.id),
        conversation=ConversationId(held.id),
        avatar=AvatarId(held.avatar),
        place=Place(AccountId(held.account), held.chat, held.thread, held.business, held.shared, held.community),
        generation=held.generation,
        pending=pending,
        refusals=refusals,
        window=window,
        trimmed=held.window_start > 0,
        reply=current.reply,
    )


def _pending(row: AnyRow) -> Pending:
    return Pending(
        id=MessageId(row.id),
        message=row.platform_message,
        fan=FanId(row.fan_id),
        name=row.name,
        text=row.text,
        sent_at=row.sent_at,
        command=row.command,
        argument=row.argument,
        attachment=row.attachment,
        language=row.language,
        tokens=row.tokens,
        disclosed_at=row.disclosed_at,
        remembered=bool(row.remembered),
    )


def _refusal(row: AnyRow, lifts: datetime) -> Refusal:
    return Refusal(
        fan=FanId(row.fan_id),
        name=row.name,
        message=row.platform_message,
        lifts_at=lifts,
        language=row.language,
    )


def deliveries(rows: Iterable[AnyRow]) -> tuple[Delivery, ...]:
    """Deliveries from rows of ``delivery_columns``, in the order of their parts."""
    found = (
        Delivery(DeliveryId(known), part, text, key, DeliveryState(state), receipt)
        for known, part, text, key, state, receipt in rows
    )
    return tuple(sorted(found, key=lambda one: one.part))
