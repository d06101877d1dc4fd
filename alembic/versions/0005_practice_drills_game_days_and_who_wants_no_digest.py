"""Practice: drills, game days and who wants no digest."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from oncall.store.types import Id, Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "digest_refusal",
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_digest_refusal")),
    )
    op.create_table(
        "game_day",
        sa.Column("id", Id, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("ended_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_game_day")),
    )
    with op.batch_alter_table("game_day", schema=None) as batch_op:
        batch_op.create_index(
            "ix_game_day_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("ended_at is null"),
            postgresql_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "drill",
        sa.Column("id", Id, nullable=False),
        sa.Column("game_day_id", Id, nullable=True),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("incident_id", Id, nullable=True),
        sa.Column("left_out", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["game_day_id"], ["game_day.id"], name=op.f("fk_drill_game_day_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_drill_incident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
    )
    with op.batch_alter_table("drill", schema=None) as batch_op:
        batch_op.create_index("ix_drill_game_day_id", ["game_day_id"], unique=False)
        batch_op.create_index("ix_drill_incident_id", ["incident_id"], unique=False)
        batch_op.create_index(
            "ix_drill_waiting",
            ["starts_at"],
            unique=False,
            sqlite_where=sa.text("incident_id is null and left_out = ''"),
            postgresql_where=sa.text("incident_id is null and left_out = ''"),
        )
