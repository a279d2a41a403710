"""How much of a conversation a turn is reminded of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.storage.schema import MessageState, conversation, fan, message
from core.model import MessageId, Said

_WINDOW = (
    sa.select(
        message.c.id,
        message.c.fan_id,
        sa.case((message.c.fan_id.is_(None), message.c.speaker), else_=fan.c.name),
        message.c.text,
        message.c.sent_at,
        message.c.tokens,
    )
    .select_from(message.outerjoin(fan, fan.c.id == message.c.fan_id))
    .where(
        message.c.conversation_id == sa.bindparam("where"),
        message.c.avatar_id == sa.bindparam("avatar"),
        message.c.id >= sa.bindparam("start"),
        message.c.state == sa.literal_column(f"'{MessageState.ANSWERED}'"),
        message.c.command == sa.literal_column("''"),
        message.c.turn_id.is_distinct_from(sa.bindparam("turn")),
    )
    .order_by(message.c.id)
)

_MOVE = (
    sa.update(conversation)
    .where(conversation.c.id == sa.bindparam("where"), conversation.c.avatar_id == sa.bindparam("avatar"))
    .values(window_start=sa.bindparam("start"))
)


def recall(connection: sa.Connection, where: Mapping[str, Any], turn: int, start: int, budget: int) -> tuple[Said, ...]:
    """What was said before a turn, oldest first; commands and their answers are no part of it.

    Args:
        connection: Inside the transaction that claims the turn.
        where: The conversation and its avatar, as statements name them.
        turn: The turn whose own messages are left out.
        start: The first message id that counts; moved on where the window has to be trimmed.
        budget: Tokens that all of it may take.
    """
    rows = connection.execute(_WINDOW, {**where, "turn": turn, "start": start}).all()
    said = [
        Said(MessageId(known), fan_id is not None, name, text, sent_at, tokens)
        for known, fan_id, name, text, sent_at, tokens in rows
    ]
    gone = trim([one.tokens for one in said], budget)
    if gone:
        connection.execute(_MOVE, {**where, "start": said[gone].id if gone < len(said) else said[-1].id + 1})
    return tuple(said[gone:])


def trim(tokens: Sequence[int], budget: int) -> int:
    """How many of the oldest messages to let go of.

    None while all of them fit. Once they don't, so many that at most half of the budget is in use: the window then
    grows by appending for a long time, and a model endpoint finds the beginning of each prompt in its cache.

    Args:
        tokens: Of each message, oldest first.
        budget: Tokens that all of them may take.
    """
    if sum(tokens) <= budget:
        return 0
    room, first = budget // 2, len(tokens)
    while first and tokens[first - 1] <= room:
        first -= 1
        room -= tokens[first]
    return first
