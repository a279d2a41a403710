"""Who answers in a conversation in the avatar's place, and from where. See ``adapters.storage.yielding``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from adapters.storage.database import Database
from adapters.storage.desk import draft, hold, plea
from adapters.storage.outbox import put
from adapters.storage.remembered import summary
from adapters.storage.rules import Rules
from adapters.storage.schema import AnyRow, MessageState, Moment, Upsert, conversation, fan, message, turn
from adapters.storage.talks import numbered
from adapters.storage.yielding import due, give_back, interrupt, lock
from core.handover import Brief
from core.model import AccountId, AvatarId, ConversationId, Hold, MessageId, Outcome, Place, Post, Said

LAST_WORDS = 12  # messages that a person is shown at the start

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_where: sa.BindParameter[Any] = sa.bindparam("where")
_now = sa.bindparam("now", type_=Moment)


@cache
def _places() -> TypeAdapter[Place]:
    """Made when it is first needed, for it takes a while."""
    return TypeAdapter(Place)


class Holds:
    """See ``core.handovers.Holds``."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database, self._rules = database, rules

    async def take(self, hold: Hold, *, posts: Sequence[Post] = ()) -> bool:
        """See ``core.handovers.Holds``."""
        return await self._database.write(lambda connection: _take(connection, hold, posts))

    async def release(self, hold: Hold, *, posts: Sequence[Post] = (), now: datetime) -> bool:
        """See ``core.handovers.Holds``."""
        return await self._database.write(lambda connection: _release(connection, hold, posts, now))

    async def say(self, hold: Hold, post: Post, *, now: datetime) -> bool:
        """See ``core.handovers.Holds``."""
        return await self._database.write(lambda connection: _say(connection, hold, post, now))

    async def spoke(self, hold: Hold, message: str, text: str) -> None:
        """See ``core.handovers.Holds``."""
        tokens = self._rules.estimate(text) if text else 0
        await self._database.write(lambda connection: _spoke(connection, hold, message, text, tokens))

    async def opened(self, hold: Hold, thread: Place, posts: Sequence[Post], *, now: datetime) -> bool:
        """See ``core.handovers.Holds``."""
        return await self._database.write(lambda connection: _opened(connection, hold, thread, posts, now))

    async def all(self, avatar: AvatarId) -> Sequence[Hold]:
        """See ``core.handovers.Holds``."""
        return await self._database.read(lambda connection: _all(connection, _OF_AVATAR, {"avatar": avatar}))

    async def running(self) -> Sequence[Hold]:
        """See ``core.handovers.Holds``."""
        return await self._database.read(lambda connection: _all(connection, holds, {}))

    async def brief(self, avatar: AvatarId, conversation: ConversationId) -> Brief | None:
        """See ``core.handovers.Holds``. A dozen messages at most."""
        key = {"avatar": avatar, "where": conversation}
        return await self._database.read(lambda connection: _brief(connection, key))


def _key(one: Hold) -> dict[str, Any]:
    return {"avatar": one.avatar, "where": one.conversation}


# ── reading ──────────────────────────────────────────────────────────────────────────────────────

holds = (
    sa.select(
        hold.c.avatar_id,
        hold.c.conversation_id,
        hold.c.by,
        hold.c.since,
        hold.c.until,
        hold.c.desk,
        hold.c.desk_thread,
        conversation.c.account,
        conversation.c.chat,
        conversation.c.thread,
        conversation.c.business,
        conversation.c.shared,
        conversation.c.community,
    )
    .join(
        conversation,
        sa.and_(conversation.c.id == hold.c.conversation_id, conversation.c.avatar_id == hold.c.avatar_id),
    )
    .order_by(hold.c.since, hold.c.conversation_id)
)

_OF_AVATAR = holds.where(hold.c.avatar_id == _avatar)
_OF_CONVERSATION = holds.where(hold.c.avatar_id == _avatar, hold.c.conversation_id == _where)


def hold_of(connection: sa.Connection, avatar: str, where: int) -> Hold | None:
    """Who holds a conversation."""
    row = connection.execute(_OF_CONVERSATION, {"avatar": avatar, "where": where}).one_or_none()
    return None if row is None else _read(row)


