"""The tables of moderation. What was done about a person is keyed by how the platform knows them.

So it outlives what they have the avatar forget: nobody gets rid of a ban by /forget.
"""

from __future__ import annotations

import sqlalchemy as sa

from adapters.storage.schema import Id, Moment, metadata

sanction = sa.Table(  # what holds now
    "sanction",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("platform_user", sa.Text, primary_key=True),
    sa.Column("community", sa.Text, primary_key=True),  # empty: wherever the avatar is
    sa.Column("kind", sa.Text, primary_key=True),  # "mute", "ban" or "ignore"
    sa.Column("until", Moment),  # null: until it is lifted
    sa.Column("number", sa.BigInteger, nullable=False),  # of its case
)

case_count = sa.Table(
    "case_count",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),  # of the newest case
)

moderation_case = sa.Table(
    "moderation_case",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),  # from 1
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("platform_user", sa.Text, nullable=False),
    sa.Column("community", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("until", Moment),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("turn_id", Id, sa.ForeignKey("turn.id", ondelete="SET NULL")),  # null: the turn was deleted, or none
    sa.Column("closed_at", Moment),  # null: open
    sa.Column("closed_by", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Index(None, "avatar_id", "platform", "platform_user"),
    sa.Index(None, "turn_id"),
)

notice = sa.Table(  # what fans were told, so that they are told it once
    "notice",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("conversation_id", Id, sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("fan_id", Id, primary_key=True, autoincrement=False),  # 0: everybody there
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("until", Moment, nullable=False),  # until then it is not said again
    sa.Column("turn_id", Id, nullable=False),  # that said it: played again, it says it again
)
