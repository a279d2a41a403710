"""What is remembered of fans, where it may be used, and fans who are one person on several platforms."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.BigInteger  # microseconds since 1970

FAN = ("person", "forgotten_at")
CONVERSATION = (
    "community",
    "fan_id",
    "fresh_from",
    "private_from",
    "learned_upto",
    "unlearned",
    "unlearned_at",
    "memory_generation",
    "learning_until",
)
INDEXES = (  # on tables that were there
    ("fan", ("person",)),
    ("conversation", ("fan_id",)),
    ("message", ("fan_id", "conversation_id")),
    ("gap", ("fan_id",)),
    ("correction", ("turn_id",)),
)

# Whoever has reset a conversation was told that it is let go of: only what is in the window now is remembered.
FRESH = "UPDATE conversation SET fresh_from = window_start"
WHOSE = """
UPDATE conversation SET fan_id = (
    SELECT fan_id FROM message WHERE conversation_id = conversation.id AND fan_id IS NOT NULL ORDER BY id LIMIT 1
) WHERE NOT shared
"""


def upgrade() -> None:
    """Create the tables, and add columns to those that were there."""
    _columns()
    _facts()
    _others()
    for table, columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    op.execute(FRESH)
    op.execute(WHOSE)


def downgrade() -> None:
    """Drop all of it."""
    for table in ("link_code", "message_embedding", "summary", "fact"):
        op.drop_table(table)
    for table, columns in INDEXES:
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    op.drop_index("ix_conversation_avatar_id_unlearned_at", "conversation")
    op.drop_column("message", "private")
    for column in CONVERSATION:
        op.drop_column("conversation", column)
    for column in FAN:
        op.drop_column("fan", column)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str, kind: type[sa.Integer] = sa.BigInteger) -> sa.Column[int]:
    return sa.Column(name, kind, nullable=False, server_default=sa.text("0"))


def _columns() -> None:
    op.add_column("fan", sa.Column("person", sa.Text))
    op.add_column("fan", sa.Column("forgotten_at", MOMENT))
    op.add_column("message", sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()))
    for column in (
        sa.Column("community", sa.Text, nullable=False, server_default=""),
        sa.Column("fan_id", ID),
        _number("fresh_from"),
        sa.Column("private_from", sa.BigInteger),
        _number("learned_upto"),
        _number("unlearned", sa.Integer),
        sa.Column("unlearned_at", MOMENT),
        _number("memory_generation"),
        sa.Column("learning_until", MOMENT),
    ):
        op.add_column("conversation", column)
    known = sa.text("unlearned_at IS NOT NULL")
    op.create_index(
        "ix_conversation_avatar_id_unlearned_at",
        "conversation",
        ["avatar_id", "unlearned_at"],
        sqlite_where=known,
        postgresql_where=known,
    )


def _facts() -> None:
    op.create_table(
        "fact",
        sa.Column("id", ID, nullable=False),
        _text("avatar_id"),
        sa.Column("fan_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        *map(_text, ("community", "scope", "kind", "subject", "statement")),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("holds_from", MOMENT),
        sa.Column("holds_until", MOMENT),
        sa.Column("message_id", ID),
        sa.Column("replaced_by", ID),
        sa.Column("replaced_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_fact_fan_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_fact_conversation_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_fact_message_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["replaced_by"], ["fact.id"], name="fk_fact_replaced_by", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_fact"),
        sqlite_autoincrement=True,
    )
    for columns in (["fan_id", "id"], ["conversation_id"], ["message_id"], ["replaced_by"]):
        op.create_index(f"ix_fact_{'_'.join(columns)}", "fact", columns)


def _others() -> None:
    op.create_table(
        "summary",
        sa.Column("conversation_id", ID, nullable=False, autoincrement=False),
        *map(_text, ("avatar_id", "text")),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_summary_conversation_id"),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_summary"),
    )
    op.create_table(
        "message_embedding",
        sa.Column("message_id", ID, nullable=False, autoincrement=False),
        *map(_text, ("model", "avatar_id")),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name="fk_message_embedding_message_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "model", name="pk_message_embedding"),
    )
    op.create_table(
        "link_code",
        sa.Column("fan_id", ID, nullable=False, autoincrement=False),
        *map(_text, ("avatar_id", "digest")),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_link_code_fan_id"),
        sa.PrimaryKeyConstraint("fan_id", name="pk_link_code"),
        sa.UniqueConstraint("avatar_id", "digest", name="uq_link_code_avatar_id_digest"),
    )
