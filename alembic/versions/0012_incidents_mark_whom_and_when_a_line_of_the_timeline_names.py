"""Incidents: mark whom and when a line of the timeline names."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from oncall.store.types import Json

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.add_column(sa.Column("marks", Json, nullable=True))
