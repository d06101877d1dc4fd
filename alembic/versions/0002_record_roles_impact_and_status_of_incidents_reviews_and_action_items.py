"""Record: roles, impact and status of incidents, reviews and action items."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from oncall.store.types import Id, Instant, Json

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "action_item",
        sa.Column("id", Id, nullable=False),
        sa.Column("incident_id", Id, nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_action_item_incident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_item")),
    )
    with op.batch_alter_table("action_item", schema=None) as batch_op:
        batch_op.create_index("ix_action_item_incident_id", ["incident_id"], unique=False)
        batch_op.create_index(
            "ix_action_item_open_owner",
            ["owner"],
            unique=False,
            sqlite_where=sa.text("done_at is null"),
            postgresql_where=sa.text("done_at is null"),
        )
        batch_op.create_index(
            "ix_action_item_open_team",
            ["team"],
            unique=False,
            sqlite_where=sa.text("done_at is null"),
            postgresql_where=sa.text("done_at is null"),
        )

    op.create_table(
        "incident_record",
        sa.Column("incident_id", Id, nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("impact_by", sa.Text(), nullable=False),
        sa.Column("impact_at", Instant(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_by", sa.Text(), nullable=False),
        sa.Column("status_at", Instant(), nullable=True),
        sa.Column("roles", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_record_incident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incident_record")),
    )
    with op.batch_alter_table("incident_post", schema=None) as batch_op:
        batch_op.create_index("ix_incident_post_place", ["place"], unique=False)

    op.create_table(
        "review",
        sa.Column("incident_id", Id, nullable=False),
        sa.Column("sections", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("drafted_at", Instant(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_review_incident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_review")),
    )
    op.create_table(
        "slack_note",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("incident_id", Id, nullable=False),
        sa.Column("timeline_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_slack_note_incident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel", "ts", name=op.f("pk_slack_note")),
    )
    with op.batch_alter_table("slack_note", schema=None) as batch_op:
        batch_op.create_index("ix_slack_note_incident_id", ["incident_id"], unique=False)
