"""The tables of what is used up: buckets of the limits, circles of fans, and the ledger."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.storage.schema import Id, Moment, metadata

bucket = sa.Table(
    "bucket",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),  # empty: of all avatars together
    sa.Column("subject", sa.Text, primary_key=True),  # whose: "fan/12", "place/telegram:1//-100/", "avatar"
    sa.Column("name", sa.Text, primary_key=True),  # which: "messages/60"; with a scope before it, a fan's notice
    sa.Column("tat", Moment),
    sa.Column("noticed_until", Moment),  # until then the fan is not told again
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("fan_id", Id, sa.ForeignKey("fan.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("tier", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),  # by what: "grant", "stars", an entitlement's id
    sa.Column("until", Moment),  # null: until it is taken back
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("avatar_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # in UTC
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    *(
        sa.Column(name, sa.BigInteger, nullable=False)
        for name in ("calls", "prompt", "completion", "cached", "money", "estimated")  # the last: calls that are
    ),
)
