"""The tables. Whatever holds something of a fan or an avatar carries avatar_id, and every query filters by it.

Moments are whole microseconds since 1970 in a BigInteger: the same arithmetic and comparison on every database, exact,
and about ten times cheaper to read than SQLite's own text form. In Python they are always aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(sa.TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since ``EPOCH``."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002, D102 - SQLAlchemy's signature
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002, D102 - SQLAlchemy's signature
        return None if value is None else EPOCH + timedelta(microseconds=value)


class MessageState(StrEnum):
    """What became of a message."""

    PENDING = "pending"  # waits for a turn
    TAKEN = "taken"  # part of an open turn
    ANSWERED = "answered"  # its turn's reply is stored; or it is the avatar's own
    REFUSED = "refused"  # beyond a limit; with a turn_id, that turn tells the fan
    RETRACTED = "retracted"  # deleted by the fan; its text is gone
    DROPPED = "dropped"  # a reset came before its answer


class TurnState(StrEnum):
    """How far a turn has come."""

    OPEN = "open"  # nothing is decided yet
    STORED = "stored"  # the reply is stored and on its way
    DONE = "done"


DROPPED = "dropped"  # outcome of a turn that ended without a reply: reset, or nothing was left to answer

PENDING_ONLY = sa.text("state = 'pending'")  # written out, so that both databases see that the partial index fits
NOT_DONE = sa.text("state <> 'done'")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Moment, nullable=nullable)


def _refers(table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(f"{table}_id", Id, sa.ForeignKey(f"{table}.id"), nullable=nullable)


fan = sa.Table(
    "fan",
    metadata,
    _id(),
    _text("avatar_id"),
    _text("platform"),
    _text("platform_user"),
    _text("name"),
    _text("language"),
    _moment("first_seen"),
    _moment("last_seen"),
    _moment("disclosed_at", nullable=True),  # when this fan was last told that this is an AI
    _moment("talking_since", nullable=True),  # since when they have written without a long pause
    sa.Column("person", sa.Text),  # the same for all fans of an avatar who have shown to be one; null: not linked
    _moment("forgotten_at", nullable=True),  # everything until then is to go once the fan has been told so
    sa.Column("habits", sa.Text, nullable=False, server_default=""),  # how they have written lately (core.spam)
    sa.UniqueConstraint("avatar_id", "platform", "platform_user"),
    _moment("opened_at", nullable=True),  # since when the creator may read the facts about this fan; null: they may not
    sa.Index(None, "person"),
    sqlite_autoincrement=True,  # an id is never given twice, as on PostgreSQL
)

conversation = sa.Table(
    "conversation",
    metadata,
    _id(),
    _text("avatar_id"),
    _text("account"),
    _text("chat"),
    _text("thread"),
    _text("business"),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("community", sa.Text, nullable=False, server_default=""),
    sa.Column("parent", sa.Text, nullable=False, server_default=""),  # the chat that it is a thread of
    sa.Column("fan_id", Id),  # whose DM it is; null: it is shared
    # The fence: it rises whenever another holder, or none, may speak from now on (a new holder, a reset).
    sa.Column("generation", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("window_start", sa.BigInteger, nullable=False, server_default=sa.text("0")),  # the first message id in it
    _moment("waiting_since", nullable=True),  # arrival of the oldest message that no turn has taken
    _moment("due_at", nullable=True),  # when what waits may be taken; null: nothing waits
    sa.Column("worker", sa.Text),  # who holds it
    _moment("lease_until", nullable=True),  # for how long; null: nobody holds it, and no turn was left in it
    sa.Column("unreachable", sa.Boolean, nullable=False, server_default=sa.false()),
    _moment("created_at"),
    # What is remembered of it: messages from an id on (a reset), until an id (private from then on).
    sa.Column("fresh_from", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("private_from", sa.BigInteger),  # null: it is not private
    # What is still to be learned from it, and the fence around that: it rises with every learner, and with whatever
    # is taken back.
    sa.Column("learned_upto", sa.BigInteger, nullable=False, server_default=sa.text("0")),  # the last message id
    sa.Column("unlearned", sa.Integer, nullable=False, server_default=sa.text("0")),  # messages since, at the most
    _moment("unlearned_at", nullable=True),  # when the newest of them came; null: there is none
    sa.Column("memory_generation", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    _moment("learning_until", nullable=True),  # for so long one learner has it alone
    # The avatar is part of the key: an account given to another avatar starts new conversations.
    sa.UniqueConstraint("avatar_id", "account", "chat", "thread", "business"),
    sa.Index(
        None, "due_at", sqlite_where=sa.text("due_at IS NOT NULL"), postgresql_where=sa.text("due_at IS NOT NULL")
    ),
    sa.Index(
        None,
        "lease_until",
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    ),
    sa.Index(
        None,
        "avatar_id",
        "unlearned_at",
        sqlite_where=sa.text("unlearned_at IS NOT NULL"),
        postgresql_where=sa.text("unlearned_at IS NOT NULL"),
    ),
    sa.Index(None, "fan_id"),
    sqlite_autoincrement=True,
)

turn = sa.Table(
    "turn",
    metadata,
    _id(),
    _text("avatar_id"),
    _refers("conversation"),
    sa.Column("generation", sa.BigInteger, nullable=False),  # the conversation's, when it was last claimed
    _text("state"),
    sa.Column("reply", sa.Text),
    sa.Column("remembered", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("prompt_tokens", sa.Integer),
    sa.Column("completion_tokens", sa.Integer),
    sa.Column("cached_tokens", sa.Integer),
    sa.Column("estimated", sa.Boolean),
    sa.Column("note", sa.JSON),
    _moment("created_at"),
    _moment("claimed_at"),
    _moment("finished_at", nullable=True),
    sa.Index(None, "conversation_id"),
    sa.Index("uq_turn_not_done", "conversation_id", unique=True, sqlite_where=NOT_DONE, postgresql_where=NOT_DONE),
    sqlite_autoincrement=True,
)

message = sa.Table(
    "message",
    metadata,
    _id(),
    _text("avatar_id"),
    _refers("conversation"),
    _refers("fan", nullable=True),  # null: the avatar spoke
    sa.Column("platform_message", sa.Text),
    _text("text"),
    _text("command"),
    _text("argument"),
    _text("attachment"),
    _text("language"),
    _moment("sent_at"),
    _moment("received_at"),
    _text("state"),
    _refers("turn", nullable=True),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),  # nothing of it may be remembered
    sa.Column("roles", sa.Text, nullable=False, server_default=""),  # the sender's there and then, as the platform says
    sa.Column("speaker", sa.Text, nullable=False, server_default=""),  # the person who spoke in the avatar's place
    sa.UniqueConstraint("conversation_id", "platform_message"),
    sa.Index(None, "conversation_id", "id"),
    sa.Index(None, "fan_id", "conversation_id"),
    sa.Index(None, "turn_id"),
    sa.Index("ix_message_pending", "conversation_id", sqlite_where=PENDING_ONLY, postgresql_where=PENDING_ONLY),
    sqlite_autoincrement=True,
)

delivery = sa.Table(
    "delivery",
    metadata,
    _id(),
    _text("avatar_id"),
    _refers("turn"),
    sa.Column("part", sa.Integer, nullable=False),
    _text("text"),
    _text("state"),
    sa.Column("receipt", sa.Text),
    _text("idempotency_key"),  # the same at every attempt, and different in every database
    sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("begun", sa.Boolean, nullable=False, server_default=sa.false()),  # it may be on its way just now
    sa.Column("actions", sa.JSON(none_as_null=True)),  # as ``outbox.kept_actions`` gives them; null: none
    sa.UniqueConstraint("turn_id", "part"),
    sqlite_autoincrement=True,
)


# ── what the creator has published ───────────────────────────────────────────────────────────────
# What belongs together refers to each other with the avatar, so that no row can belong to two of them.

content_revision = sa.Table(
    "content_revision",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False, server_default=sa.text("0")),
)

document = sa.Table(
    "document",
    metadata,
    _id(),
    _text("avatar_id"),
    _text("source"),
    _text("key"),
    _text("kind"),
    _text("title"),
    _text("url"),
    _moment("published", nullable=True),
    _text("language"),
    sa.Column("own_words", sa.Boolean, nullable=False),
    _text("tier"),
    _text("digest"),  # of all that is kept of it, passages included
    _moment("updated_at"),
    sa.UniqueConstraint("avatar_id", "source", "key"),
    sa.UniqueConstraint("avatar_id", "id"),
    sqlite_autoincrement=True,
)

passage = sa.Table(
    "passage",
    metadata,
    _id(),
    _text("avatar_id"),
    sa.Column("document_id", Id, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    _text("text"),
    sa.Column("tokens", sa.Integer, nullable=False),
    _text("heading"),
    sa.Column("page", sa.Integer),
    sa.Column("start", sa.Double),
    _text("language"),
    sa.ForeignKeyConstraint(["avatar_id", "document_id"], ["document.avatar_id", "document.id"], ondelete="CASCADE"),
    sa.UniqueConstraint("avatar_id", "id"),
    sa.Index(None, "avatar_id", "document_id", "ordinal"),
    sqlite_autoincrement=True,
)

embedding = sa.Table(  # not "vector": PostgreSQL names a row's type after its table, and pgvector has that name
    "embedding",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("passage_id", Id, primary_key=True, autoincrement=False),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(["avatar_id", "passage_id"], ["passage.avatar_id", "passage.id"], ondelete="CASCADE"),
)

crawl = sa.Table(
    "crawl",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    _text("etag"),
    _text("last_modified"),
    _moment("fetched_at"),
)

# ── what went into replies, and what is learnt from them ─────────────────────────────────────────

turn_source = sa.Table(
    "turn_source",
    metadata,
    sa.Column("turn_id", Id, sa.ForeignKey("turn.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),  # from 0, best first
    _text("avatar_id"),
    _text("kind"),
    _text("ref"),
    _text("title"),
    _text("url"),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("cited", sa.Boolean, nullable=False),
)

gap = sa.Table(
    "gap",
    metadata,
    _id(),
    _text("avatar_id"),
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id", ondelete="CASCADE"), nullable=False),
    sa.Column("turn_id", Id, sa.ForeignKey("turn.id", ondelete="CASCADE"), nullable=False),
    _text("question"),
    _moment("asked_at"),
    sa.Index(None, "avatar_id", "asked_at"),
    sa.Index(None, "turn_id"),
    sa.Index(None, "fan_id"),
    sqlite_autoincrement=True,
)

correction = sa.Table(
    "correction",
    metadata,
    _id(),
    _text("avatar_id"),
    sa.Column("turn_id", Id, sa.ForeignKey("turn.id", ondelete="SET NULL")),  # null: the turn was deleted
    _text("question"),
    _text("reply_before"),
    _text("text"),
    _text("by"),
    _moment("created_at"),
    sa.Index(None, "avatar_id"),
    sa.Index(None, "turn_id"),
    sqlite_autoincrement=True,
)

persona_version = sa.Table(
    "persona_version",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # from 1
    _text("toml"),
    _text("note"),
    _moment("created_at"),
)


AnyRow = sa.Row[*tuple[Any, ...]]
AnyInsert = sqlite.Insert | postgresql.Insert


class Upsert:
    """An INSERT … ON CONFLICT, which SQLAlchemy has per dialect only, built once for each of them."""

    def __init__(self, build: Callable[[Callable[[sa.Table], AnyInsert]], sa.Executable]) -> None:
        self._built = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}

    def on(self, connection: sa.Connection) -> Any:
        """The statement for this connection's database."""
        return self._built[connection.dialect.name]
