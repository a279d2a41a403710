"""What went into replies: noted with the reply, told to the fan it was for and to those who look after the avatar."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.storage.database import Database
from adapters.storage.passages import in_pages
from adapters.storage.places import place_columns, place_key, read_place, this_place
from adapters.storage.rules import Rules
from adapters.storage.schema import (
    AnyRow,
    MessageState,
    TurnState,
    conversation,
    delivery,
    gap,
    message,
    passage,
    turn,
    turn_source,
)
from core.content import DocumentId
from core.model import AvatarId, Claim, Outcome, Place, Reply, TurnId, Usage, Used, Why


class Receipts:
    """See ``core.ports.Receipts``."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules

    async def of_last_reply(self, place: Place) -> Sequence[Used]:
        """See ``core.ports.Receipts``. A command's answer or a limit's notice is no reply here."""
        key = self._key(place)
        return await self._database.read(lambda connection: _of_last_reply(connection, key))

    async def shown(self, place: Place) -> Collection[DocumentId]:
        """See ``core.ports.Receipts``."""
        key = self._key(place)
        return await self._database.read(lambda connection: _shown(connection, key))

    async def lately(self, place: Place, *, limit: int) -> Sequence[str]:
        """See ``core.ports.Receipts``. Commands are left out."""
        key = {**self._key(place), "most": limit}
        return await self._database.read(
            lambda connection: [row.text for row in connection.execute(_LATELY, key)][::-1]
        )

    async def why(self, avatar: AvatarId, message: str, *, place: Place | None = None) -> Why | None:
        """How a reply came about; None if there is no such turn of this avatar.

        Args:
            avatar: Whose.
            message: A turn's number, or the platform's id of the reply or of the fan's message, looked for in this
                order. Where platforms use an id more than once, the newest is meant.
            place: Where the message is, if that is known: then it is the platform's id of the reply there.
        """
        return await self._database.read(lambda connection: _why(connection, avatar, message, place))

    def _key(self, place: Place) -> dict[str, Any]:
        return place_key(self._rules.avatar(place.account), place)


# ── noting ───────────────────────────────────────────────────────────────────────────────────────

_USED = sa.insert(turn_source)

_GAP = sa.insert(gap)

_PRIVATE = sa.select(conversation.c.id).where(
    conversation.c.id == sa.bindparam("where"),
    conversation.c.avatar_id == sa.bindparam("avatar"),
    conversation.c.private_from.is_not(None),
)


def note_sources(connection: sa.Connection, claim: Claim, reply: Reply) -> None:
    """Keep what went into a reply, and what was missing for it; within the transaction that stores it."""
    if reply.used:
        rows = [
            {
                "turn_id": claim.turn,
                "ordinal": ordinal,
                "avatar_id": claim.avatar,
                "kind": used.kind,
                "ref": used.ref,
                "title": used.title,
                "url": used.url,
                "score": used.score,
                "cited": used.cited,
            }
            for ordinal, used in enumerate(reply.used)
        ]
        connection.execute(_USED, rows)
    if reply.gap and not connection.execute(_PRIVATE, {"where": claim.conversation, "avatar": claim.avatar}).all():
        asked = claim.pending[-1]  # in a shared place it is who spoke last
        whose = {"avatar_id": claim.avatar, "turn_id": claim.turn, "fan_id": asked.fan}
        connection.execute(_GAP, {**whose, "question": reply.gap, "asked_at": asked.sent_at})


# ── of a turn ────────────────────────────────────────────────────────────────────────────────────

_SOURCES = (
    sa.select(
        turn_source.c.kind,
        turn_source.c.ref,
        turn_source.c.title,
        turn_source.c.url,
        turn_source.c.score,
        turn_source.c.cited,
    )
    .where(turn_source.c.turn_id == sa.bindparam("turn"), turn_source.c.avatar_id == sa.bindparam("avatar"))
    .order_by(turn_source.c.ordinal)
)


def used_in(connection: sa.Connection, avatar: str, which: int) -> tuple[Used, ...]:
    """What went into a turn's reply, best first."""
    return tuple(Used(*row) for row in connection.execute(_SOURCES, {"turn": which, "avatar": avatar}))


def read_usage(row: AnyRow) -> Usage:
    """What a turn's reply took."""
    return Usage(row.prompt_tokens or 0, row.completion_tokens or 0, row.cached_tokens or 0, bool(row.estimated))


