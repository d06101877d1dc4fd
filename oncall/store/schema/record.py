"""What people write beside an incident: roles, impact and status, the review and what is to be done after it."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from oncall.store.schema.base import metadata, where
from oncall.store.types import Id, Instant, Json

#: Who does what in an incident, whom it hurts and how it stands; no row until somebody says so.
incident_record = Table(
    "incident_record",
    metadata,
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("impact", Text, nullable=False),
    Column("impact_by", Text, nullable=False),
    Column("impact_at", Instant),
    Column("status", Text, nullable=False),
    Column("status_by", Text, nullable=False),
    Column("status_at", Instant),
    #: Role to person's id.
    Column("roles", Json, nullable=False),
)

#: Messages of a Slack thread that became lines of the timeline, so that each does so once and follows its edits.
slack_note = Table(
    "slack_note",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("ts", Text, primary_key=True),
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("timeline_id", Id, nullable=False),
    Index("ix_slack_note_incident_id", "incident_id"),
)

#: What an incident taught; one per incident.
review = Table(
    "review",
    metadata,
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    #: Section to Markdown.
    Column("sections", Json, nullable=False),
    #: Counts up with each save, so that nobody overwrites what they have not seen.
    Column("version", Integer, nullable=False),
    Column("drafted_at", Instant, nullable=False),
    Column("drafted_by", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("saved_by", Text, nullable=False),
)

#: What somebody is to do after an incident.
action_item = Table(
    "action_item",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("team", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("due", Date),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("done_at", Instant),
    Column("done_by", Text, nullable=False),
    Index("ix_action_item_incident_id", "incident_id"),
    Index("ix_action_item_open_owner", "owner", **where("done_at is null")),
    Index("ix_action_item_open_team", "team", **where("done_at is null")),
)

#: Who does not want the weekly digest; teams are named as "team:ID".
digest_refusal = Table(
    "digest_refusal",
    metadata,
    Column("who", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
)
