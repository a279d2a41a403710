"""Claiming a conversation: who may work on it, what its turn has to answer, and what was said before.

The claim is rebuilt from the rows in every case, so a turn that was left open by a crash is the same turn again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapters.storage import outbox
from adapters.storage.allowances import Settlement, Told
from adapters.storage.desk import held as hold_exists
from adapters.storage.desk import unsaid
from adapters.storage.holds import hold_of, is_open
from adapters.storage.limiting import Limiter
from adapters.storage.memberships import granted
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
    conversation,
    delivery,
    fan,
    message,
    turn,
)
from adapters.storage.steering import setting_revision
from adapters.storage.wellbeing import is_minor
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
    parent: str
    generation: int
    window_start: int
    revision: int | None  # of what was set for the avatar; None: nothing
    post: int | None  # the oldest that waits to be said here
    by_person: bool

    @property
    def key(self) -> dict[str, Any]:
        """The parameters of ``_here``."""
        return {"where": self.id, "avatar": self.avatar}

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(
            AccountId(self.account), self.chat, self.thread, self.business, self.shared, self.community, self.parent
        )


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
    if left is not None:
        claim = _resume(connection, rules, held, _Turn(*left), now)
    elif held.post is not None:
        claim = _say(connection, rules, held, held.post, now)
    elif held.by_person and not is_open(connection, held.avatar, held.id):
        claim = None
        connection.execute(_STILL_DUE, {**held.key, "now": now})
    else:
        claim = _begin(connection, rules, held, now)
    if held.post is not None:
        outbox.still_due(connection, held.key, now)
    if claim is None:
        connection.execute(_CLOSE, {**held.key, "now": now})
        connection.execute(_LET_GO, held.key)
    return claim


def _say(connection: sa.Connection, rules: Rules, held: _Held, which: int, now: datetime) -> Claim:
    """A new turn that says a post; messages wait."""
    begun = connection.execute(_BEGIN, {**held.key, "fence": held.generation, "now": now}).scalar_one()
    connection.execute(_STILL_DUE, {**held.key, "now": now})
    claim = _claim(connection, rules, held, _Turn(begun, None, TurnState.OPEN), ((), ()))
    return replace(claim, post=outbox.begin(connection, held.avatar, which, begun, claim.place))


def _begin(connection: sa.Connection, rules: Rules, held: _Held, now: datetime) -> Claim | None:
    """A new turn, if anything waits that is to be answered or refused with a word."""
    waiting = connection.execute(_WAITING, {**held.key, "now": now}).all()
    limiter = _limiter(connection, rules, held, now)
    settled = limiter.settle(waiting)
    current = None
    if settled.taken or settled.told:
        begun = connection.execute(_BEGIN, {**held.key, "fence": held.generation, "now": now}).scalar_one()
        current = _Turn(begun, None, TurnState.OPEN)
    _settle(connection, held, current, settled)
    if current is None:
        return None
    claim = _claim(connection, rules, held, current, _sort(waiting, settled, limiter))
    return limiter.noted(claim)


def _resume(connection: sa.Connection, rules: Rules, held: _Held, current: _Turn, now: datetime) -> Claim | None:
    """The turn that was left, with what has arrived since if its reply is not stored yet."""
    members = connection.execute(_MEMBERS, {**held.key, "turn": current.id, "now": now}).all()
    limiter = _limiter(connection, rules, held, now)
    told = limiter.told(row for row in members if row.state == MessageState.REFUSED)
    pending, refusals = _sort(members, Settlement(told=told), limiter)
    shown = deliveries(connection.execute(_DELIVERIES, {**held.key, "turn": current.id}).all())
    post = None if members else outbox.said_by(connection, held.avatar, current.id, held.place)
    if post is None and current.state == TurnState.OPEN:
        waiting = connection.execute(_WAITING, {**held.key, "now": now}).all()
        settled = limiter.settle(waiting)
        _settle(connection, held, current, settled)
        more_pending, more_refusals = _sort(waiting, settled, limiter)
        pending, refusals = pending + more_pending, refusals + more_refusals
        if not (pending or refusals):  # the fan has taken everything back
            return None
    else:
        connection.execute(_STILL_DUE, {**held.key, "now": now})
    claim = _claim(connection, rules, held, current, (pending, refusals))
    return limiter.noted(replace(claim, deliveries=shown, post=post))


def _limiter(connection: sa.Connection, rules: Rules, held: _Held, now: datetime) -> Limiter:
    return Limiter.at(
        connection,
        rules,
        rules.snapshots.at(connection, held.avatar, held.revision),
        avatar=held.avatar,
        conversation=held.id,
        place=held.place,
        by_person=held.by_person,
        now=now,
    )


# ── holding ──────────────────────────────────────────────────────────────────────────────────────

_itself = conversation.alias("itself")
_its_avatar = (  # see ``desk.unsaid`` for why by number
    sa.select(_itself.c.avatar_id).where(_itself.c.id == sa.bindparam("where")).scalar_subquery()
)

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
        conversation.c.parent,
        conversation.c.generation,
        conversation.c.window_start,
        sa.select(setting_revision.c.number)
        .where(setting_revision.c.avatar_id == _its_avatar)
        .scalar_subquery()
        .label("revision"),
        unsaid.label("post"),
        hold_exists.label("by_person"),
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

_remembered = sa.or_(
    fan.c.person.is_not(None), sa.exists().where(fact.c.fan_id == fan.c.id, fact.c.avatar_id == fan.c.avatar_id)
).label("remembered")

_messages = (
    sa.select(
        message.c.id,
        message.c.fan_id,
        message.c.command,
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
        fan.c.talking_since,
        is_minor,
        message.c.state,
        message.c.roles,
        granted,
    )
    .select_from(message.join(fan, fan.c.id == message.c.fan_id))
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


def _sort(
    rows: Sequence[AnyRow], settled: Settlement, limiter: Limiter
) -> tuple[tuple[Pending, ...], tuple[Refusal, ...]]:
    """What is to be answered, and who is to be told of a limit."""
    refused = {*settled.told, *settled.silent}
    pending = tuple(_pending(row, limiter.tiers(row)) for row in rows if row.id not in refused)
    refusals = tuple(_refusal(row, settled.told[row.id]) for row in rows if row.id in settled.told)
    return pending, refusals


# ── rebuilding the claim ─────────────────────────────────────────────────────────────────────────

delivery_columns = (  # as ``deliveries`` reads them
    delivery.c.id,
    delivery.c.part,
    delivery.c.text,
    delivery.c.idempotency_key,
    delivery.c.state,
    delivery.c.receipt,
    delivery.c.actions,
    delivery.c.begun,
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
        place=held.place,
        generation=held.generation,
        pending=pending,
        refusals=refusals,
        window=window,
        trimmed=held.window_start > 0,
        reply=current.reply,
        controls=rules.snapshots.at(connection, held.avatar, held.revision),
        hold=hold_of(connection, held.avatar, held.id) if held.by_person else None,
    )


def _pending(row: AnyRow, tiers: frozenset[str]) -> Pending:
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
        talking_since=row.talking_since,
        minor=bool(row.minor),
        tiers=tiers,
    )


def _refusal(row: AnyRow, told: Told) -> Refusal:
    return Refusal(
        fan=FanId(row.fan_id),
        name=row.name,
        message=row.platform_message,
        lifts_at=told.lifts_at,
        language=row.language,
        crowd=told.crowd,
    )


def deliveries(rows: Iterable[AnyRow]) -> tuple[Delivery, ...]:
    """Deliveries from rows of ``delivery_columns``, in the order of their parts."""
    found = (
        Delivery(
            DeliveryId(known), part, text, key, DeliveryState(state), receipt, outbox.read_actions(actions), bool(begun)
        )
        for known, part, text, key, state, receipt, actions, begun in rows
    )
    return tuple(sorted(found, key=lambda one: one.part))
