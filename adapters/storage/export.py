"""All that is kept of one fan, in a form that JSON can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.remembered import fact, summary
from adapters.storage.schema import AnyRow, conversation, fan, gap, message, turn_source

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")

_ABOUT = sa.select(
    fan.c.platform,
    fan.c.platform_user,
    fan.c.name,
    fan.c.language,
    fan.c.first_seen,
    fan.c.last_seen,
    fan.c.disclosed_at,
    fan.c.person.is_not(None).label("linked"),
).where(fan.c.id == _fan, fan.c.avatar_id == _avatar)

_place = (conversation.c.account, conversation.c.chat, conversation.c.thread, conversation.c.shared)

_own_turns = sa.select(message.c.turn_id).where(
    message.c.avatar_id == _avatar, message.c.fan_id == _fan, message.c.turn_id.is_not(None)
)

_MESSAGES = (
    sa.select(
        message.c.id,
        *_place,
        message.c.fan_id.is_not(None).label("by_you"),
        message.c.text,
        message.c.command,
        message.c.argument,
        message.c.attachment,
        message.c.sent_at,
        message.c.state,
    )
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .where(
        message.c.avatar_id == _avatar,
        sa.or_(message.c.fan_id == _fan, sa.and_(message.c.fan_id.is_(None), message.c.turn_id.in_(_own_turns))),
    )
    .order_by(message.c.id)
)

_FACTS = (
    sa.select(
        fact.c.id,
        fact.c.kind,
        fact.c.subject,
        fact.c.statement,
        fact.c.scope,
        fact.c.confidence,
        fact.c.said_at,
        fact.c.holds_from,
        fact.c.holds_until,
        fact.c.message_id,
        fact.c.replaced_by,
        fact.c.replaced_at,
        *_place,
    )
    .join(conversation, conversation.c.id == fact.c.conversation_id)
    .where(fact.c.avatar_id == _avatar, fact.c.fan_id == _fan)
    .order_by(fact.c.id)
)

_SUMMARIES = (  # of DMs: those of shared places hold what others said
    sa.select(*_place, summary.c.text, summary.c.made_at)
    .join(conversation, conversation.c.id == summary.c.conversation_id)
    .where(summary.c.avatar_id == _avatar, conversation.c.fan_id == _fan, sa.not_(conversation.c.shared))
    .order_by(conversation.c.id)
)

_RECEIPTS = (
    sa.select(turn_source.c.turn_id, turn_source.c.kind, turn_source.c.title, turn_source.c.url, turn_source.c.cited)
    .where(turn_source.c.avatar_id == _avatar, turn_source.c.turn_id.in_(_own_turns))
    .order_by(turn_source.c.turn_id, turn_source.c.ordinal)
)

_QUESTIONS = (
    sa.select(gap.c.question, gap.c.asked_at).where(gap.c.avatar_id == _avatar, gap.c.fan_id == _fan).order_by(gap.c.id)
)


def export(connection: sa.Connection, avatar: str, who: int) -> Mapping[str, Any]:
    """All that is kept of a fan; moments are in ISO 8601, in UTC. Empty if there is no such fan of this avatar."""
    key = {"avatar": avatar, "fan": who}
    about = connection.execute(_ABOUT, key).one_or_none()
    if about is None:
        return {}
    sections = {
        "messages": _MESSAGES,
        "facts": _FACTS,
        "summaries": _SUMMARIES,
        "sources": _RECEIPTS,
        "unanswered_questions": _QUESTIONS,
    }
    return {
        "about": _plain([about])[0],
        **{name: _plain(connection.execute(query, key)) for name, query in sections.items()},
    }


def _plain(rows: Iterable[AnyRow]) -> list[dict[str, Any]]:
    return [
        {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in zip(row._fields, row, strict=True)
        }
        for row in rows
    ]
