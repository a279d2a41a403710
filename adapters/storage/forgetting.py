"""Forgetting: at a fan's wish, or because it has been kept for long enough."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.conduct import notice
from adapters.storage.database import Database
from adapters.storage.erasing import erase, erase_facts, fence, ids, with_history
from adapters.storage.metering import bucket, membership
from adapters.storage.passages import in_pages
from adapters.storage.remembered import creator_note, creator_tag, fact, link_code, summary
from adapters.storage.schema import (
    EPOCH,
    AnyRow,
    MessageState,
    Moment,
    TurnState,
    conversation,
    fan,
    gap,
    message,
    turn,
    turn_source,
)
from adapters.storage.unposting import LEFT_AT_THE_DESK, forget_old_posts, forget_posts
from core.memory import FactId, Forgotten
from core.model import AvatarId, FanId, MessageId, TurnId

_avatar: sa.BindParameter[Any] = sa.bindparam("avatar")
_fan: sa.BindParameter[Any] = sa.bindparam("fan")
_which: sa.BindParameter[Any] = sa.bindparam("which", expanding=True)


class Forgetting:
    """See ``core.memories.Forgetting``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(
        self,
        avatar: AvatarId,
        fan: FanId,
        *,
        now: datetime,
        since: datetime | None = None,
        messages: Collection[MessageId] = (),
        facts: Collection[FactId] = (),
        spare: TurnId | None = None,
    ) -> Forgotten:
        """See ``core.memories.Forgetting``."""

        def work(connection: sa.Connection) -> Forgotten:
            if connection.execute(_LOCK, {"avatar": avatar, "fan": fan}).one_or_none() is None:
                return Forgotten()
            chosen = _chosen(connection, avatar, fan, since, messages=messages, facts=facts)
            if since is not None:
                forget_posts(connection, avatar, fan, since, now)
            return _forget(connection, avatar, fan, chosen, now=now, spare=spare)

        return await self._database.write(work)

    async def forget_everything(
        self, avatar: AvatarId, fan: FanId, *, now: datetime, spare: TurnId | None = None
    ) -> Forgotten:
        """See ``core.memories.Forgetting``."""
        return await self._database.write(lambda connection: _forget_everything(connection, avatar, fan, now, spare))

    async def sweep(self, avatar: AvatarId, *, now: datetime) -> None:
        """See ``core.memories.Forgetting``."""
        await self._database.write(lambda connection: _sweep(connection, avatar, now))

    async def forget_older(self, avatar: AvatarId, before: datetime, *, now: datetime) -> int:
        """See ``core.memories.Forgetting``. In several transactions, so that others can write between."""
        old = await self._database.read(lambda connection: _old(connection, avatar, before))
        for page in in_pages(old):
            await self._database.write(lambda connection, page=page: _forget_page(connection, avatar, page, now))  # type: ignore[misc] # mypy does not infer a lambda with a default
        await self._database.write(lambda connection: _forget_old_facts(connection, avatar, before))
        await self._database.write(lambda connection: forget_old_posts(connection, avatar, before, now))
        gone = await self._database.read(
            lambda connection: ids(connection, _UNSEEN, {"avatar": avatar, "before": before})
        )
        for each in gone:
            await self.forget_everything(avatar, FanId(each), now=now)
        return len(old)


# ── what is to be forgotten ──────────────────────────────────────────────────────────────────────

_LOCK = sa.select(fan.c.id, fan.c.last_seen).where(fan.c.id == _fan, fan.c.avatar_id == _avatar).with_for_update()

_own = sa.and_(message.c.avatar_id == _avatar, message.c.fan_id == _fan)
_rows = sa.select(message.c.id, message.c.conversation_id, message.c.turn_id)

_SINCE = _rows.where(_own, message.c.received_at >= sa.bindparam("since", type_=Moment))
_THESE = _rows.where(_own, message.c.id.in_(_which))

_own_facts = sa.and_(fact.c.avatar_id == _avatar, fact.c.fan_id == _fan)
_facts = sa.select(fact.c.id, fact.c.message_id)

_FACTS_SINCE = _facts.where(
    _own_facts,
    sa.or_(
        fact.c.said_at >= sa.bindparam("since", type_=Moment), fact.c.created_at >= sa.bindparam("since", type_=Moment)
    ),
)
_THESE_FACTS = _facts.where(_own_facts, fact.c.id.in_(_which))
_FACTS_FROM = sa.select(fact.c.id).where(fact.c.avatar_id == _avatar, fact.c.message_id.in_(_which))


