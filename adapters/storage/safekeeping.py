"""The tables of what keeps fans safe."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.storage.schema import Moment, metadata

# Who has said to be a minor. By the platform's id, not by the fan's row: it outlasts forgetting, so that nobody becomes
# an adult by asking to be forgotten. It says nothing else about them.
minor = sa.Table(
    "minor",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("platform_user", sa.Text, primary_key=True),
    sa.Column("since", Moment, nullable=False),
)

crisis_count = sa.Table(  # how often helplines were shown; nothing in it tells to whom
    "crisis_count",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("month", sa.Text, primary_key=True),  # "2026-11", in UTC
    sa.Column("kind", sa.Text, primary_key=True),  # see core.crisis.Kind
    sa.Column("count", sa.Integer, nullable=False),
)