def _all(connection: sa.Connection, query: sa.Executable, key: dict[str, Any]) -> Sequence[Hold]:
    return [_read(row) for row in connection.execute(query, key)]


def is_open(connection: sa.Connection, avatar: str, where: int) -> bool:
    """Whether what fans write in a conversation that is held has somewhere to go."""
    found = hold_of(connection, avatar, where)
    return found is None or found.desk is None or found.thread is not None


def _read(row: AnyRow) -> Hold:
    return Hold(
        AvatarId(row.avatar_id),
        ConversationId(row.conversation_id),
        Place(AccountId(row.account), row.chat, row.thread, row.business, bool(row.shared), row.community),
        row.by,
        row.since,
        row.until,
        row.desk and _places().validate_python(row.desk),
        row.desk_thread and _places().validate_python(row.desk_thread),
    )


def _kept(place: Place | None) -> Any:
    return place and _places().dump_python(place, mode="json")


# ── taking ───────────────────────────────────────────────────────────────────────────────────────

_HOLD = Upsert(
    lambda insert: (
        insert(hold).on_conflict_do_nothing(index_elements=["conversation_id"]).returning(hold.c.conversation_id)
    )
)

_HEARD = sa.update(plea).where(plea.c.conversation_id == _where, plea.c.avatar_id == _avatar).values(waiting=False)

_DRAFTS = sa.select(draft.c.turn_id).where(
    draft.c.conversation_id == _where, draft.c.avatar_id == _avatar, draft.c.state == "waiting"
)


def _take(connection: sa.Connection, one: Hold, posts: Sequence[Post]) -> bool:
    key = _key(one)
    if not lock(connection, key):
        return False
    row = {
        "conversation_id": one.conversation,
        "avatar_id": one.avatar,
        "by": one.by,
        "since": one.since,
        "silence": (one.until - one.since) // timedelta(seconds=1),
        "until": one.until,
        "desk": _kept(one.desk),
        "desk_thread": _kept(one.thread),
    }
    if connection.execute(_HOLD.on(connection), row).one_or_none() is None:
        return False
    interrupt(connection, key, one.since)
    for (waiting,) in connection.execute(_DRAFTS, key).all():
        give_back(connection, key, waiting, one.since)
    connection.execute(_HEARD, key)
    put(connection, one.avatar, posts, one.since)
    due(connection, key, one.since)
    return True


# ── letting go ───────────────────────────────────────────────────────────────────────────────────

_LET_GO = (
    sa.delete(hold)
    .where(hold.c.conversation_id == _where, hold.c.avatar_id == _avatar, hold.c.since == sa.bindparam("began"))
    .returning(hold.c.since, hold.c.spoke_at, hold.c.desk)
)

_relayed = sa.select(turn.c.id).where(
    turn.c.conversation_id == _where,
    turn.c.avatar_id == _avatar,
    turn.c.outcome == Outcome.HELD,
    turn.c.created_at > sa.bindparam("after", type_=Moment),
)

_UNANSWERED = (  # fans' words after the person's last ones
    sa.update(message)
    .where(
        message.c.conversation_id == _where,
        message.c.avatar_id == _avatar,
        message.c.fan_id.is_not(None),
        message.c.command == "",
        message.c.state == MessageState.ANSWERED,
        message.c.turn_id.in_(_relayed),
    )
    .values(state=MessageState.PENDING, turn_id=None)
)

_UNTOLD = (
    sa.update(fan)
    .where(
        fan.c.avatar_id == _avatar,
        fan.c.id == sa.select(conversation.c.fan_id).where(conversation.c.id == _where).scalar_subquery(),
    )
    .values(disclosed_at=None)
)


def _release(connection: sa.Connection, one: Hold, posts: Sequence[Post], now: datetime) -> bool:
    key = _key(one)
    if not lock(connection, key):
        return False
    ended = connection.execute(_LET_GO, {**key, "began": one.since}).one_or_none()
    if ended is None:
        return False
    interrupt(connection, key, now)
    if ended.desk or one.place.business:  # elsewhere it is not known what the person has answered
        after = ended.spoke_at or ended.since - timedelta(microseconds=1)
        connection.execute(_UNANSWERED, {**key, "after": after})
    connection.execute(_UNTOLD, key)
    put(connection, one.avatar, posts, now)
    due(connection, key, now)
    return True