def _chosen(
    connection: sa.Connection,
    avatar: AvatarId,
    who: FanId,
    since: datetime | None,
    *,
    messages: Collection[int],
    facts: Collection[int],
) -> tuple[list[AnyRow], set[int]]:
    """The messages' rows, and the ids of the facts; with facts that are named go the messages that they come from."""
    key: dict[str, Any] = {"avatar": avatar, "fan": who}
    named = [
        row for page in in_pages(sorted(facts)) for row in connection.execute(_THESE_FACTS, {**key, "which": page})
    ]
    gone = with_history(connection, avatar, [row.id for row in named])
    history = [
        row for page in in_pages(sorted(gone)) for row in connection.execute(_THESE_FACTS, {**key, "which": page})
    ]
    these = sorted({*messages, *(row.message_id for row in history if row.message_id is not None)})
    found = {row.id: row for page in in_pages(these) for row in connection.execute(_THESE, {**key, "which": page})}
    if since is not None:
        found |= {row.id: row for row in connection.execute(_SINCE, {**key, "since": since})}
        gone |= {row.id for row in connection.execute(_FACTS_SINCE, {**key, "since": since})}
    return list(found.values()), gone


# ── forgetting it ────────────────────────────────────────────────────────────────────────────────

_LEARNING = sa.select(conversation.c.id).where(
    conversation.c.avatar_id == _avatar,
    conversation.c.learning_until.is_not(None),
    sa.exists().where(message.c.fan_id == _fan, message.c.conversation_id == conversation.c.id),
)

_MEMORY_RECEIPTS = sa.delete(turn_source).where(
    turn_source.c.avatar_id == _avatar,
    turn_source.c.kind == "memory",
    turn_source.c.turn_id.in_(sa.select(message.c.turn_id).where(_own, message.c.turn_id.is_not(None))),
)

_SPARED = (  # so that it can be answered, even if the process dies before
    sa.update(message)
    .where(_own, message.c.turn_id == sa.bindparam("turn"), message.c.command != "")
    .values(text="", argument="", tokens=0)
    .returning(message.c.id)
)


def _forget(
    connection: sa.Connection,
    avatar: AvatarId,
    who: FanId,
    chosen: tuple[Sequence[AnyRow], set[int]],
    *,
    now: datetime,
    spare: TurnId | None = None,
) -> Forgotten:
    rows, facts = chosen
    key: dict[str, Any] = {"avatar": avatar, "fan": who}
    fence(connection, avatar, ids(connection, _LEARNING, key))
    kept = [] if spare is None else ids(connection, _SPARED, {**key, "turn": spare})
    gone = {row.id for row in rows} - set(kept)
    turns = {row.turn_id for row in rows if row.turn_id is not None} - {spare}
    for page in in_pages(sorted(gone)):
        facts |= set(ids(connection, _FACTS_FROM, {"avatar": avatar, "which": page}))
    if facts:
        connection.execute(_MEMORY_RECEIPTS, key)
        erase_facts(connection, avatar, facts)
    places = {row.conversation_id for row in rows}
    replies = erase(connection, avatar, messages=gone, turns=turns, conversations=places, now=now)
    return Forgotten(len(gone), replies, len(facts))


# ── everything ───────────────────────────────────────────────────────────────────────────────────

_dms = sa.and_(conversation.c.avatar_id == _avatar, conversation.c.fan_id == _fan)

_others = sa.exists().where(message.c.conversation_id == conversation.c.id)

_TURNS_OF_DMS = (
    sa.select(turn.c.id, turn.c.conversation_id)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(_dms, ~_others)
)

_subjects = sa.union_all(  # of buckets
    sa.select(sa.literal("fan/") + sa.cast(fan.c.id, sa.Text)).where(fan.c.id == _fan, fan.c.avatar_id == _avatar),
    *(
        sa.select(sa.literal(scope) + sa.cast(conversation.c.id, sa.Text)).where(_dms, ~_others)
        for scope in ("conversation/", "place/")
    ),
)

_BY_THE_CREATOR = [
    sa.delete(table).where(table.c.avatar_id == _avatar, table.c.fan_id == _fan)
    for table in (creator_tag, creator_note)
]

_REST = [  # in an order in which nothing refers to what is gone
    *LEFT_AT_THE_DESK,
    sa.delete(bucket).where(bucket.c.avatar_id == _avatar, bucket.c.subject.in_(_subjects)),
    sa.delete(summary).where(
        summary.c.avatar_id == _avatar, summary.c.conversation_id.in_(sa.select(conversation.c.id).where(_dms))
    ),
    sa.delete(conversation).where(_dms, ~_others),
    sa.update(conversation).where(_dms).values(fan_id=None),
    *(
        sa.delete(table).where(table.c.avatar_id == _avatar, table.c.fan_id == _fan)
        for table in (gap, membership, link_code, notice)
    ),
    sa.delete(fan).where(fan.c.id == _fan, fan.c.avatar_id == _avatar),
]

