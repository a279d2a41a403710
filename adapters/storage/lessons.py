"""What is still to be learned from conversations, by one learner at a time.

The fence is ``conversation.memory_generation``: it rises when a learner takes a lesson, and when anything that the
lesson may rest on is taken back. Whoever comes with an older one keeps nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.memory import read_summary
from adapters.storage.remembered import fact, summary
from adapters.storage.schema import AnyRow, MessageState, Moment, Upsert, conversation, message
from adapters.storage.scopes import EPISODES, read_episodes, source, usable
from core.memory import Learned, Lesson, Scope, Summary
from core.model import AvatarId, ConversationId

REST = timedelta(minutes=5)  # after so long a pause a conversation is taken to have come to rest
MUCH = 40  # messages that are learned from without waiting for that
MOST = 120  # messages in one lesson, of each sort: a model has to read them at once
LEASE = timedelta(minutes=10)  # for one lesson
_NEVER = 2**63 - 1  # no message has so high an id
_AT_ONCE = 100  # conversations that one look finds; the next one finds the rest


class Lessons:
    """See ``core.memories.Lessons``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, avatar: AvatarId, *, now: datetime) -> Sequence[ConversationId]:
        """See ``core.memories.Lessons``. A hundred at most, those that have waited longest first."""
        key = {"avatar": avatar, "now": now, "rested": now - REST}
        return await self._database.read(
            lambda connection: [ConversationId(where) for where in connection.scalars(_DUE, key)]
        )

    async def take(self, conversation: ConversationId, *, now: datetime) -> Lesson | None:
        """See ``core.memories.Lessons``. For ten minutes; at most 120 messages of each sort, the oldest."""
        return await self._database.write(lambda connection: _take(connection, conversation, now))

    async def keep(self, lesson: Lesson, facts: Sequence[Learned], summary: Summary | None, *, now: datetime) -> bool:
        """See ``core.memories.Lessons``.

        A model cannot widen a scope: what was said in a DM stays there, what was said in a shared place stays in its
        community at the widest. What is said of a fan who does not speak in the lesson, or rests on a message that is
        not in it, is not kept. Without a summary, the one that there is stays.
        """
        return await self._database.write(lambda connection: _keep(connection, lesson, facts, summary, now))


_key = conversation.c.id == sa.bindparam("where")

# ── due ──────────────────────────────────────────────────────────────────────────────────────────

_DUE = (
    sa.select(conversation.c.id)
    .where(
        conversation.c.avatar_id == sa.bindparam("avatar"),
        conversation.c.unlearned_at.is_not(None),
        sa.or_(conversation.c.unlearned_at <= sa.bindparam("rested", type_=Moment), conversation.c.unlearned >= MUCH),
        sa.or_(
            conversation.c.learning_until.is_(None), conversation.c.learning_until <= sa.bindparam("now", type_=Moment)
        ),
        conversation.c.private_from.is_(None),
    )
    .order_by(conversation.c.unlearned_at, conversation.c.id)
    .limit(_AT_ONCE)
)

# ── take ─────────────────────────────────────────────────────────────────────────────────────────

_TAKE = (
    sa.update(conversation)
    .where(
        _key,
        conversation.c.private_from.is_(None),
        sa.or_(
            conversation.c.learning_until.is_(None), conversation.c.learning_until <= sa.bindparam("now", type_=Moment)
        ),
    )
    .values(learning_until=sa.bindparam("until"), memory_generation=conversation.c.memory_generation + 1)
    .returning(conversation.c.id, conversation.c.avatar_id, conversation.c.shared, conversation.c.memory_generation)
)

_WAITS = (  # its answer comes later, under a higher id: what comes after it is for the next lesson
    sa.select(message.c.id)
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .where(
        message.c.conversation_id == sa.bindparam("where"),
        message.c.id > conversation.c.learned_upto,
        message.c.state.in_((MessageState.PENDING, MessageState.TAKEN)),
    )
    .order_by(message.c.id)
    .limit(1)
)

_UNLEARNED = EPISODES.where(message.c.id > source.c.learned_upto, message.c.id < sa.bindparam("until")).limit(MOST)

_LEFT = EPISODES.where(message.c.id > sa.bindparam("after"), message.c.id < source.c.window_start).limit(MOST)

_LEARNED = (  # of all that there was at this moment, whatever it was
    sa.update(conversation)
    .where(_key)
    .values(learning_until=None, unlearned=sa.bindparam("count"), unlearned_at=sa.bindparam("at"))
)

_REST = (
    sa.select(sa.func.count(), sa.func.max(message.c.received_at))
    .select_from(message.join(conversation, conversation.c.id == message.c.conversation_id))
    .where(
        message.c.conversation_id == sa.bindparam("where"),
        message.c.id > conversation.c.learned_upto,
        message.c.id >= conversation.c.fresh_from,
        message.c.fan_id.is_not(None),
        message.c.command == "",
        message.c.text != "",
        message.c.private == sa.false(),
        message.c.state.in_((MessageState.PENDING, MessageState.TAKEN, MessageState.ANSWERED)),
    )
)


