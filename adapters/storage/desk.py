"""The tables of the desk: what is to be said unasked, who holds a conversation or asks for a person, and drafts."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.storage.schema import Id, Moment, conversation, metadata

UNSAID = sa.text("turn_id IS NULL")  # written out, so that both databases see that the partial index fits

post = sa.Table(
    "post",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversation.id"), nullable=False),  # where it is to be said
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("remembered", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("actions", sa.JSON, nullable=False),
    sa.Column("key", sa.Text),  # null: it may be said as often as it is posted
    sa.Column("about_id", Id),  # the conversation whose talk it is part of; null: its own
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id")),  # whose words it holds
    sa.Column("turn_id", Id, sa.ForeignKey("turn.id")),  # that says it; null: it waits
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("avatar_id", "key"),
    sa.Index("ix_post_unsaid", "conversation_id", "id", sqlite_where=UNSAID, postgresql_where=UNSAID),
    sa.Index(None, "conversation_id"),
    sa.Index(None, "turn_id"),
    sa.Index(None, "fan_id"),
    sqlite_autoincrement=True,
)

hold = sa.Table(
    "hold",
    metadata,
    sa.Column("conversation_id", Id, sa.ForeignKey("conversation.id"), primary_key=True, autoincrement=False),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("spoke_at", Moment),  # the person's last words; null: none yet
    sa.Column("silence", sa.BigInteger, nullable=False),  # seconds without them after which it ends
    sa.Column("until", Moment, nullable=False),
    sa.Column("desk", sa.JSON(none_as_null=True)),  # a place; null: the person reads along
    sa.Column("desk_thread", sa.JSON(none_as_null=True)),  # a place; null: not opened yet
    sa.Index(None, "avatar_id"),
)

plea = sa.Table(  # a fan asks for a person: one for each conversation, the newest
    "plea",
    metadata,
    sa.Column("conversation_id", Id, sa.ForeignKey("conversation.id"), primary_key=True, autoincrement=False),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),  # see core.asking.Reason
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("waiting", sa.Boolean, nullable=False),
    sa.Index(None, "avatar_id"),
    sa.Index(None, "fan_id"),
)

draft = sa.Table(
    "draft",
    metadata,
    sa.Column("turn_id", Id, sa.ForeignKey("turn.id"), primary_key=True, autoincrement=False),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversation.id"), nullable=False),
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id"), nullable=False),  # who spoke last
    sa.Column("text", sa.Text, nullable=False),  # as the fan would see it
    sa.Column("remembered", sa.Text, nullable=False),
    sa.Column("dial", sa.Text, nullable=False),  # the setting by which it waits
    sa.Column("send_at", Moment),  # null: not before it is approved
    sa.Column("state", sa.Text, nullable=False),  # see drafts.DraftState
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("decided_at", Moment),
    sa.Index(None, "avatar_id", "state"),
    sa.Index(None, "conversation_id"),
    sa.Index(None, "fan_id"),
)

posts_waiting = sa.exists().where(post.c.conversation_id == conversation.c.id, UNSAID).correlate(conversation)

# By number, not correlated: in RETURNING, SQLite is given names without their tables, which inside mean the inner ones.
_where: sa.BindParameter[int] = sa.bindparam("where")

unsaid = (  # the oldest post that waits in a conversation
    sa.select(sa.func.min(post.c.id)).where(post.c.conversation_id == _where, UNSAID).scalar_subquery()
)

held = sa.exists().where(hold.c.conversation_id == _where)
