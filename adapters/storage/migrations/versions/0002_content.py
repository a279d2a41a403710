"""What creators have published, what of it went into replies, and how their personas changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.BigInteger  # microseconds since 1970


def upgrade() -> None:
    """Create the tables; none that was there is changed."""
    _documents()
    _passages()
    _receipts()
    _lessons()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("persona_version", "correction", "gap", "turn_source", "crawl", "embedding", "passage", "document"):
        op.drop_table(table)
    op.drop_table("content_revision")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _documents() -> None:
    op.create_table(
        "content_revision",
        _text("avatar_id"),
        sa.Column("number", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("avatar_id", name="pk_content_revision"),
    )
    op.create_table(
        "document",
        sa.Column("id", ID, nullable=False),
        *map(_text, ("avatar_id", "source", "key", "kind", "title", "url")),
        sa.Column("published", MOMENT),
        _text("language"),
        sa.Column("own_words", sa.Boolean, nullable=False),
        *map(_text, ("tier", "digest")),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
        sa.UniqueConstraint("avatar_id", "source", "key", name="uq_document_avatar_id_source_key"),
        sa.UniqueConstraint("avatar_id", "id", name="uq_document_avatar_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "crawl",
        *map(_text, ("avatar_id", "source", "url", "etag", "last_modified")),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "source", "url", name="pk_crawl"),
    )


def _passages() -> None:
    op.create_table(
        "passage",
        sa.Column("id", ID, nullable=False),
        _text("avatar_id"),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        _text("text"),
        sa.Column("tokens", sa.Integer, nullable=False),
        _text("heading"),
        sa.Column("page", sa.Integer),
        sa.Column("start", sa.Double),
        _text("language"),
        sa.ForeignKeyConstraint(
            ["avatar_id", "document_id"],
            ["document.avatar_id", "document.id"],
            name="fk_passage_avatar_id_document_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_passage"),
        sa.UniqueConstraint("avatar_id", "id", name="uq_passage_avatar_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_passage_avatar_id_document_id_ordinal", "passage", ["avatar_id", "document_id", "ordinal"])
    op.create_table(
        "embedding",
        _text("avatar_id"),
        sa.Column("passage_id", ID, nullable=False, autoincrement=False),
        _text("model"),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["avatar_id", "passage_id"],
            ["passage.avatar_id", "passage.id"],
            name="fk_embedding_avatar_id_passage_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("avatar_id", "passage_id", "model", name="pk_embedding"),
    )


def _receipts() -> None:
    op.create_table(
        "turn_source",
        sa.Column("turn_id", ID, nullable=False, autoincrement=False),
        sa.Column("ordinal", sa.Integer, nullable=False, autoincrement=False),
        *map(_text, ("avatar_id", "kind", "ref", "title", "url")),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("cited", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_turn_source_turn_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("turn_id", "ordinal", name="pk_turn_source"),
    )
    op.create_table(
        "gap",
        sa.Column("id", ID, nullable=False),
        _text("avatar_id"),
        sa.Column("fan_id", ID, nullable=False),
        sa.Column("turn_id", ID, nullable=False),
        _text("question"),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_gap_fan_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_gap_turn_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_gap"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_gap_avatar_id_asked_at", "gap", ["avatar_id", "asked_at"])
    op.create_index("ix_gap_turn_id", "gap", ["turn_id"])


def _lessons() -> None:
    op.create_table(
        "correction",
        sa.Column("id", ID, nullable=False),
        _text("avatar_id"),
        sa.Column("turn_id", ID),
        *map(_text, ("question", "reply_before", "text", "by")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_correction_turn_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_correction_avatar_id", "correction", ["avatar_id"])
    op.create_table(
        "persona_version",
        _text("avatar_id"),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        *map(_text, ("toml", "note")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("avatar_id", "number", name="pk_persona_version"),
    )
