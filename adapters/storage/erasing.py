"""Erasing messages with all that came of them, within one transaction.

The fences rise first: then neither the turn that is under way nor a lesson can bring back what is erased.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.desk import draft, post, posts_waiting
from adapters.storage.passages import in_pages
from adapters.storage.putting import hold, rise
from adapters.storage.remembered import fact, summary
from adapters.storage.schema import (
    DROPPED,
    NOT_DONE,
    PENDING_ONLY,
    MessageState,
    Moment,
    TurnState,
    conversation,
    correction,
    delivery,
    document,
    gap,
    message,
    turn,
    turn_source,
)
from core.content import CORRECTIONS
from core.model import AvatarId, DeliveryState

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_which: sa.BindParameter[Any] = sa.bindparam("which", expanding=True)


def _pages(avatar: str, ids: Collection[int]) -> Iterator[dict[str, Any]]:
    return ({"avatar": avatar, "which": page} for page in in_pages(sorted(ids)))


def ids(connection: sa.Connection, statement: sa.Executable, key: dict[str, Any]) -> list[int]:
    """The first column of what a statement gives."""
    return [row[0] for row in connection.execute(statement, key)]


# ── conversations ────────────────────────────────────────────────────────────────────────────────

_FENCE = (
    sa.update(conversation)
    .where(conversation.c.avatar_id == _avatar, conversation.c.id.in_(_which))
    .values(memory_generation=conversation.c.memory_generation + 1, learning_until=None)
)

_SUMMARIES = (
    sa.delete(summary)
    .where(summary.c.avatar_id == _avatar, summary.c.conversation_id.in_(_which))
    .returning(summary.c.conversation_id)
)

_TO_BE_SUMMED_UP = (
    sa.update(conversation)
    .where(conversation.c.avatar_id == _avatar, conversation.c.id.in_(_which))
    .values(unlearned_at=sa.func.coalesce(conversation.c.unlearned_at, sa.bindparam("now", type_=Moment)))
)


def fence(connection: sa.Connection, avatar: str, conversations: Collection[int]) -> None:
    """What is being learned from these conversations just now will not be kept."""
    for key in _pages(avatar, conversations):
        connection.execute(_FENCE, key)


def drop_summaries(connection: sa.Connection, avatar: str, conversations: Collection[int], now: datetime) -> None:
    """Drop the summaries of these conversations; they are made anew from what is left."""
    for key in _pages(avatar, conversations):
        dropped = [row.conversation_id for row in connection.execute(_SUMMARIES, key)]
        if dropped:
            connection.execute(_TO_BE_SUMMED_UP, {"avatar": avatar, "which": dropped, "now": now})


# ── turns that are under way ─────────────────────────────────────────────────────────────────────

_END = (
    sa.update(turn)
    .where(turn.c.avatar_id == _avatar, turn.c.id.in_(_which), NOT_DONE)
    .values(
        state=TurnState.DONE,
        outcome=sa.func.coalesce(turn.c.outcome, DROPPED),
        finished_at=sa.bindparam("now", type_=Moment),
    )
    .returning(turn.c.id, turn.c.conversation_id)
)

_FREE = (
    sa.update(conversation)
    .where(conversation.c.avatar_id == _avatar, conversation.c.id.in_(_which))
    .values(generation=conversation.c.generation + 1, worker=None, lease_until=None)
)

_visible = sa.exists().where(
    delivery.c.turn_id == message.c.turn_id, delivery.c.state.in_((DeliveryState.SENT, DeliveryState.AMBIGUOUS))
)

_WAIT_AGAIN = (  # what others had said in it, and saw no answer to
    sa.update(message)
    .where(
        message.c.avatar_id == _avatar,
        message.c.turn_id.in_(_which),
        message.c.fan_id.is_not(None),
        sa.or_(message.c.state == MessageState.TAKEN, sa.and_(message.c.state == MessageState.ANSWERED, ~_visible)),
    )
    .values(state=MessageState.PENDING, turn_id=None)
)

_still_waiting = sa.or_(sa.exists().where(message.c.conversation_id == conversation.c.id, PENDING_ONLY), posts_waiting)
_now = sa.bindparam("now", type_=Moment)

_WAITING = (
    sa.update(conversation)
    .where(conversation.c.avatar_id == _avatar, conversation.c.id.in_(_which))
    .values(
        waiting_since=sa.case((_still_waiting, sa.func.coalesce(conversation.c.waiting_since, _now))),
        due_at=sa.case((_still_waiting, sa.func.coalesce(conversation.c.due_at, _now))),
    )
)


def end_turns(connection: sa.Connection, avatar: str, turns: Collection[int], now: datetime) -> list[int]:
    """End those of these turns that are under way: they may not speak any more. Which they were."""
    ended: list[int] = []
    for key in _pages(avatar, turns):
        rows = connection.execute(_END, {**key, "now": now}).all()
        if rows:
            connection.execute(_FREE, {"avatar": avatar, "which": sorted({row.conversation_id for row in rows})})
        ended += [row.id for row in rows]
    return ended


# ── messages ─────────────────────────────────────────────────────────────────────────────────────

_MESSAGES = sa.delete(message).where(message.c.avatar_id == _avatar, message.c.id.in_(_which))

_REPLIES = (
    sa.delete(message)
    .where(message.c.avatar_id == _avatar, message.c.turn_id.in_(_which), message.c.fan_id.is_(None))
    .returning(message.c.id)
)

_OF_TURNS = [
    sa.delete(table).where(table.c.avatar_id == _avatar, table.c.turn_id.in_(_which))
    for table in (delivery, turn_source, gap, draft, post)
]

_CORRECTIONS = (
    sa.delete(correction)
    .where(correction.c.avatar_id == _avatar, correction.c.turn_id.in_(_which))
    .returning(correction.c.id)
)

_DOCUMENTS = sa.delete(document).where(
    document.c.avatar_id == _avatar,
    document.c.source == CORRECTIONS,
    document.c.key.in_(sa.bindparam("keys", expanding=True)),
)

_BLANK = (
    sa.update(turn)
    .where(turn.c.avatar_id == _avatar, turn.c.id.in_(_which))
    .values(reply=None, remembered=None, note=None)
)

_TURNS = sa.delete(turn).where(
    turn.c.avatar_id == _avatar, turn.c.id.in_(_which), ~sa.exists().where(message.c.turn_id == turn.c.id)
)


def erase(
    connection: sa.Connection,
    avatar: AvatarId,
    *,
    messages: Collection[int],
    turns: Collection[int],
    conversations: Collection[int],
    now: datetime,
) -> int:
    """Erase messages, and all of the turns in which they were answered but what others had said in them.

    Args:
        connection: Within a transaction.
        avatar: Whose.
        messages: Fans' messages.
        turns: The turns to which these belong.
        conversations: Those in which they are.
        now: The present.

    Returns:
        How many of the turns had a reply to be remembered.
    """
    fence(connection, avatar, conversations)
    ended = end_turns(connection, avatar, turns, now)
    for key in _pages(avatar, messages):
        connection.execute(_MESSAGES, key)
    for key in _pages(avatar, ended):
        connection.execute(_WAIT_AGAIN, key)
    replies = sum(_erase_turns(connection, avatar, key) for key in _pages(avatar, turns))
    drop_summaries(connection, avatar, conversations, now)
    for key in _pages(avatar, conversations):
        connection.execute(_WAITING, {**key, "now": now})
    return replies


def _erase_turns(connection: sa.Connection, avatar: AvatarId, key: dict[str, Any]) -> int:
    replies = len(connection.execute(_REPLIES, key).all())
    corrections = [str(row.id) for row in connection.execute(_CORRECTIONS, key)]
    if corrections:
        hold(connection, avatar)
        connection.execute(_DOCUMENTS, {"avatar": avatar, "keys": corrections})
        rise(connection, avatar)
    for statement in (*_OF_TURNS, _BLANK, _TURNS):
        connection.execute(statement, key)
    return replies


# ── facts ────────────────────────────────────────────────────────────────────────────────────────

_REPLACED = sa.select(fact.c.id).where(fact.c.avatar_id == _avatar, fact.c.replaced_by.in_(_which))

_HOLD_AGAIN = (
    sa.update(fact)
    .where(fact.c.avatar_id == _avatar, fact.c.replaced_by.in_(_which))
    .values(replaced_by=None, replaced_at=None)
)

_FACTS = sa.delete(fact).where(fact.c.avatar_id == _avatar, fact.c.id.in_(_which))


def with_history(connection: sa.Connection, avatar: str, facts: Sequence[int]) -> set[int]:
    """Facts with all that they replaced, and what that had replaced, and so on."""
    known, newest = set(facts), set(facts)
    while newest:
        found = {row.id for key in _pages(avatar, newest) for row in connection.execute(_REPLACED, key)}
        newest = found - known
        known |= newest
    return known


def erase_facts(connection: sa.Connection, avatar: str, facts: Collection[int]) -> None:
    """Erase facts; what they had replaced, and is not erased with them, holds again."""
    for key in _pages(avatar, facts):
        connection.execute(_HOLD_AGAIN, key)
    for key in _pages(avatar, facts):
        connection.execute(_FACTS, key)
