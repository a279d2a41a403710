"""Messages as they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.desk import post
from adapters.storage.gaps import forget_gap
from adapters.storage.outbox import still_due
from adapters.storage.places import place_key, this_place
from adapters.storage.rules import Rules
from adapters.storage.sanctions import barred
from adapters.storage.schema import (
    DROPPED,
    MICROSECOND,
    NOT_DONE,
    PENDING_ONLY,
    AnyRow,
    MessageState,
    Moment,
    TurnState,
    Upsert,
    conversation,
    fan,
    message,
    turn,
)
from adapters.storage.unlearning import begin_afresh, unlearn_message
from adapters.storage.watching import refuse, watch
from adapters.storage.wellbeing import mark_minor
from core import ages, honesty
from core.model import AccountId, Announcement, ConversationId, Incoming, MessageId, Place
from core.moderation import community_of

_UNANSWERED = (MessageState.PENDING, MessageState.TAKEN)


def _place(rules: Rules, place: Place) -> dict[str, Any]:
    """The parameters of ``this_place``."""
    return place_key(rules.avatar(place.account), place)


class Inbox:
    """See ``core.ports.Inbox``."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules

    async def accept(self, incoming: Incoming, *, now: datetime) -> Announcement | None:
        """See ``core.ports.Inbox``."""
        try:
            return await self._database.write(lambda connection: _accept(connection, self._rules, incoming, now))
        except _KnownError:
            return None

    async def revise(self, place: Place, message: str, text: str) -> Announcement | None:
        """See ``core.ports.Inbox``."""
        values = {"new_text": text, "new_tokens": self._rules.estimate(text)}
        key = {**_place(self._rules, place), "known_as": message}
        return await self._database.write(lambda connection: _revise(connection, key, values))

    async def retract(self, place: Place, message: str) -> Announcement | None:
        """See ``core.ports.Inbox``."""
        key = {**_place(self._rules, place), "known_as": message}
        return await self._database.write(lambda connection: _retract(connection, key))

    async def last_seen(self, account: AccountId) -> Mapping[str, str]:
        """See ``core.ports.Inbox``. The newest is what arrived last: going on from there skips nothing."""
        key = {"avatar": self._rules.avatar(account), "account": account}
        return await self._database.read(
            lambda connection: {chat: known_as for chat, known_as in connection.execute(_LAST_SEEN, key)}  # noqa: C416 - rows are no pairs to mypy
        )

    async def reset(self, place: Place, message: str, *, now: datetime) -> None:
        """See ``core.ports.Inbox``."""
        key = _place(self._rules, place)
        await self._database.write(lambda connection: _reset(connection, key, message, now))


# ── accept ───────────────────────────────────────────────────────────────────────────────────────


class _KnownError(Exception):
    """This message was stored before: take back what else this transaction has written."""


def _upsert_conversation(insert: Any) -> sa.Executable:
    new = insert(conversation)
    since = sa.func.coalesce(conversation.c.waiting_since, new.excluded.waiting_since)
    latest = sa.type_coerce(since, sa.BigInteger) + sa.bindparam("cap", type_=sa.BigInteger)
    quiet_ends = sa.type_coerce(new.excluded.due_at, sa.BigInteger)
    return (  # type: ignore[no-any-return]
        new.values(
            avatar_id=sa.bindparam("avatar"),
            account=sa.bindparam("account"),
            chat=sa.bindparam("chat"),
            thread=sa.bindparam("thread"),
            business=sa.bindparam("business"),
            shared=sa.bindparam("shared"),
            community=sa.bindparam("community"),
            parent=sa.bindparam("parent"),
            fan_id=sa.bindparam("fan"),
            waiting_since=sa.bindparam("now"),
            due_at=sa.bindparam("due"),
            created_at=sa.bindparam("now"),
            unlearned=1,
            unlearned_at=sa.bindparam("now"),
        )
        .on_conflict_do_update(
            index_elements=["avatar_id", "account", "chat", "thread", "business"],
            set_={
                "shared": new.excluded.shared,
                "community": new.excluded.community,
                "parent": new.excluded.parent,
                "fan_id": new.excluded.fan_id,
                "unlearned": conversation.c.unlearned + 1,
                "unlearned_at": new.excluded.unlearned_at,
                "waiting_since": since,
                "due_at": sa.case((latest < quiet_ends, latest), else_=quiet_ends),
                "unreachable": False,
            },
        )
        .returning(conversation.c.id)
    )


