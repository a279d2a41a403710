"""Turns as they are worked: claimed, shown, stored, sent and finished.

What a claim may still write is decided by one comparison: the turn carries the generation of its newest claim, and
whoever comes with an older one finds nothing to change.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.buckets import charge_reply
from adapters.storage.claims import deliveries, delivery_columns, take
from adapters.storage.database import Database
from adapters.storage.drafts import defer
from adapters.storage.ledger import REPLY, enter
from adapters.storage.outbox import kept_actions, put
from adapters.storage.places import place_key, this_place
from adapters.storage.receipts import note_sources, used_in
from adapters.storage.rules import Rules
from adapters.storage.schema import (
    DROPPED,
    MessageState,
    Moment,
    TurnState,
    Upsert,
    conversation,
    delivery,
    fan,
    message,
    turn,
)
from adapters.storage.talks import ask
from adapters.storage.wellbeing import count_crisis
from adapters.storage.yielding import may_speak
from core.model import Claim, ConversationId, Delivery, DeliveryState, Place, Receipt, Reply


class Turns:
    """See ``core.ports.Turns``."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules

    async def claim(self, conversation: ConversationId, worker: str, *, now: datetime) -> Claim | None:
        """See ``core.ports.Turns``. A claim that a loss of power undoes is made again, so it waits for no disk."""

        def claimed(connection: sa.Connection) -> Claim | None:
            return take(connection, self._rules, conversation, worker, now)

        return await self._database.write(claimed, durable=False)

    async def store(self, claim: Claim, reply: Reply, parts: Sequence[str]) -> Sequence[Delivery]:
        """See ``core.ports.Turns``. From here on its messages count as answered: a crash only sends again."""
        return await self._database.write(lambda connection: _store(connection, self._rules, claim, reply, parts))

    async def show(self, claim: Claim, part: int, text: str) -> Delivery | None:
        """See ``core.ports.Turns``."""
        return await self._database.write(lambda connection: _show(connection, claim, part, text))

    async def record(self, receipt: Receipt) -> None:
        """See ``core.ports.Turns``. Without a receipt, the one that is known stays. For the disk, see ``finish``."""
        await self._database.write(lambda connection: _record(connection, receipt), durable=False)

    async def may_speak(self, claim: Claim, delivery: Delivery, last: Receipt | None = None) -> bool:
        """See ``core.ports.Turns``. For the disk, see ``finish``."""

        def work(connection: sa.Connection) -> bool:
            if last is not None:
                _record(connection, last)
            return may_speak(connection, claim, delivery)

        return await self._database.write(work, durable=False)

    async def finish(self, claim: Claim, last: Receipt | None = None, *, now: datetime) -> bool:
        """See ``core.ports.Turns``. False, too, when the claim is no longer held; ``last`` is recorded all the same.

        It does not wait for the disk: the next durable write carries it there, at the latest a moment later. A loss of
        power in between is like one between sending and this call: the part may be sent again at the next start.
        """
        return await self._database.write(lambda connection: _finish(connection, claim, last, now), durable=False)

    async def receipt(self, place: Place) -> Mapping[str, Any]:
        """How the newest turn of a place came out, for whoever looks after the avatar; empty before the first."""
        avatar = self._rules.avatar(place.account)
        return await self._database.read(lambda connection: _receipt(connection, avatar, place))


def _held(claim: Claim) -> dict[str, Any]:
    """The parameters of ``_still_held`` and of ``_members``."""
    return {"turn": claim.turn, "where": claim.conversation, "avatar": claim.avatar, "fence": claim.generation}


_still_held = sa.and_(
    turn.c.id == sa.bindparam("turn"),
    turn.c.avatar_id == sa.bindparam("avatar"),
    turn.c.generation == sa.bindparam("fence"),
)


# ── store ────────────────────────────────────────────────────────────────────────────────────────

_shown = sa.select(sa.func.count()).where(delivery.c.turn_id == sa.bindparam("turn")).scalar_subquery().label("shown")

_STORE = (
    sa.update(turn)
    .where(_still_held, turn.c.state == TurnState.OPEN)
    .values(
        state=TurnState.STORED,
        reply=sa.bindparam("reply"),
        remembered=sa.bindparam("remembered"),
        outcome=sa.bindparam("outcome"),
        model=sa.bindparam("model"),
        prompt_tokens=sa.bindparam("prompt"),
        completion_tokens=sa.bindparam("completion"),
        cached_tokens=sa.bindparam("cached"),
        estimated=sa.bindparam("estimated"),
        note=sa.bindparam("note"),
    )
    .returning(turn.c.claimed_at, _shown)
)

_PLANNED = (
    sa.select(*delivery_columns)
    .join(turn, turn.c.id == delivery.c.turn_id)
    .where(_still_held, turn.c.state == TurnState.STORED, delivery.c.state != DeliveryState.EXPIRED)
)

_ANSWERED = (
    sa.update(message)
    .where(
        message.c.turn_id == sa.bindparam("turn"),
        message.c.avatar_id == sa.bindparam("avatar"),
        message.c.state == MessageState.TAKEN,
    )
    .values(state=sa.bindparam("becomes"))
)

