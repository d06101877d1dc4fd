"""Paging: keep reports that come before the record."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from oncall.store.types import Id, Instant

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "early_report",
        sa.Column("id", Id, nullable=False),
        sa.Column("page_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_early_report_page_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_report")),
    )
    with op.batch_alter_table("early_report", schema=None) as batch_op:
        batch_op.create_index("ix_early_report_page_id", ["page_id"], unique=False)