def _upsert_fan(insert: Any) -> sa.Executable:
    new = insert(fan)
    return (  # type: ignore[no-any-return]
        new.values(
            avatar_id=sa.bindparam("avatar"),
            platform=sa.bindparam("platform"),
            platform_user=sa.bindparam("user"),
            name=sa.bindparam("name"),
            language=sa.bindparam("language"),
            first_seen=sa.bindparam("now"),
            last_seen=sa.bindparam("now"),
            talking_since=sa.bindparam("now"),
        )
        .on_conflict_do_update(
            index_elements=["avatar_id", "platform", "platform_user"],
            set_={
                "name": new.excluded.name,
                "language": sa.case((new.excluded.language != "", new.excluded.language), else_=fan.c.language),
                "last_seen": new.excluded.last_seen,
                "talking_since": sa.case(
                    (fan.c.last_seen < sa.bindparam("pause"), new.excluded.talking_since),
                    else_=sa.func.coalesce(fan.c.talking_since, new.excluded.talking_since),
                ),
            },
        )
        .returning(fan.c.id, fan.c.habits, fan.c.first_seen)
    )


_GIVEN = (
    "avatar_id",
    "conversation_id",
    "fan_id",
    "platform_message",
    "text",
    "command",
    "argument",
    "attachment",
    "language",
    "sent_at",
    "received_at",
    "tokens",
    "roles",
)

_state = sa.case((barred, sa.literal(MessageState.REFUSED.value)), else_=sa.literal(MessageState.PENDING.value))

_ENTER_CONVERSATION = Upsert(_upsert_conversation)
_ENTER_FAN = Upsert(_upsert_fan)
_ADD_MESSAGE = Upsert(
    lambda insert: (
        insert(message)
        .values(**{name: sa.bindparam(name) for name in _GIVEN}, state=_state)
        .on_conflict_do_nothing(index_elements=["conversation_id", "platform_message"])
        .returning(message.c.id, message.c.state)
    )
)


def _accept(connection: sa.Connection, rules: Rules, incoming: Incoming, now: datetime) -> Announcement | None:
    place, sender = incoming.place, incoming.sender
    key = _place(rules, place)
    whom = {"avatar": key["avatar"], "platform": place.account.partition(":")[0], "user": sender.id, "now": now}
    known = connection.execute(
        _ENTER_FAN.on(connection),
        {**whom, "name": sender.name, "language": sender.language, "pause": now - honesty.PAUSE},
    ).all()[0]
    where = connection.execute(
        _ENTER_CONVERSATION.on(connection),
        {
            **key,
            "shared": place.shared,
            "community": place.community,
            "parent": place.parent,
            "fan": None if place.shared else known.id,
            "now": now,
            "due": now + min(rules.quiet, rules.quiet_cap),
            "cap": rules.quiet_cap // MICROSECOND,
        },
    ).scalar_one()
    added = connection.execute(
        _ADD_MESSAGE.on(connection),
        {
            "avatar_id": key["avatar"],
            "conversation_id": where,
            "fan_id": known.id,
            "platform_message": incoming.message,
            "text": incoming.text,
            "command": incoming.command,
            "argument": incoming.argument,
            "attachment": incoming.attachment,
            "language": sender.language,
            "sent_at": incoming.sent_at,
            "received_at": now,
            "tokens": rules.estimate(incoming.text),
            "roles": " ".join(sender.roles),
            **whom,
            "within": community_of(place),
        },
    ).one_or_none()
    if added is None:
        raise _KnownError
    if ages.says_minor(incoming.text, now):
        mark_minor(connection, key["avatar"], known.id, now)
    refused = added.state == MessageState.REFUSED or watch(connection, key["avatar"], known, incoming, now)
    if refused:
        refuse(connection, key["avatar"], where, added.id)
        return None
    return Announcement(ConversationId(where), MessageId(added.id))


# ── revise and retract ───────────────────────────────────────────────────────────────────────────

_this_message = sa.and_(
    message.c.platform_message == sa.bindparam("known_as"),
    message.c.avatar_id == sa.bindparam("avatar"),
    message.c.conversation_id == sa.select(conversation.c.id).where(this_place).scalar_subquery(),
)

_REVISE = (
    sa.update(message)
    .where(_this_message, message.c.state != MessageState.RETRACTED)
    .values(text=sa.bindparam("new_text"), tokens=sa.bindparam("new_tokens"))
    .returning(message.c.id, message.c.conversation_id, message.c.state, message.c.fan_id, message.c.received_at)
)

_LOOK = (
    sa.select(message.c.id, message.c.conversation_id, message.c.state, message.c.turn_id)
    .where(_this_message)
    .with_for_update(of=message)
)

_ERASE = (
    sa.update(message)
    .where(message.c.id == sa.bindparam("which"), message.c.avatar_id == sa.bindparam("avatar"))
    .values(text="", argument="", attachment="", tokens=0, state=MessageState.RETRACTED)
)


def _revise(connection: sa.Connection, key: dict[str, Any], values: dict[str, Any]) -> Announcement | None:
    found = connection.execute(_REVISE, {**key, **values}).one_or_none()
    if found is None:
        return None
    if ages.says_minor(values["new_text"], found.received_at):
        mark_minor(connection, key["avatar"], found.fan_id, found.received_at)
    unlearn_message(connection, key["avatar"], found.conversation_id, found.id)
    return _news(found)


