"""Insights: tallies of days and months."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from oncall.store.types import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("period", "team", name=op.f("pk_tally")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(
            "ix_incident_drill",
            ["id"],
            unique=False,
            sqlite_where=sa.text("drill = 1"),
            postgresql_where=sa.text("drill"),
        )
