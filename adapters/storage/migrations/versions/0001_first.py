"""Everything there was at the beginning."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.BigInteger  # microseconds since 1970


def upgrade() -> None:
    """Create all tables."""
    _people_and_places()
    _turns()
    _messages()


def downgrade() -> None:
    """Drop all tables."""
    for table in ("message", "delivery", "turn", "allowance", "conversation", "fan"):
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _partial(name: str, table: str, column: str, where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], unique=unique, sqlite_where=condition, postgresql_where=condition)


def _people_and_places() -> None:
    op.create_table(
        "fan",
        sa.Column("id", ID, nullable=False),
        *map(_text, ("avatar_id", "platform", "platform_user", "name", "language")),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("disclosed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_fan"),
        sa.UniqueConstraint("avatar_id", "platform", "platform_user", name="uq_fan_avatar_id_platform_platform_user"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "conversation",
        sa.Column("id", ID, nullable=False),
        *map(_text, ("avatar_id", "account", "chat", "thread", "business")),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("window_start", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("waiting_since", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.Column("worker", sa.Text),
        sa.Column("lease_until", MOMENT),
        sa.Column("unreachable", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.UniqueConstraint(
            "avatar_id",
            "account",
            "chat",
            "thread",
            "business",
            name="uq_conversation_avatar_id_account_chat_thread_business",
        ),
        sqlite_autoincrement=True,
    )
    _partial("ix_conversation_due_at", "conversation", "due_at", "due_at IS NOT NULL")
    _partial("ix_conversation_lease_until", "conversation", "lease_until", "lease_until IS NOT NULL")
    op.create_table(
        "allowance",
        _text("avatar_id"),
        sa.Column("fan_id", ID, nullable=False, autoincrement=False),
        _text("name"),
        sa.Column("tat", MOMENT),
        sa.Column("noticed_until", MOMENT),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_allowance_fan_id"),
        sa.PrimaryKeyConstraint("avatar_id", "fan_id", "name", name="pk_allowance"),
    )


def _turns() -> None:
    op.create_table(
        "turn",
        sa.Column("id", ID, nullable=False),
        _text("avatar_id"),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
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
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_turn_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_turn"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_turn_conversation_id", "turn", ["conversation_id"])
    _partial("uq_turn_not_done", "turn", "conversation_id", "state <> 'done'", unique=True)
    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        _text("avatar_id"),
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        *map(_text, ("text", "state")),
        sa.Column("receipt", sa.Text),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_delivery_turn_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("turn_id", "part", name="uq_delivery_turn_id_part"),
        sqlite_autoincrement=True,
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", ID, nullable=False),
        _text("avatar_id"),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("fan_id", ID),
        sa.Column("platform_message", sa.Text),
        *map(_text, ("text", "command", "argument", "attachment", "language")),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        _text("state"),
        sa.Column("turn_id", ID),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_message_conversation_id"),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_message_fan_id"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_message_turn_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("conversation_id", "platform_message", name="uq_message_conversation_id_platform_message"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_conversation_id_id", "message", ["conversation_id", "id"])
    op.create_index("ix_message_turn_id", "message", ["turn_id"])
    _partial("ix_message_pending", "message", "conversation_id", "state = 'pending'")
