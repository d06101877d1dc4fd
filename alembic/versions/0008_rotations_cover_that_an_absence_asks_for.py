"""Rotations: cover that an absence asks for."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("cover_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("away", sa.Boolean(), nullable=True))
