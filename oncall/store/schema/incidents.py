"""Incidents, the teams involved, their alerts and timelines."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from oncall.store.schema.base import metadata, where
from oncall.store.types import Id, Instant, Json

incident = Table(
    "incident",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("lead_team", Text, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("kinds", Json, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", Text, nullable=False),
    Column("merged_into", Id),
    Column("drill", Boolean, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_incident_open", "id", **where("resolved_at is null")),
    Index("ix_incident_group_open", "group_key", **where("resolved_at is null")),
    Index("ix_incident_resolved_at", "resolved_at"),
    #: Drills are few, and asked for by themselves.
    Index("ix_incident_drill", "id", sqlite_where=sa.text("drill = 1"), postgresql_where=sa.text("drill")),
    Index("ix_incident_lead_team", "lead_team", "id"),
)

involvement = Table(
    "involvement",
    metadata,
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("team", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("lead", Boolean, nullable=False),
    Column("policy", Json, nullable=False),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("next_due_at", Instant),
    Column("acknowledged_by", Text, nullable=False),
    Column("acknowledged_at", Instant),
    Column("acknowledged_via", Text),
    Column("expires_at", Instant),
    Column("reminded", Boolean, nullable=False),
    Column("snoozed", Boolean, nullable=False),
    Index("ix_involvement_due", "next_due_at", **where("next_due_at is not null")),
    Index("ix_involvement_team", "team", "incident_id"),
)

#: Episodes: one run of an alert from firing to resolved.
alert = Table(
    "alert",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("integration", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("paging", Boolean, nullable=False),
    Column("team", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("labels", Json, nullable=False),
    Column("annotations", Json, nullable=False),
    Column("generator_url", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("why_team", Text, nullable=False),
    Column("why_group", Text, nullable=False),
    Index("uq_alert_active", "integration", "fingerprint", unique=True, **where("ended_at is null")),
    Index("ix_alert_incident_id", "incident_id"),
    Index("ix_alert_fingerprint", "integration", "fingerprint", "id"),
    Index("ix_alert_stream", "integration", "stream", "id"),
    Index("ix_alert_stream_active", "integration", "stream", **where("ended_at is null")),
    Index("ix_alert_last_seen_active", "last_seen_at", **where("ended_at is null")),
)

timeline = Table(
    "timeline",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("data", Json, nullable=False),
    #: Which stretches of `text` name a person, a team or an instant; null where none does.
    Column("marks", Json),
    Index("ix_timeline_incident_id", "incident_id", "id"),
)

#: The living messages of an incident: one in each team's channel, and every direct message that asks somebody.
incident_post = Table(
    "incident_post",
    metadata,
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    #: The team's channel; for a direct message the page it carried.
    Column("channel", Text, primary_key=True),
    #: Where the message is, as its provider names it; empty until it was posted.
    Column("place", Text, nullable=False),
    #: When it must be brought up to date; null when it is.
    Column("due_at", Instant),
    #: The last line of the timeline that its thread has.
    Column("told", Id, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", Instant),
    Index("ix_incident_post_place", "place"),
    #: The page a direct message carried; null for a team's channel.
    Column("page_id", Text),
    #: How the incident stood when a direct message was last written.
    Column("shown", Text),
    Index("ix_incident_post_due", "due_at", **where("due_at is not null")),
)

#: Files beside an incident: images people uploaded, what programs attached.
attachment = Table(
    "attachment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_attachment_incident_id", "incident_id"),
)
