"""Grouping: keep what people's answers teach on, and the models."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from oncall.store.types import Id, Instant, Json

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "grouping_case",
        sa.Column("alert_id", Id, autoincrement=False, nullable=False),
        sa.Column("incident_id", Id, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("measures", Json, nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("ties", Json, nullable=False),
        sa.Column("related", sa.Boolean(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "incident_id", name=op.f("pk_grouping_case")),
    )
    with op.batch_alter_table("grouping_case", schema=None) as batch_op:
        batch_op.create_index(
            "ix_grouping_case_answered",
            ["answered_at"],
            unique=False,
            sqlite_where=sa.text("answered_at is not null"),
            postgresql_where=sa.text("answered_at is not null"),
        )
        batch_op.create_index(
            "ix_grouping_case_unanswered",
            ["at"],
            unique=False,
            sqlite_where=sa.text("answered_at is null"),
            postgresql_where=sa.text("answered_at is null"),
        )

    op.create_table(
        "grouping_model",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("model", Json, nullable=False),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_grouping_model")),
    )
