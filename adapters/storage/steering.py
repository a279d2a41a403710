"""The tables of the control room: what was set, who may set it, and what was done."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.storage.schema import Id, Moment, metadata

setting_revision = sa.Table(
    "setting_revision",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

setting = sa.Table(
    "setting",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),  # see core.model.Controls.keys; empty: the avatar as a whole
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

audit = sa.Table(  # rows are added, and never changed or deleted
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "avatar_id", "id"),
    sqlite_autoincrement=True,
)
