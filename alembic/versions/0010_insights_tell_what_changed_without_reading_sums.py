"""Insights: tell what changed without reading sums."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("tally", schema=None) as batch_op:
        batch_op.create_index("ix_tally_team", ["team", "period", "incidents", "alerts", "made_at"], unique=False)