# ── speaking ─────────────────────────────────────────────────────────────────────────────────────

_SPOKE = (
    sa.update(hold)
    .where(hold.c.conversation_id == _where, hold.c.avatar_id == _avatar, hold.c.since == sa.bindparam("began"))
    .values(
        spoke_at=_now,
        until=_now + hold.c.silence * 1_000_000,
    )
)


def _say(connection: sa.Connection, one: Hold, post: Post, now: datetime) -> bool:
    key = _key(one)
    lock(connection, key)
    if not connection.execute(_SPOKE, {**key, "began": one.since, "now": now}).rowcount:
        return False
    put(connection, one.avatar, [post], now)
    return True


_NOTE = Upsert(
    lambda insert: (
        insert(message)
        .on_conflict_do_nothing(index_elements=["conversation_id", "platform_message"])
        .returning(message.c.id)
    )
)

_LONGER = (
    sa.update(hold)
    .where(hold.c.conversation_id == _where, hold.c.avatar_id == _avatar)
    .values(spoke_at=_now, until=sa.bindparam("end", type_=Moment))
)


def _spoke(connection: sa.Connection, one: Hold, known_as: str, text: str, tokens: int) -> None:
    key = _key(one)
    lock(connection, key)
    row = {
        "avatar_id": one.avatar,
        "conversation_id": one.conversation,
        "platform_message": known_as,
        "text": text,
        "command": "",
        "argument": "",
        "attachment": "",
        "language": "",
        "sent_at": one.since,
        "received_at": one.since,
        "state": MessageState.ANSWERED,
        "tokens": tokens,
        "speaker": one.by,
    }
    if connection.execute(_NOTE.on(connection), row).one_or_none() is None:
        return  # it was told before
    _take(connection, one, ())
    connection.execute(_LONGER, {**key, "now": one.since, "end": one.until})


# ── at the desk ──────────────────────────────────────────────────────────────────────────────────

_OPEN = (
    sa.update(hold)
    .where(
        hold.c.conversation_id == _where,
        hold.c.avatar_id == _avatar,
        hold.c.since == sa.bindparam("began"),
        hold.c.desk_thread.is_(None),
    )
    .values(desk_thread=sa.bindparam("opened"))
)


def _opened(connection: sa.Connection, one: Hold, thread: Place, posts: Sequence[Post], now: datetime) -> bool:
    key = _key(one)
    lock(connection, key)
    if not connection.execute(_OPEN, {**key, "began": one.since, "opened": _kept(thread)}).rowcount:
        return False
    put(connection, one.avatar, posts, now)
    due(connection, key, now)
    return True


_SUMMARY = sa.select(summary.c.text).where(summary.c.conversation_id == _where, summary.c.avatar_id == _avatar)

_LAST = (
    sa.select(
        message.c.id,
        message.c.fan_id,
        sa.case((message.c.fan_id.is_(None), message.c.speaker), else_=fan.c.name).label("name"),
        message.c.text,
        message.c.sent_at,
        message.c.tokens,
    )
    .select_from(message.outerjoin(fan, fan.c.id == message.c.fan_id))
    .where(
        message.c.conversation_id == _where,
        message.c.avatar_id == _avatar,
        message.c.state == MessageState.ANSWERED,
        message.c.command == "",
        message.c.text != "",
    )
    .order_by(message.c.id.desc())
    .limit(LAST_WORDS)
)


def _brief(connection: sa.Connection, key: dict[str, Any]) -> Brief | None:
    talk = numbered(connection, key["avatar"], key["where"])
    if talk is None:
        return None
    said = [
        Said(MessageId(row.id), row.fan_id is not None, row.name, row.text, row.sent_at, row.tokens)
        for row in connection.execute(_LAST, key)
    ]
    return Brief(talk, connection.execute(_SUMMARY, key).scalar_one_or_none() or "", tuple(said[::-1]))
