"""The control room: what was set and done, limits and budgets, sanctions and cases, the desk, and fans' safety."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.BigInteger  # microseconds since 1970
UNSAID = sa.text("turn_id IS NULL")

COLUMNS = (
    ("conversation", lambda: sa.Column("parent", sa.Text, nullable=False, server_default="")),
    ("delivery", lambda: sa.Column("begun", sa.Boolean, nullable=False, server_default=sa.false())),
    ("delivery", lambda: sa.Column("actions", sa.JSON)),
    ("fan", lambda: sa.Column("talking_since", MOMENT)),
    ("fan", lambda: sa.Column("habits", sa.Text, nullable=False, server_default="")),
    ("message", lambda: sa.Column("roles", sa.Text, nullable=False, server_default="")),
    ("message", lambda: sa.Column("speaker", sa.Text, nullable=False, server_default="")),
)
INDEXES = (
    ("audit", ("avatar_id", "id")),
    ("purchase", ("avatar_id", "platform", "platform_user")),
    ("moderation_case", ("avatar_id", "platform", "platform_user")),
    ("moderation_case", ("turn_id",)),
    ("post", ("conversation_id",)),
    ("post", ("fan_id",)),
    ("post", ("turn_id",)),
    ("hold", ("avatar_id",)),
    ("plea", ("avatar_id",)),
    ("plea", ("fan_id",)),
    ("draft", ("avatar_id", "state")),
    ("draft", ("conversation_id",)),
    ("draft", ("fan_id",)),
)

TABLES = (
    "crisis_count",
    "minor",
    "draft",
    "plea",
    "hold",
    "post",
    "notice",
    "moderation_case",
    "case_count",
    "sanction",
    "purchase",
    "ledger",
    "membership",
    "bucket",
    "audit",
    "staff",
    "setting",
    "setting_revision",
)

# What fans had left of their limits, under its new names.
COPY = """
INSERT INTO bucket (avatar_id, subject, name, tat, noticed_until)
SELECT avatar_id, 'fan/' || fan_id,
       CASE name WHEN 'minute' THEN 'messages/60' WHEN 'day' THEN 'messages/86400' ELSE name END, tat, noticed_until
FROM allowance
"""
COPY_BACK = """
INSERT INTO allowance (avatar_id, fan_id, name, tat, noticed_until)
SELECT avatar_id, CAST(substr(subject, 5) AS BIGINT),
       CASE name WHEN 'messages/60' THEN 'minute' WHEN 'messages/86400' THEN 'day' ELSE name END, tat, noticed_until
