"""Ending turns that may not speak any more, within the transaction of whoever forbids it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.desk import post
from adapters.storage.erasing import end_turns
from adapters.storage.passages import in_pages
from adapters.storage.places import in_community
from adapters.storage.schema import (
    NOT_DONE,
    PENDING_ONLY,
    MessageState,
    Moment,
    conversation,
    delivery,
    fan,
    message,
    turn,
)
from core.model import DeliveryState
from core.moderation import Person

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_which: sa.BindParameter[Any] = sa.bindparam("which", expanding=True)
_now = sa.bindparam("now", type_=Moment)

# ── which turns ──────────────────────────────────────────────────────────────────────────────────

_chat_key = conversation.c.account + "/" + conversation.c.business + "/" + conversation.c.chat + "/"

_parent_key = conversation.c.account + "/" + conversation.c.business + "/" + conversation.c.parent + "/"

_there = sa.or_(  # as core.model.Controls.keys names places
    sa.bindparam("there", type_=sa.Text) == "",
    _chat_key == sa.bindparam("there"),
    _chat_key + conversation.c.thread == sa.bindparam("there"),
    _parent_key == sa.bindparam("there"),
    conversation.c.account + "#" + conversation.c.community == sa.bindparam("there"),
)

_BUSY = (  # due counts, too: a claim that is being made holds the row, and is waited for here
    sa.select(conversation.c.id)
    .where(
        conversation.c.avatar_id == _avatar,
        sa.or_(conversation.c.lease_until.is_not(None), conversation.c.due_at.is_not(None)),
        _there,
    )
    .order_by(conversation.c.id)
    .with_for_update()
)

_LOCK_FAN = (  # whoever takes a message of theirs in holds this row
    sa.select(fan.c.id)
    .where(
        fan.c.avatar_id == _avatar,
        fan.c.platform == sa.bindparam("platform"),
        fan.c.platform_user == sa.bindparam("person"),
    )
    .with_for_update()
)

_OF_FAN = (
    sa.select(conversation.c.id)
    .where(
        conversation.c.avatar_id == _avatar,
        sa.or_(conversation.c.lease_until.is_not(None), conversation.c.due_at.is_not(None)),
        sa.exists().where(message.c.fan_id == sa.bindparam("fan"), message.c.conversation_id == conversation.c.id),
        in_community,
    )
    .order_by(conversation.c.id)
    .with_for_update()
)

_UNDER_WAY = sa.select(turn.c.id).where(  # a person's words, or a notice to a desk, go on
    turn.c.avatar_id == _avatar,
    turn.c.conversation_id.in_(_which),
    NOT_DONE,
    ~sa.exists().where(post.c.turn_id == turn.c.id),
)

_ANSWERING = _UNDER_WAY.where(
    sa.exists().where(message.c.turn_id == turn.c.id, message.c.fan_id == sa.bindparam("fan"))
)

# ── what becomes of them ─────────────────────────────────────────────────────────────────────────

_visible = sa.exists().where(  # or it may be, just now
    delivery.c.turn_id == message.c.turn_id,
    sa.or_(delivery.c.begun, delivery.c.state.in_((DeliveryState.SENT, DeliveryState.AMBIGUOUS))),
)

_unseen = sa.or_(message.c.state == MessageState.TAKEN, sa.and_(message.c.state == MessageState.ANSWERED, ~_visible))

_in_turns = sa.and_(message.c.avatar_id == _avatar, message.c.turn_id.in_(_which), message.c.fan_id.is_not(None))

_NEVER = sa.update(message).where(_in_turns, _unseen).values(state=MessageState.REFUSED)

_NEVER_OF_FAN = _NEVER.where(message.c.fan_id == sa.bindparam("fan"))

_AGAIN = sa.update(message).where(_in_turns, _unseen).values(state=MessageState.PENDING, turn_id=None)

_UNTOLD = (  # that this is an AI, if they were to be told in a reply that nobody saw
    sa.update(fan)
    .where(
        fan.c.avatar_id == _avatar,
        fan.c.id.in_(sa.select(message.c.fan_id).where(_in_turns, _unseen)),
    )
    .values(disclosed_at=None)
)

_REFUSE_WAITING = (
    sa.update(message)
    .where(
        message.c.avatar_id == _avatar,
        message.c.conversation_id.in_(_which),
        message.c.fan_id == sa.bindparam("fan"),
        PENDING_ONLY,
    )
    .values(state=MessageState.REFUSED)
)

_UNSAID = sa.delete(message).where(  # what the avatar never came to say, it does not remember saying
    message.c.avatar_id == _avatar, message.c.turn_id.in_(_which), message.c.fan_id.is_(None), ~_visible
)

_UNSENT = (
    sa.update(delivery)
    .where(
        delivery.c.avatar_id == _avatar,
        delivery.c.turn_id.in_(_which),
        delivery.c.state == DeliveryState.PENDING,
        ~delivery.c.begun,
    )
    .values(state=DeliveryState.EXPIRED)
)

_still_waiting = sa.exists().where(message.c.conversation_id == conversation.c.id, PENDING_ONLY)

_DUE = (
    sa.update(conversation)
    .where(conversation.c.avatar_id == _avatar, conversation.c.id.in_(_which))
    .values(
        waiting_since=sa.case((_still_waiting, sa.func.coalesce(conversation.c.waiting_since, _now))),
        due_at=sa.case((_still_waiting, sa.func.coalesce(conversation.c.due_at, _now))),
    )
)


def silence_place(connection: sa.Connection, avatar: str, there: str, now: datetime) -> None:
    """No turn that is under way there may speak; what it was to answer is refused."""
    held = connection.execute(_BUSY, {"avatar": avatar, "there": there}).all()
    for page in in_pages([row.id for row in held]):
        under_way = connection.execute(_UNDER_WAY, {"avatar": avatar, "which": page}).all()
        _end(connection, avatar, [row.id for row in under_way], _NEVER, now=now)


def silence_person(connection: sa.Connection, avatar: str, person: Person, community: str, now: datetime) -> None:
    """No turn that is under way in this community may answer this person; what they wrote that waits is refused."""
    whom = {"avatar": avatar, "platform": person.platform, "person": person.user}
    fan_id = connection.execute(_LOCK_FAN, whom).scalar_one_or_none()
    if fan_id is None:
        return
    key = {"avatar": avatar, "fan": fan_id}
    held = connection.execute(_OF_FAN, {**key, "within": community}).all()
    for page in in_pages([row.id for row in held]):
        here = {**key, "which": page}
        connection.execute(_REFUSE_WAITING, here)
        answering = connection.execute(_ANSWERING, here).all()
        _end(connection, avatar, [row.id for row in answering], _NEVER_OF_FAN, now=now, fan=fan_id)
        connection.execute(_DUE, {"avatar": avatar, "which": page, "now": now})


def _end(
    connection: sa.Connection,
    avatar: str,
    turns: Sequence[int],
    refuse: sa.Update,
    *,
    now: datetime,
    **whose: Any,
) -> None:
    """End turns: some of what they were to answer is refused, the rest waits again."""
    for ended in in_pages(sorted(end_turns(connection, avatar, turns, now))):
        key = {"avatar": avatar, "which": ended}
        connection.execute(_UNTOLD, key)
        connection.execute(refuse, {**key, **whose})
        for statement in (_AGAIN, _UNSAID, _UNSENT):
            connection.execute(statement, key)
