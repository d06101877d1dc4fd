"""Paging: follow lost answers and sent messages, check before shifts, keep preferences."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from oncall.store.types import Instant, Json

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "contact_preference",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("order", Json, nullable=False),
        sa.Column("left_out", Json, nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_contact_preference")),
    )
    op.create_table(
        "shift_check",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("team_told_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("schedule", "person", "starts_at", name=op.f("pk_shift_check")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trace", sa.Text(), nullable=True))

    with op.batch_alter_table("incident_post", schema=None) as batch_op:
        batch_op.add_column(sa.Column("page_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("shown", sa.Text(), nullable=True))

    with op.batch_alter_table("page", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_since", Instant(), nullable=True))