_LATER = (
    sa.update(fan)
    .where(fan.c.id == _fan, fan.c.avatar_id == _avatar)
    .values(name="", person=None, opened_at=None, forgotten_at=sa.bindparam("now"))
)


def _forget_everything(
    connection: sa.Connection, avatar: AvatarId, who: FanId, now: datetime, spare: TurnId | None
) -> Forgotten:
    key: dict[str, Any] = {"avatar": avatar, "fan": who}
    if connection.execute(_LOCK, key).one_or_none() is None:
        return Forgotten()
    chosen = _chosen(connection, avatar, who, EPOCH, messages=(), facts=())
    forget_posts(connection, avatar, who, EPOCH, now)
    forgotten = _forget(connection, avatar, who, chosen, now=now, spare=spare)
    for kept in _BY_THE_CREATOR:
        connection.execute(kept, key)
    if spare is not None:
        connection.execute(_LATER, {**key, "now": now})
        return forgotten
    left = connection.execute(_TURNS_OF_DMS, key).all()
    erase(
        connection,
        avatar,
        messages=(),
        turns={row.id for row in left},
        conversations={row.conversation_id for row in left},
        now=now,
    )
    for statement in _REST:
        connection.execute(statement, key)
    return forgotten


# ── what was put off ─────────────────────────────────────────────────────────────────────────────

_PUT_OFF = (
    sa.select(fan.c.id, fan.c.forgotten_at, fan.c.last_seen)
    .where(fan.c.avatar_id == _avatar, fan.c.forgotten_at.is_not(None))
    .where(
        ~sa.exists().where(
            message.c.fan_id == fan.c.id,
            message.c.received_at <= fan.c.forgotten_at,
            turn.c.id == message.c.turn_id,
            turn.c.state != TurnState.DONE,
        )
    )
    .order_by(fan.c.id)
)

_UNTIL = _rows.where(_own, message.c.received_at <= sa.bindparam("until", type_=Moment))

_GO_ON = sa.update(fan).where(fan.c.id == _fan, fan.c.avatar_id == _avatar).values(forgotten_at=None)


def _sweep(connection: sa.Connection, avatar: AvatarId, now: datetime) -> None:
    for row in connection.execute(_PUT_OFF, {"avatar": avatar}).all():
        who = FanId(row.id)
        if row.last_seen <= row.forgotten_at:
            _forget_everything(connection, avatar, who, now, None)
            continue
        key = {"avatar": avatar, "fan": who}
        rows = connection.execute(_UNTIL, {**key, "until": row.forgotten_at}).all()
        _forget(connection, avatar, who, (rows, set()), now=now)
        connection.execute(_GO_ON, key)


# ── what is old ──────────────────────────────────────────────────────────────────────────────────

_before = sa.bindparam("before", type_=Moment)

_OLD = (
    sa.select(message.c.id)
    .where(
        message.c.avatar_id == _avatar,
        message.c.received_at < _before,
        message.c.state.not_in((MessageState.PENDING, MessageState.TAKEN)),
    )
    .order_by(message.c.id)
)

_OF_PAGE = _rows.where(message.c.avatar_id == _avatar, message.c.id.in_(_which))

_OLD_FACTS = sa.select(fact.c.id).where(fact.c.avatar_id == _avatar, fact.c.said_at < _before)

_UNSEEN = sa.select(fan.c.id).where(
    fan.c.avatar_id == _avatar, fan.c.last_seen < _before, ~sa.exists().where(message.c.fan_id == fan.c.id)
)


def _old(connection: sa.Connection, avatar: AvatarId, before: datetime) -> list[int]:
    return ids(connection, _OLD, {"avatar": avatar, "before": before})


def _forget_page(connection: sa.Connection, avatar: AvatarId, page: Sequence[int], now: datetime) -> None:
    rows = connection.execute(_OF_PAGE, {"avatar": avatar, "which": page}).all()
    erase(
        connection,
        avatar,
        messages=page,
        turns={row.turn_id for row in rows if row.turn_id is not None},
        conversations={row.conversation_id for row in rows},
        now=now,
    )


def _forget_old_facts(connection: sa.Connection, avatar: AvatarId, before: datetime) -> None:
    erase_facts(connection, avatar, ids(connection, _OLD_FACTS, {"avatar": avatar, "before": before}))