# ── of a place ───────────────────────────────────────────────────────────────────────────────────

_LAST_REPLY = (
    sa.select(turn.c.id)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(
        this_place,
        turn.c.state != TurnState.OPEN,
        turn.c.outcome.in_((Outcome.ANSWERED, Outcome.FIXED, Outcome.FALLBACK)),
    )
    .order_by(turn.c.id.desc())
    .limit(1)
)

_SHOWN = (
    sa.select(turn_source.c.ref)
    .distinct()
    .join(turn, turn.c.id == turn_source.c.turn_id)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(
        this_place,
        turn_source.c.avatar_id == sa.bindparam("avatar"),
        turn_source.c.kind == "passage",
        turn_source.c.cited,
    )
)

_DOCUMENTS = (
    sa.select(passage.c.document_id)
    .distinct()
    .where(passage.c.avatar_id == sa.bindparam("avatar"), passage.c.id.in_(sa.bindparam("which", expanding=True)))
)

_LATELY = (
    sa.select(message.c.text)
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .where(
        this_place,
        message.c.id >= conversation.c.window_start,
        message.c.fan_id.is_not(None),
        message.c.state.in_((MessageState.ANSWERED, MessageState.TAKEN)),
        message.c.command == "",
        message.c.text != "",
    )
    .order_by(message.c.id.desc())
    .limit(sa.bindparam("most"))
)


def _of_last_reply(connection: sa.Connection, key: dict[str, Any]) -> Sequence[Used]:
    last = connection.execute(_LAST_REPLY, key).scalar_one_or_none()
    return () if last is None else used_in(connection, key["avatar"], last)


def _shown(connection: sa.Connection, key: dict[str, Any]) -> Collection[DocumentId]:
    refs = [int(row.ref) for row in connection.execute(_SHOWN, key)]
    pages = (connection.execute(_DOCUMENTS, {"avatar": key["avatar"], "which": page}) for page in in_pages(refs))
    return frozenset(DocumentId(row.document_id) for page in pages for row in page)


# ── of a message ─────────────────────────────────────────────────────────────────────────────────

_turns = (
    sa.select(turn, *place_columns)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(turn.c.avatar_id == sa.bindparam("avatar"))
    .order_by(turn.c.id.desc())
    .limit(1)
)

_BY_NUMBER = _turns.where(turn.c.id == sa.bindparam("number"))

_BY_REPLY = _turns.join(delivery, delivery.c.turn_id == turn.c.id).where(delivery.c.receipt == sa.bindparam("message"))

_BY_QUESTION = _turns.join(message, message.c.turn_id == turn.c.id).where(
    message.c.platform_message == sa.bindparam("message")
)

_MOST_DIGITS = 18  # of a number that every database can hold

_GAPS = sa.select(sa.func.count()).where(
    gap.c.turn_id == sa.bindparam("turn"), gap.c.avatar_id == sa.bindparam("avatar")
)


def find_turn(connection: sa.Connection, avatar: AvatarId, message: str, place: Place | None) -> AnyRow | None:
    """The turn's row, with ``place_columns``; see ``Receipts.why``."""
    if place is not None:
        queries = [(_BY_REPLY.where(this_place), {**place_key(avatar, place), "message": message})]
    else:
        anywhere: dict[str, Any] = {"avatar": avatar, "message": message}
        queries = [(_BY_REPLY, anywhere), (_BY_QUESTION, anywhere)]
        if message.isascii() and message.isdigit() and len(message) <= _MOST_DIGITS:
            queries.insert(0, (_BY_NUMBER, {"avatar": avatar, "number": int(message)}))
    found = (connection.execute(query, key).one_or_none() for query, key in queries)
    return next((row for row in found if row is not None), None)


def _why(connection: sa.Connection, avatar: AvatarId, message: str, place: Place | None) -> Why | None:
    row = find_turn(connection, avatar, message, place)
    if row is None:
        return None
    return Why(
        turn=TurnId(row.id),
        place=read_place(row.account, row.chat, row.thread, row.business, row.shared),
        outcome=row.outcome or "",
        model=row.model or "",
        usage=read_usage(row),
        note=row.note or {},
        used=used_in(connection, avatar, row.id),
        gap=bool(connection.execute(_GAPS, {"turn": row.id, "avatar": avatar}).scalar_one()),
        began_at=row.created_at,
        finished_at=row.finished_at,
    )