def _retract(connection: sa.Connection, key: dict[str, Any]) -> Announcement | None:
    found = connection.execute(_LOOK, key).one_or_none()
    if found is None:
        return None
    connection.execute(_ERASE, {"which": found.id, "avatar": key["avatar"]})
    if found.turn_id is not None:
        forget_gap(connection, key["avatar"], found.turn_id)
    unlearn_message(connection, key["avatar"], found.conversation_id, found.id)
    return _news(found)


def _news(found: AnyRow) -> Announcement | None:
    return Announcement(ConversationId(found.conversation_id)) if found.state in _UNANSWERED else None


# ── catching up ──────────────────────────────────────────────────────────────────────────────────

_newest = (
    sa.select(message.c.id)
    .where(message.c.conversation_id == conversation.c.id, message.c.platform_message.is_not(None))
    .order_by(message.c.id.desc())
    .limit(1)
    .correlate(conversation)
    .scalar_subquery()
)

_LAST_SEEN = (
    sa.select(conversation.c.chat, message.c.platform_message)
    .join(message, message.c.id == _newest)
    .where(
        conversation.c.avatar_id == sa.bindparam("avatar"),
        conversation.c.account == sa.bindparam("account"),
        conversation.c.shared == sa.false(),
    )
    .order_by(message.c.id)
)


# ── reset ────────────────────────────────────────────────────────────────────────────────────────

_LOCK = sa.select(conversation.c.id).where(this_place).with_for_update()

_NEWEST = sa.select(sa.func.coalesce(sa.func.max(message.c.id), 0)).where(
    message.c.conversation_id == sa.bindparam("where"), message.c.avatar_id == sa.bindparam("avatar")
)

_DROP = (
    sa.update(message)
    .where(
        message.c.conversation_id == sa.bindparam("where"),
        message.c.avatar_id == sa.bindparam("avatar"),
        message.c.id <= sa.bindparam("until"),
        message.c.state.in_(sa.bindparam("states", expanding=True)),
    )
    .values(state=MessageState.DROPPED)
)

_SAYS_A_POST = sa.select(turn.c.id).where(
    turn.c.conversation_id == sa.bindparam("where"),
    turn.c.avatar_id == sa.bindparam("avatar"),
    NOT_DONE,
    sa.exists().where(post.c.turn_id == turn.c.id),
)

_END_TURN = (
    sa.update(turn)
    .where(turn.c.conversation_id == sa.bindparam("where"), turn.c.avatar_id == sa.bindparam("avatar"), NOT_DONE)
    .values(
        state=TurnState.DONE,
        outcome=sa.func.coalesce(turn.c.outcome, DROPPED),
        finished_at=sa.bindparam("now", type_=Moment),
    )
)

_FREE = (
    sa.update(conversation)
    .where(conversation.c.id == sa.bindparam("where"), conversation.c.avatar_id == sa.bindparam("avatar"))
    .values(generation=conversation.c.generation + 1, worker=None, lease_until=None)
)

_still_waiting = sa.exists().where(message.c.conversation_id == conversation.c.id, PENDING_ONLY)

_AFRESH = (
    sa.update(conversation)
    .where(conversation.c.id == sa.bindparam("where"), conversation.c.avatar_id == sa.bindparam("avatar"))
    .values(
        window_start=sa.bindparam("start"),
        fresh_from=sa.bindparam("start"),
        waiting_since=sa.case((_still_waiting, conversation.c.waiting_since)),
        due_at=sa.case((_still_waiting, conversation.c.due_at)),
    )
)


_COMMAND = sa.select(message.c.id, message.c.state).where(_this_message)


def _reset(connection: sa.Connection, place: dict[str, Any], known_as: str, now: datetime) -> None:
    where = connection.execute(_LOCK, place).scalar_one_or_none()
    if where is None:
        return
    key = {"where": where, "avatar": place["avatar"]}
    command = connection.execute(_COMMAND, {**place, "known_as": known_as}).one_or_none()
    if command is not None and command.state not in _UNANSWERED:
        return  # it was obeyed before
    until = connection.execute(_NEWEST, key).scalar_one() if command is None else command.id
    if command is not None and command.state == MessageState.TAKEN:
        connection.execute(_DROP, {**key, "until": until, "states": [MessageState.PENDING]})
    else:
        connection.execute(_DROP, {**key, "until": until, "states": _UNANSWERED})
        if connection.execute(_SAYS_A_POST, key).one_or_none() is None:  # what a post says goes on
            connection.execute(_END_TURN, {**key, "now": now})
            connection.execute(_FREE, key)
    connection.execute(_AFRESH, {**key, "start": until + 1})
    still_due(connection, key, now)
    begin_afresh(connection, place["avatar"], where)
