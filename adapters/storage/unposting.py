"""Forgetting what the desk holds of a fan: their words that were brought there, and what people have said to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.desk import draft, hold, plea, post
from adapters.storage.erasing import erase
from adapters.storage.schema import Moment, conversation, message
from core.model import AvatarId

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")
_since = sa.bindparam("since", type_=Moment)

_dms = sa.select(conversation.c.id).where(conversation.c.avatar_id == _avatar, conversation.c.fan_id == _fan)

_theirs = sa.and_(
    post.c.avatar_id == _avatar,
    post.c.created_at >= _since,
    sa.or_(post.c.fan_id == _fan, post.c.conversation_id.in_(_dms)),
)

_SAID = sa.select(post.c.turn_id, post.c.conversation_id).where(_theirs, post.c.turn_id.is_not(None))

_UNSAID = sa.delete(post).where(_theirs, post.c.turn_id.is_(None))

_IN_PERSON = sa.delete(message).where(  # what the creator has written in a chat of their own
    message.c.avatar_id == _avatar,
    message.c.received_at >= _since,
    message.c.fan_id.is_(None),
    message.c.turn_id.is_(None),
    message.c.conversation_id.in_(_dms),
)


def forget_posts(connection: sa.Connection, avatar: AvatarId, who: int, since: datetime, now: datetime) -> None:
    """Erase what was brought to a desk of a fan's words, and what was said to them unasked, since then."""
    key = {"avatar": avatar, "fan": who, "since": since}
    connection.execute(_UNSAID, key)
    connection.execute(_IN_PERSON, key)
    said = connection.execute(_SAID, key).all()
    turns, places = ({row[column] for row in said} for column in (0, 1))
    erase(connection, avatar, messages=(), turns=turns, conversations=places, now=now)


_OLD = sa.select(post.c.turn_id, post.c.conversation_id).where(
    post.c.avatar_id == _avatar, post.c.created_at < sa.bindparam("before", type_=Moment), post.c.turn_id.is_not(None)
)


def forget_old_posts(connection: sa.Connection, avatar: AvatarId, before: datetime, now: datetime) -> None:
    """Erase what was said unasked before then."""
    said = connection.execute(_OLD, {"avatar": avatar, "before": before}).all()
    turns, places = ({row[column] for row in said} for column in (0, 1))
    erase(connection, avatar, messages=(), turns=turns, conversations=places, now=now)


LEFT_AT_THE_DESK = [  # of a fan of whom everything is forgotten
    *(sa.delete(table).where(table.c.avatar_id == _avatar, table.c.fan_id == _fan) for table in (plea, draft)),
    *(
        sa.delete(table).where(table.c.avatar_id == _avatar, table.c.conversation_id.in_(_dms))
        for table in (plea, draft, hold)
    ),
]