FROM bucket WHERE subject LIKE 'fan/%' AND name IN ('messages/60', 'messages/86400', 'link')
"""


def upgrade() -> None:
    """Create the tables, add columns to those that were there, and move what fans had left of their limits."""
    for table, column in COLUMNS:
        op.add_column(table, column())
    _steering()
    _quotas()
    _order()
    _desk()
    _wellbeing()
    for table, columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    op.create_index("ix_post_unsaid", "post", ["conversation_id", "id"], sqlite_where=UNSAID, postgresql_where=UNSAID)
    op.execute(COPY)
    op.drop_table("allowance")


def downgrade() -> None:
    """Drop all of it, but for what fans had left of their limits."""
    op.create_table(
        "allowance",
        *_texts("avatar_id"),
        sa.Column("fan_id", ID, nullable=False, autoincrement=False),
        *_texts("name"),
        sa.Column("tat", MOMENT),
        sa.Column("noticed_until", MOMENT),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_allowance_fan_id"),
        sa.PrimaryKeyConstraint("avatar_id", "fan_id", "name", name="pk_allowance"),
    )
    op.execute(COPY_BACK)
    for table in TABLES:
        op.drop_table(table)
    for table, column in COLUMNS:
        op.drop_column(table, column().name)


def _steering() -> None:
    """What was set, who may set it, and what was done."""
    op.create_table(
        "setting_revision",
        *_texts("avatar_id"),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", name="pk_setting_revision"),
    )
    op.create_table(
        "setting",
        *_texts("avatar_id", "place", "name"),
        sa.Column("value", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "place", "name", name="pk_setting"),
    )
    op.create_table(
        "staff",
        *_texts("avatar_id", "platform", "person", "by"),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "platform", "person", name="pk_staff"),
    )
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        *_texts("avatar_id", "by"),
        sa.Column("rank", sa.Integer, nullable=False),
        *_texts("command", "place", "outcome", "subject", "before", "after"),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )


def _quotas() -> None:
    """Limits, circles of fans, what was spent and what was paid."""
    op.create_table(
        "bucket",
        *_texts("avatar_id", "subject", "name"),
        sa.Column("tat", MOMENT),
        sa.Column("noticed_until", MOMENT),
        sa.PrimaryKeyConstraint("avatar_id", "subject", "name", name="pk_bucket"),
    )
    op.create_table(
        "membership",
        *_texts("avatar_id"),
        sa.Column("fan_id", ID, nullable=False, autoincrement=False),
        *_texts("tier", "source"),
        sa.Column("until", MOMENT),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_membership_fan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("avatar_id", "fan_id", "tier", "source", name="pk_membership"),
    )
    op.create_table(
        "ledger",
        *_texts("avatar_id"),
        sa.Column("day", sa.Date, nullable=False),
        *_texts("purpose", "model"),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("prompt", sa.BigInteger, nullable=False),
        sa.Column("completion", sa.BigInteger, nullable=False),
        sa.Column("cached", sa.BigInteger, nullable=False),
        sa.Column("money", sa.BigInteger, nullable=False),
        sa.Column("estimated", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "day", "purpose", "model", name="pk_ledger"),
    )
    op.create_table(
        "purchase",
        sa.Column("id", ID, nullable=False),
        *_texts("avatar_id", "account", "platform", "platform_user", "tier", "payload"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        *_texts("currency", "charge"),
        sa.Column("renews", sa.Boolean, nullable=False),
        sa.Column("paid_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("refunded_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_purchase"),
        sa.UniqueConstraint("account", "charge", name="uq_purchase_account_charge"),
        sqlite_autoincrement=True,
    )


def _order() -> None:
    """Sanctions, cases, and notices that are given once."""
    op.create_table(
        "sanction",
        *_texts("avatar_id", "platform", "platform_user", "community", "kind"),
        sa.Column("until", MOMENT),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "platform", "platform_user", "community", "kind", name="pk_sanction"),
    )
    op.create_table(
        "case_count",
        *_texts("avatar_id"),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", name="pk_case_count"),
    )
    op.create_table(
        "moderation_case",
        *_texts("avatar_id"),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        *_texts("kind", "platform", "platform_user", "community", "by", "reason"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        *_texts("place"),
        sa.Column("turn_id", ID),
        sa.Column("closed_at", MOMENT),
        *_texts("closed_by", "outcome"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_moderation_case_turn_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("avatar_id", "number", name="pk_moderation_case"),
    )
    op.create_table(
        "notice",
        *_texts("avatar_id"),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("fan_id", ID, nullable=False, autoincrement=False),
        *_texts("name"),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("turn_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_notice_conversation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("avatar_id", "conversation_id", "fan_id", "name", name="pk_notice"),
    )


def _desk() -> None:
    """What is said unasked, conversations that people hold or are asked for, and replies that wait."""
    op.create_table(
        "post",
        sa.Column("id", ID, nullable=False),
        *_texts("avatar_id"),
        sa.Column("conversation_id", ID, nullable=False),
        *_texts("text", "remembered", "by"),
        sa.Column("actions", sa.JSON, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("about_id", ID),
        sa.Column("fan_id", ID),
        sa.Column("turn_id", ID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_post_conversation_id"),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_post_fan_id"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_post_turn_id"),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sa.UniqueConstraint("avatar_id", "key", name="uq_post_avatar_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hold",
        sa.Column("conversation_id", ID, nullable=False, autoincrement=False),
        *_texts("avatar_id", "by"),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("spoke_at", MOMENT),
        sa.Column("silence", sa.BigInteger, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("desk", sa.JSON(none_as_null=True)),
        sa.Column("desk_thread", sa.JSON(none_as_null=True)),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_hold_conversation_id"),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_hold"),
    )
    op.create_table(
        "plea",
        sa.Column("conversation_id", ID, nullable=False, autoincrement=False),
        *_texts("avatar_id"),
        sa.Column("fan_id", ID, nullable=False),
        *_texts("reason"),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_plea_conversation_id"),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_plea_fan_id"),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_plea"),
    )
    op.create_table(
        "draft",
        sa.Column("turn_id", ID, nullable=False, autoincrement=False),
        *_texts("avatar_id"),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("fan_id", ID, nullable=False),
        *_texts("text", "remembered", "dial"),
        sa.Column("send_at", MOMENT),
        *_texts("state"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_draft_conversation_id"),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_draft_fan_id"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_draft_turn_id"),
        sa.PrimaryKeyConstraint("turn_id", name="pk_draft"),
    )


def _wellbeing() -> None:
    """Who is a minor, and how many crises there were."""
    op.create_table(
        "minor",
        *_texts("avatar_id", "platform", "platform_user"),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "platform", "platform_user", name="pk_minor"),
    )
    op.create_table(
        "crisis_count",
        *_texts("avatar_id", "month", "kind"),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "month", "kind", name="pk_crisis_count"),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