def _take(connection: sa.Connection, where: ConversationId, now: datetime) -> Lesson | None:
    held = connection.execute(_TAKE, {"where": where, "now": now, "until": now + LEASE}).one_or_none()
    if held is None:
        return None
    known = read_summary(connection, where)
    key = {"source": where, "avatar": held.avatar_id}
    waits = connection.execute(_WAITS, {"where": where}).scalar_one_or_none()
    unlearned = read_episodes(connection.execute(_UNLEARNED, {**key, "until": _NEVER if waits is None else waits}))
    left = read_episodes(connection.execute(_LEFT, {**key, "after": known.upto if known else 0}))
    if not (unlearned or left):
        _let_go(connection, where)
        return None
    fans = {one.fan for one in (*unlearned, *left) if one.fan is not None}
    return Lesson(
        conversation=where,
        shared=held.shared,
        unlearned=tuple(unlearned),
        left=tuple(left),
        summary=known,
        facts=tuple(usable(connection, held.avatar_id, where, fans)),
        generation=held.memory_generation,
    )


def _let_go(connection: sa.Connection, where: ConversationId) -> None:
    """Leave the conversation to the next learner; what waits for an answer is learned from when it has one."""
    count, newest = connection.execute(_REST, {"where": where}).one()
    connection.execute(_LEARNED, {"where": where, "count": count, "at": newest})


# ── keep ─────────────────────────────────────────────────────────────────────────────────────────

_FENCE = (
    sa.select(
        conversation.c.id,
        conversation.c.avatar_id,
        conversation.c.shared,
        conversation.c.community,
        conversation.c.learned_upto,
    )
    .where(
        _key,
        conversation.c.memory_generation == sa.bindparam("fence"),
        conversation.c.private_from.is_(None),
    )
    .with_for_update(key_share=True)
)

_ADD = sa.insert(fact).returning(fact.c.id)

REPLACE = (
    sa.update(fact)
    .where(
        fact.c.id.in_(sa.bindparam("which", expanding=True)),
        fact.c.avatar_id == sa.bindparam("avatar"),
        fact.c.fan_id == sa.bindparam("fan"),
        fact.c.replaced_at.is_(None),
    )
    .values(replaced_by=sa.bindparam("by"), replaced_at=sa.bindparam("moment"))
)

_STILL_DUE = sa.update(conversation).where(_key).values(unlearned_at=sa.bindparam("at"))

_ADVANCE = sa.update(conversation).where(_key).values(learned_upto=sa.bindparam("upto"))


def _sum_up(insert: Any) -> sa.Executable:
    new = insert(summary)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["conversation_id"],
        set_={"text": new.excluded.text, "upto": new.excluded.upto, "made_at": new.excluded.made_at},
    )


_SUM_UP = Upsert(_sum_up)


def _keep(
    connection: sa.Connection, lesson: Lesson, facts: Sequence[Learned], made: Summary | None, now: datetime
) -> bool:
    place = connection.execute(_FENCE, {"where": lesson.conversation, "fence": lesson.generation}).one_or_none()
    if place is None:
        return False
    seen = {one.id: one.fan for one in lesson.unlearned}
    speaking = {one for one in seen.values() if one is not None}
    replaceable = {one.id for one in lesson.facts}
    for one in facts:
        if one.fan in speaking and (one.source is None or one.source in seen):
            _note(connection, place, one, [known for known in one.replaces if known in replaceable], now)
    if made is not None:
        row = {"text": made.text, "upto": made.upto, "made_at": made.made_at}
        connection.execute(_SUM_UP.on(connection), {"conversation_id": place.id, "avatar_id": place.avatar_id, **row})
    if lesson.unlearned:
        connection.execute(_ADVANCE, {"where": place.id, "upto": lesson.unlearned[-1].id})
    _let_go(connection, lesson.conversation)
    if made is not None and len(lesson.left) == MOST:  # there is more to sum up
        connection.execute(_STILL_DUE, {"where": place.id, "at": now - REST})
    return True


def _note(connection: sa.Connection, place: AnyRow, learned: Learned, replaces: Sequence[int], now: datetime) -> None:
    values = {
        "avatar_id": place.avatar_id,
        "fan_id": learned.fan,
        "conversation_id": place.id,
        "shared": place.shared,
        "community": place.community,
        "scope": _narrowed(learned.scope, place),
        "kind": learned.kind,
        "subject": learned.subject,
        "statement": learned.statement,
        "confidence": learned.confidence,
        "said_at": learned.said_at,
        "holds_from": learned.holds_from,
        "holds_until": learned.holds_until,
        "message_id": learned.source,
        "created_at": now,
    }
    added = connection.execute(_ADD, values).scalar_one()
    if replaces:
        key = {"avatar": place.avatar_id, "fan": learned.fan, "which": replaces}
        connection.execute(REPLACE, {**key, "by": added, "moment": now})


def _narrowed(scope: Scope, place: AnyRow) -> Scope:
    """A scope as wide as a learner may set it: everywhere is for the fan alone to say."""
    return Scope.COMMUNITY if scope != Scope.HERE and place.shared and place.community else Scope.HERE
