"""The tables of what is remembered of fans, of who they are elsewhere, and of what creators keep about them.

What comes from a message goes with it.
"""

from __future__ import annotations

import sqlalchemy as sa

from adapters.storage.schema import Id, Moment, metadata

fact = sa.Table(
    "fact",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id"), nullable=False),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversation.id"), nullable=False),  # where it was said
    sa.Column("shared", sa.Boolean, nullable=False),  # that place, as it was then
    sa.Column("community", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("statement", sa.Text, nullable=False),
    sa.Column("confidence", sa.Double, nullable=False),
    sa.Column("said_at", Moment, nullable=False),
    sa.Column("holds_from", Moment),
    sa.Column("holds_until", Moment),
    sa.Column("message_id", Id, sa.ForeignKey("message.id", ondelete="CASCADE")),  # null: the fan had it noted
    sa.Column("replaced_by", Id, sa.ForeignKey("fact.id", ondelete="SET NULL")),
    sa.Column("replaced_at", Moment),  # null: it holds
    sa.Column("created_at", Moment, nullable=False),
    sa.Index(None, "fan_id", "id"),
    sa.Index(None, "conversation_id"),
    sa.Index(None, "message_id"),
    sa.Index(None, "replaced_by"),
    sqlite_autoincrement=True,
)

summary = sa.Table(
    "summary",
    metadata,
    sa.Column("conversation_id", Id, sa.ForeignKey("conversation.id"), primary_key=True, autoincrement=False),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("upto", sa.BigInteger, nullable=False),  # the last message id in it
    sa.Column("made_at", Moment, nullable=False),
)

message_embedding = sa.Table(
    "message_embedding",
    metadata,
    sa.Column("message_id", Id, sa.ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

link_code = sa.Table(
    "link_code",
    metadata,
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id"), primary_key=True, autoincrement=False),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),  # of the code, which is kept nowhere
    sa.Column("expires_at", Moment, nullable=False),
    sa.UniqueConstraint("avatar_id", "digest"),
)

creator_tag = sa.Table(
    "creator_tag",
    metadata,
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id"), primary_key=True, autoincrement=False),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Index(None, "avatar_id", "tag"),
)

creator_note = sa.Table(
    "creator_note",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id"), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Index(None, "fan_id"),
    sqlite_autoincrement=True,
)
