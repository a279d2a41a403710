"""All that is kept of one fan, in a form that JSON can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.conduct import moderation_case
from adapters.storage.metering import membership
from adapters.storage.purchases import purchase
from adapters.storage.remembered import creator_note, creator_tag, fact, summary
from adapters.storage.schema import AnyRow, conversation, fan, gap, message, turn_source
from adapters.storage.wellbeing import is_minor

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
    fan.c.talking_since,
    is_minor,
    fan.c.person.is_not(None).label("linked"),
    fan.c.opened_at.label("open_to_the_creator_since"),
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
        message.c.speaker.label("by_a_person"),
        message.c.text,
        message.c.command,
        message.c.argument,
        message.c.attachment,
        message.c.sent_at,
        message.c.state,
        message.c.roles,
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

_TAGS = (
    sa.select(creator_tag.c.tag.label("text"))
    .where(creator_tag.c.avatar_id == _avatar, creator_tag.c.fan_id == _fan)
    .order_by(creator_tag.c.tag)
)

_NOTES = (
    sa.select(creator_note.c.text, creator_note.c.made_at)
    .where(creator_note.c.avatar_id == _avatar, creator_note.c.fan_id == _fan)
    .order_by(creator_note.c.id)
)


_CIRCLES = (
    sa.select(membership.c.tier.label("text"), membership.c.source, membership.c.until)
    .where(membership.c.avatar_id == _avatar, membership.c.fan_id == _fan)
    .order_by(membership.c.tier, membership.c.source)
)


_MODERATION = (  # about the fan, and by them; who keeps order is left out: they are somebody else
    sa.select(
        moderation_case.c.number,
        (moderation_case.c.kind + ": " + moderation_case.c.reason).label("text"),
        moderation_case.c.at.label("made_at"),
        moderation_case.c.until,
        moderation_case.c.closed_at,
        moderation_case.c.outcome,
    )
    .join(
        fan,
        sa.and_(
            fan.c.avatar_id == moderation_case.c.avatar_id,
            fan.c.platform == moderation_case.c.platform,
            fan.c.platform_user == moderation_case.c.platform_user,
        ),
    )
    .where(moderation_case.c.avatar_id == _avatar, fan.c.id == _fan)
    .order_by(moderation_case.c.number)
)


_PAYMENTS = (
    sa.select(
        purchase.c.id.label("number"),
        purchase.c.account,
        purchase.c.tier,
        purchase.c.amount,
        purchase.c.currency,
        purchase.c.charge,
        purchase.c.renews,
        purchase.c.paid_at,
        purchase.c.until,
        purchase.c.refunded_at,
    )
    .join(fan, sa.and_(fan.c.platform == purchase.c.platform, fan.c.platform_user == purchase.c.platform_user))
    .where(purchase.c.avatar_id == _avatar, fan.c.avatar_id == _avatar, fan.c.id == _fan)
    .order_by(purchase.c.id)
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
        "moderation": _MODERATION,
        "circles": _CIRCLES,
        "tags_by_the_creator": _TAGS,
        "notes_by_the_creator": _NOTES,
        "payments": _PAYMENTS,
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
