"""Watching how fans write as their messages are taken in: whoever spams is ignored for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.storage.cases import keep
from adapters.storage.sanctions import hold_against
from adapters.storage.schema import PENDING_ONLY, AnyRow, MessageState, Moment, conversation, fan, message
from core import spam
from core.model import AvatarId, Incoming
from core.moderation import Case, Person, community_of

CODE = "stagedoor"  # who opens such a case
MOST_NEWCOMERS = 50
_REASONS = {
    "repeats": "the same text again and again",
    "links": "a flood of links",
    "mentions": "a flood of mentions",
    "places": "messages in many places at once",
    "wave": "the same advertisement as other newcomers",
}

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")

_KEEP = (
    sa.update(fan)
    .where(fan.c.id == sa.bindparam("fan"), fan.c.avatar_id == _avatar)
    .values(habits=sa.bindparam("kept"))
)

_NEWCOMERS = (
    sa.select(fan.c.habits)
    .where(
        fan.c.avatar_id == _avatar,
        fan.c.id != sa.bindparam("fan"),
        fan.c.first_seen > sa.bindparam("since", type_=Moment),
    )
    .order_by(fan.c.id.desc())
    .limit(MOST_NEWCOMERS)
)

_REFUSE = (
    sa.update(message)
    .where(message.c.id == sa.bindparam("which"), message.c.avatar_id == _avatar)
    .values(state=MessageState.REFUSED)
)

_still_waiting = sa.exists().where(message.c.conversation_id == conversation.c.id, PENDING_ONLY)

_NOT_DUE = (
    sa.update(conversation)
    .where(conversation.c.id == sa.bindparam("where"), conversation.c.avatar_id == _avatar, sa.not_(_still_waiting))
    .values(waiting_since=None, due_at=None)
)


def refuse(connection: sa.Connection, avatar: str, where: int, which: int) -> None:
    """Have a message that has just arrived wait for nothing."""
    connection.execute(_REFUSE, {"avatar": avatar, "which": which})
    connection.execute(_NOT_DUE, {"avatar": avatar, "where": where})


def watch(connection: sa.Connection, avatar: str, known: AnyRow, incoming: Incoming, now: datetime) -> bool:
    """Note how a fan writes; True if this message makes it spam. Whoever keeps order may write as they like.

    Args:
        connection: Within the transaction that takes the message in, which holds the fan's row.
        avatar: To whom they write.
        known: The fan's row: id, habits, first_seen.
        incoming: The message.
        now: The present.
    """
    if incoming.sender.moderator:
        return False
    key = {"avatar": avatar, "fan": known.id}
    new = spam.mark(incoming.text, incoming.place.key, now)
    newcomers: list[spam.Habits] = []
    since = now - timedelta(seconds=spam.WAVE_WINDOW)
    if known.first_seen > since and (new.links or new.mentions):
        rows = connection.execute(_NEWCOMERS, {**key, "since": since})
        newcomers = [spam.Habits.parse(row.habits) for row in rows]
    verdict = spam.judge(spam.Habits.parse(known.habits), new, newcomers=newcomers)
    connection.execute(_KEEP, {**key, "kept": verdict.habits.kept})
    if not verdict.sign:
        return False
    _ignore(connection, avatar, incoming, verdict, now)
    return True


def _ignore(connection: sa.Connection, avatar: str, incoming: Incoming, verdict: spam.Verdict, now: datetime) -> None:
    person = Person(incoming.place.account.partition(":")[0], incoming.sender.id)
    until = now + verdict.ignored
    community = community_of(incoming.place)
    case = Case(AvatarId(avatar), "spam", person, community, CODE, _REASONS[verdict.sign], now, until)
    if verdict.reported:
        case = keep(connection, case)
    hold_against(connection, case, "ignore", community="", number=case.number, until=until)
