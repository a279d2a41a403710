"""What goes with a message, or with a stretch of a conversation, that is taken back: whatever was learned from it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from adapters.storage.remembered import fact, message_embedding, summary
from adapters.storage.schema import conversation

_here: dict[str, sa.BindParameter[Any]] = {"where": sa.bindparam("where"), "avatar": sa.bindparam("avatar")}

_FENCE = (
    sa.update(conversation)
    .where(conversation.c.id == _here["where"], conversation.c.avatar_id == _here["avatar"])
    .values(memory_generation=conversation.c.memory_generation + 1, learning_until=None)
)

_SUMMARY = sa.delete(summary).where(summary.c.conversation_id == _here["where"], summary.c.avatar_id == _here["avatar"])

_SUMMARY_OF_IT = _SUMMARY.where(summary.c.upto >= sa.bindparam("which"))

_from_it = sa.and_(fact.c.message_id == sa.bindparam("which"), fact.c.avatar_id == _here["avatar"])

_HOLD_AGAIN = (
    sa.update(fact)
    .where(fact.c.replaced_by.in_(sa.select(fact.c.id).where(_from_it)), fact.c.avatar_id == _here["avatar"])
    .values(replaced_by=None, replaced_at=None)
)

_FACTS = sa.delete(fact).where(_from_it)

_VECTORS = sa.delete(message_embedding).where(
    message_embedding.c.message_id == sa.bindparam("which"), message_embedding.c.avatar_id == _here["avatar"]
)


def unlearn_message(connection: sa.Connection, avatar: str, where: int, which: int) -> None:
    """Drop what was learned from a message, because it was taken back or says something else now.

    What a fact from it had replaced holds again. The summary is made anew from what is left, if it can hold it.
    """
    key: dict[str, Any] = {"avatar": avatar, "where": where, "which": which}
    for statement in (_FENCE, _HOLD_AGAIN, _FACTS, _VECTORS, _SUMMARY_OF_IT):
        connection.execute(statement, key)


def begin_afresh(connection: sa.Connection, avatar: str, where: int) -> None:
    """Drop the summary of a conversation that was let go of, and whatever is being learned from it just now."""
    for statement in (_FENCE, _SUMMARY):
        connection.execute(statement, {"avatar": avatar, "where": where})
