"""The table of payments. It names who paid as the platform does, so that it outlives what a fan has forgotten."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.storage.schema import Id, Moment, metadata

purchase = sa.Table(  # rows are added, and never changed but for their refund
    "purchase",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("avatar_id", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("platform_user", sa.Text, nullable=False),
    sa.Column("tier", sa.Text, nullable=False),  # empty: for nothing that the avatar knows
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("charge", sa.Text, nullable=False),
    sa.Column("renews", sa.Boolean, nullable=False),
    sa.Column("paid_at", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
    sa.Column("refunded_at", Moment),
    sa.UniqueConstraint("account", "charge"),
    sa.Index(None, "avatar_id", "platform", "platform_user"),
    sqlite_autoincrement=True,
)
