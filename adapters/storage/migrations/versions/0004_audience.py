"""What creators note about fans, and whether a fan lets them read what is remembered."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.BigInteger  # microseconds since 1970


def upgrade() -> None:
    """Create the tables; nobody's facts are open."""
    op.add_column("fan", sa.Column("opened_at", MOMENT))
    op.create_table(
        "creator_tag",
        sa.Column("fan_id", ID, nullable=False, autoincrement=False),
        *map(_text, ("tag", "avatar_id")),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_creator_tag_fan_id"),
        sa.PrimaryKeyConstraint("fan_id", "tag", name="pk_creator_tag"),
    )
    op.create_index("ix_creator_tag_avatar_id_tag", "creator_tag", ["avatar_id", "tag"])
    op.create_table(
        "creator_note",
        sa.Column("id", ID, nullable=False),
        _text("avatar_id"),
        sa.Column("fan_id", ID, nullable=False),
        _text("text"),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["fan_id"], ["fan.id"], name="fk_creator_note_fan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_creator_note"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_creator_note_fan_id", "creator_note", ["fan_id"])


def downgrade() -> None:
    """Drop all of it."""
    for table in ("creator_note", "creator_tag"):
        op.drop_table(table)
    op.drop_column("fan", "opened_at")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