_NOT_ANSWERED = (  # read out of the turn's, and never answered
    sa.update(message)
    .where(
        message.c.turn_id == sa.bindparam("turn"),
        message.c.avatar_id == sa.bindparam("avatar"),
        message.c.state == MessageState.TAKEN,
        message.c.id.in_(sa.bindparam("which", expanding=True)),
    )
    .values(state=MessageState.REFUSED)
)

_REMEMBER = sa.insert(message)

_SURPLUS = (
    sa.update(delivery)
    .where(
        delivery.c.turn_id == sa.bindparam("turn"),
        delivery.c.avatar_id == sa.bindparam("avatar"),
        delivery.c.part >= sa.bindparam("parts"),
    )
    .values(state=DeliveryState.EXPIRED)
)

_TOLD = (
    sa.update(fan)
    .where(fan.c.id.in_(sa.bindparam("fans", expanding=True)), fan.c.avatar_id == sa.bindparam("avatar"))
    .values(disclosed_at=sa.bindparam("moment"))
)


def _outdated(final: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """A part is visible with another text than its final one."""
    return sa.and_(delivery.c.state == DeliveryState.SENT, delivery.c.text != final)


def _plan(insert: Any) -> sa.Executable:
    """A part that was shown keeps its receipt, and owes the fan its final text."""
    new = insert(delivery)
    return (  # type: ignore[no-any-return]
        new.on_conflict_do_update(
            index_elements=["turn_id", "part"],
            set_={
                "text": new.excluded.text,
                "actions": new.excluded.actions,
                "begun": new.excluded.begun,
                "state": sa.case((_outdated(new.excluded.text), new.excluded.state), else_=delivery.c.state),
            },
        ).returning(*delivery_columns)
    )


_PLAN = Upsert(_plan)


def _store(
    connection: sa.Connection, rules: Rules, claim: Claim, reply: Reply, parts: Sequence[str]
) -> Sequence[Delivery]:
    key = _held(claim)
    stored = connection.execute(_STORE, {**key, **_decided(reply)}).one_or_none()
    if stored is None:  # no longer held; or stored by this very claim, whose answer got lost
        return deliveries(connection.execute(_PLANNED, key))
    _settle(connection, key, reply)
    if stored.shown > len(parts):
        connection.execute(_SURPLUS, {**key, "parts": len(parts)})
    if reply.remembered:
        tokens = rules.estimate(reply.remembered)
        connection.execute(_REMEMBER, _own_words(claim, reply, tokens, stored.claimed_at))
    if reply.disclosed:
        connection.execute(_TOLD, {"fans": reply.disclosed, "avatar": claim.avatar, "moment": stored.claimed_at})
    if reply.used or reply.gap:
        note_sources(connection, claim, reply)
    _follow(connection, claim, reply, stored.claimed_at)
    if reply.usage.prompt or reply.usage.completion:
        _charge(connection, rules, claim, reply, stored.claimed_at)
    if not parts:
        return ()
    rows = [_row(claim, part, text, part == 0) for part, text in enumerate(parts)]
    rows[-1]["actions"] = kept_actions(reply.actions) or None
    return deliveries(connection.execute(_PLAN.on(connection), rows))


def _follow(connection: sa.Connection, claim: Claim, reply: Reply, now: datetime) -> None:
    """What a reply brings about elsewhere."""
    if reply.crisis:
        count_crisis(connection, claim, reply.crisis, now)
    if reply.posts:
        put(connection, claim.avatar, reply.posts, now)
    if reply.plea is not None:
        ask(connection, claim.avatar, claim.conversation, reply.plea, now)
    if reply.deferred is not None:
        defer(connection, claim, reply.deferred, now)


def _settle(connection: sa.Connection, key: dict[str, Any], reply: Reply) -> None:
    """Note what became of the turn's messages."""
    if reply.refused:
        connection.execute(_NOT_ANSWERED, {**key, "which": list(reply.refused)})
    connection.execute(_ANSWERED, {**key, "becomes": MessageState.ANSWERED})


def _charge(connection: sa.Connection, rules: Rules, claim: Claim, reply: Reply, now: datetime) -> None:
    """Enter what the model was used for, and charge the limits with it."""
    usage = reply.usage
    used = {"tokens": usage.prompt + usage.completion, "money": rules.prices.of(usage)}
    charge_reply(connection, rules.limits, claim, used, now)
    enter(connection, rules.prices, claim.avatar, purpose=REPLY, model=reply.model, usage=usage, now=now)


def _row(claim: Claim, part: int, text: str, begun: bool) -> dict[str, Any]:  # noqa: FBT001 - as the column
    """A part as it is first noted; where it is known already, it keeps its key."""
    return {
        "avatar_id": claim.avatar,
        "turn_id": claim.turn,
        "part": part,
        "text": text,
        "state": DeliveryState.PENDING,
        "idempotency_key": secrets.token_urlsafe(12),
        "actions": None,
        "begun": begun,
    }


def _decided(reply: Reply) -> dict[str, Any]:
    return {
        "reply": reply.text,
        "remembered": reply.remembered,
        "outcome": reply.outcome,
        "model": reply.model,
        "prompt": reply.usage.prompt,
        "completion": reply.usage.completion,
        "cached": reply.usage.cached,
        "estimated": reply.usage.estimated,
        "note": dict(reply.note),
    }


def _own_words(claim: Claim, reply: Reply, tokens: int, moment: datetime) -> dict[str, Any]:
    """The row by which the avatar remembers what it said."""
    return {
        "avatar_id": claim.avatar,
        "conversation_id": claim.conversation,
        "text": reply.remembered,
        "command": "",
        "argument": "",
        "attachment": "",
        "language": "",
        "sent_at": moment,
        "received_at": moment,
        "state": MessageState.ANSWERED,
        "turn_id": claim.turn,
        "tokens": tokens,
        "speaker": claim.post.by if claim.post else "",
    }


# ── show and record ──────────────────────────────────────────────────────────────────────────────

_STILL_OPEN = sa.select(turn.c.id).where(_still_held, turn.c.state == TurnState.OPEN).with_for_update()


def _grow(insert: Any) -> sa.Executable:
    new = insert(delivery)
    # not visible with this text until recorded so
    grown = {name: new.excluded[name] for name in ("text", "state", "begun")}
    return (  # type: ignore[no-any-return]
        new.on_conflict_do_update(index_elements=["turn_id", "part"], set_=grown).returning(*delivery_columns)
    )


_GROW = Upsert(_grow)

_RECORD = (
    sa.update(delivery)
    .where(delivery.c.id == sa.bindparam("which"))
    .values(
        state=sa.bindparam("new_state"),
        begun=False,
        receipt=sa.func.coalesce(sa.bindparam("new_receipt", type_=sa.Text), delivery.c.receipt),
        attempts=delivery.c.attempts + 1,
    )
)


def _record(connection: sa.Connection, receipt: Receipt) -> None:
    values = {"which": receipt.delivery, "new_state": receipt.state, "new_receipt": receipt.receipt}
    connection.execute(_RECORD, values)


def _show(connection: sa.Connection, claim: Claim, part: int, text: str) -> Delivery | None:
    if connection.execute(_STILL_OPEN, _held(claim)).one_or_none() is None:
        return None
    (shown,) = deliveries(connection.execute(_GROW.on(connection), _row(claim, part, text, begun=True)))
    return shown


# ── finish ───────────────────────────────────────────────────────────────────────────────────────

_LET_GO = (
    sa.update(conversation)
    .where(
        conversation.c.id == sa.bindparam("where"),
        conversation.c.avatar_id == sa.bindparam("avatar"),
        conversation.c.generation == sa.bindparam("fence"),
        conversation.c.worker.is_not(None),
    )
    .values(worker=None, lease_until=None)
    .returning(conversation.c.due_at)
)

_FREE_AND_DUE = sa.select(conversation.c.id).where(  # it was taken from this claim, and not for another worker
    conversation.c.id == sa.bindparam("where"),
    conversation.c.avatar_id == sa.bindparam("avatar"),
    conversation.c.generation != sa.bindparam("fence"),
    conversation.c.worker.is_(None),
    conversation.c.due_at.is_not(None),
)

_DONE = (
    sa.update(turn)
    .where(_still_held, turn.c.state != TurnState.DONE)
    .values(
        state=TurnState.DONE,
        outcome=sa.func.coalesce(turn.c.outcome, DROPPED),
        finished_at=sa.bindparam("now", type_=Moment),
    )
    .returning(turn.c.outcome)
)


def _finish(connection: sa.Connection, claim: Claim, last: Receipt | None, now: datetime) -> bool:
    if last is not None:
        _record(connection, last)
    key = _held(claim)
    freed = connection.execute(_LET_GO, key).one_or_none()
    if freed is None:
        return connection.execute(_FREE_AND_DUE, key).one_or_none() is not None
    if connection.execute(_DONE, {**key, "now": now}).scalar_one_or_none() == DROPPED:
        connection.execute(_ANSWERED, {**key, "becomes": MessageState.DROPPED})
    return freed.due_at is not None


# ── receipt ──────────────────────────────────────────────────────────────────────────────────────

_RECEIPT = (
    sa.select(turn)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(this_place)
    .order_by(turn.c.id.desc())
    .limit(1)
)


def _receipt(connection: sa.Connection, avatar: str, place: Place) -> Mapping[str, Any]:
    row = connection.execute(_RECEIPT, place_key(avatar, place)).one_or_none()
    if row is None:
        return {}
    used = used_in(connection, avatar, row.id)
    return {
        "turn": row.id,
        "reply": row.reply,
        "remembered": row.remembered,
        "outcome": row.outcome,
        "model": row.model,
        "usage": {
            "prompt": row.prompt_tokens,
            "completion": row.completion_tokens,
            "cached": row.cached_tokens,
            "estimated": row.estimated,
        },
        "note": row.note,
        "sources": [{"title": one.title, "url": one.url, "cited": one.cited} for one in used if one.kind == "passage"],
        "used": [asdict(one) for one in used],
    }
