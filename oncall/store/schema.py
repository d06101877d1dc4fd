"""Every table. `alembic/versions` leads an old database here; a test holds the two together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from oncall.store.types import Id, Instant, Json

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _where(condition: str) -> dict[str, Any]:
    """A partial index on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


#: Raw bodies, committed before the 2xx; kept a while after they were processed, so that they can be replayed.
inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("integration", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    #: 0 where something critical fires, else 1.
    Column("priority", Integer, nullable=False),
    #: Names the source's group: its messages are processed in the order they came.
    Column("stream", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("compressed", Boolean, nullable=False),
    #: How many alerts of the body are done; large bodies are processed in slices.
    Column("done", Integer, nullable=False),
    Column("processed_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Index("ix_inbox_waiting", "integration", "priority", "id", **_where("processed_at is null")),
    Index("ix_inbox_stream_waiting", "integration", "stream", "id", **_where("processed_at is null")),
    Index("ix_inbox_received_at", "received_at"),
)

#: What could not be used, bounded, for a person to see.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Id, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("integration", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("inbox_id", Id),
    Index("ix_quarantine_received_at", "received_at"),
)

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
    Index("ix_incident_open", "id", **_where("resolved_at is null")),
    Index("ix_incident_group_open", "group_key", **_where("resolved_at is null")),
    Index("ix_incident_resolved_at", "resolved_at"),
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
    Index("ix_involvement_due", "next_due_at", **_where("next_due_at is not null")),
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
    Index("uq_alert_active", "integration", "fingerprint", unique=True, **_where("ended_at is null")),
    Index("ix_alert_incident_id", "incident_id"),
    Index("ix_alert_fingerprint", "integration", "fingerprint", "id"),
    Index("ix_alert_stream", "integration", "stream", "id"),
    Index("ix_alert_stream_active", "integration", "stream", **_where("ended_at is null")),
    Index("ix_alert_last_seen_active", "last_seen_at", **_where("ended_at is null")),
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
    Index("ix_timeline_incident_id", "incident_id", "id"),
)

#: Asking (or telling) one person through one contact method.
page = Table(
    "page",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE")),
    Column("team", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("important", Boolean, nullable=False),
    Column("step", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant),
    Column("leased_by", Text),
    Column("leased_until", Instant),
    #: The page whose message carried this one too.
    Column("bundled_into", Text),
    Column("detail", Text, nullable=False),
    Index("ix_page_due", "due_at", **_where("status in ('planned', 'sending')")),
    Index("ix_page_incident_id", "incident_id"),
    Index("ix_page_address_sent", "channel", "address", "sent_at"),
    Index("ix_page_person_sent", "person", "sent_at"),
)

#: One attempt to carry a page through a provider.
delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("page_id", Text, ForeignKey("page.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Text, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_delivery_page_id", "page_id"),
    Index("ix_delivery_provider_id", "channel", "provider_id"),
    Index("ix_delivery_started_at", "started_at"),
)

#: The short number that names an incident to one address, while the incident is open.
reply_code = Table(
    "reply_code",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("code", Integer, primary_key=True),
    Column("incident_id", Id, nullable=False),
    Column("given_at", Instant, nullable=False),
    Index("ix_reply_code_incident_id", "incident_id"),
)

#: Replies that took effect, by the provider's id for them, so that none does twice.
reply = Table(
    "reply",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index("ix_reply_at", "at"),
)

#: The living message of an incident in a team's channel.
incident_post = Table(
    "incident_post",
    metadata,
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", Text, primary_key=True),
    #: Where the message is, as its provider names it; empty until it was posted.
    Column("place", Text, nullable=False),
    #: When it must be brought up to date; null when it is.
    Column("due_at", Instant),
    #: The last line of the timeline that its thread has.
    Column("told", Id, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", Instant),
    Index("ix_incident_post_due", "due_at", **_where("due_at is not null")),
)

#: What is known about an address beyond what the files say.
contact = Table(
    "contact",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    #: The person wrote STOP.
    Column("stopped_at", Instant),
    #: Why the last attempt was refused for good, and when.
    Column("fault", Text, nullable=False),
    Column("fault_at", Instant),
    #: A human act came back from it: a code, a reply, a key, a click.
    Column("answered_at", Instant),
    Column("verified_at", Instant),
    Column("code_digest", Text, nullable=False),
    Column("code_expires_at", Instant),
    Column("code_tries", Integer, nullable=False),
)

silence = Table(
    "silence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("matchers", Json, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("until_resolved", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_silence_ends_at", "ends_at"),
)

silence_log = Table(
    "silence_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("silence_id", Id, nullable=False),
    Column("integration", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("labels", Json, nullable=False),
    Index("ix_silence_log_at", "at"),
    Index("ix_silence_log_silence_id", "silence_id"),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("integration", Text, primary_key=True),
    Column("last_seen_at", Instant, nullable=False),
    Column("incident_id", Id),
)

#: One calendar of one schedule, as it was last fetched.
feed = Table(
    "feed",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("location", Text, primary_key=True),
    Column("checked_at", Instant),
    #: When it was last read well; its age is shown everywhere.
    Column("read_at", Instant),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("digest", Text, nullable=False),
    #: The last good text, and the one that is held back, if any.
    Column("body", LargeBinary),
    Column("held", LargeBinary),
    #: What the held one says, since when it comes, and how often the same one came.
    Column("held_digest", Text, nullable=False),
    Column("held_since", Instant),
    Column("held_times", Integer, nullable=False),
    Column("error", Text, nullable=False),
    #: Since when it cannot be read or is held back.
    Column("failing_since", Instant),
    Column("warnings", Json, nullable=False),
)

segment = Table(
    "segment",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("starts_at", Instant, primary_key=True),
    Column("ends_at", Instant, nullable=False),
    Column("on_call", Json, nullable=False),
    Index("ix_segment_ends_at", "ends_at"),
)

#: When a schedule's segments were last made, also where there are none.
rotation = Table(
    "rotation",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("made_at", Instant, nullable=False),
)

#: Somebody put on call here, laid over the calendars, which are never written to.
shift_override = Table(
    "shift_override",
    metadata,
    Column("id", Id, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("person", Text, nullable=False),
    #: Whose place is taken; empty takes the role whoever has it.
    Column("replaces", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index("ix_shift_override_schedule", "schedule", "ends_at"),
)

#: Trouble ahead in a rotation, as last found; what was told once stays told while it lasts.
rotation_finding = Table(
    "rotation_finding",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("person", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("found_at", Instant, nullable=False),
)

#: Notices that must be told once, whoever's turn it is: handoffs, failing calendars, digests.
told = Table(
    "told",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_told_at", "at"),
)

#: The health of a rotation, once a day, so that the trend shows.
health_snapshot = Table(
    "health_snapshot",
    metadata,
    Column("schedule", Text, primary_key=True),
    #: Day in UTC, as YYYY-MM-DD.
    Column("day", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("score", Integer, nullable=False),
    Column("band", Text, nullable=False),
    Column("top", Text, nullable=False),
    Column("report", Json, nullable=False),
)

#: Somebody asks others to take their shift; the first yes makes an override.
cover_request = Table(
    "cover_request",
    metadata,
    Column("id", Id, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("note", Text, nullable=False),
    #: Person ids in the order they are asked.
    Column("asked", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("closed_at", Instant),
    Index("ix_cover_request_schedule", "schedule", "ends_at"),
)

#: Secret addresses of the feeds people subscribe to; only their digests are kept.
feed_token = Table(
    "feed_token",
    metadata,
    Column("digest", Text, primary_key=True),
    #: "person" or "team", and the id of which.
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("gaps", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Index("ix_feed_token_subject", "kind", "subject"),
)

#: What grouping remembers: kinds, co-firing counts, members of open incidents.
grouping_state = Table(
    "grouping_state",
    metadata,
    Column("part", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: The built-in phone: what it was sent, and what was answered.
phone_message = Table(
    "phone_message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("inbound", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("page_id", Text, nullable=False),
    Column("incident_id", Id),
    Column("answered_at", Instant),
    Index("ix_phone_message_person", "person", "id"),
)

session = Table(
    "session",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index("ix_session_person", "person"),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

#: Local passwords, for where no identity provider exists; there is none until somebody sets one.
password = Table(
    "password",
    metadata,
    Column("person", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant),
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

api_token = Table(
    "api_token",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
)

#: Who changed what; only ever added to.
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("data", Json, nullable=False),
    Index("ix_audit_at", "at"),
)

#: Work that one node does at a time; `version` grows with each holder's change, so that others notice.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("node", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("version", Id, nullable=False),
)

#: Numbers that people see and that are handed out before a row is written.
counter = Table(
    "counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Id, nullable=False),
)

#: What pipelines say they put into production.
deploy = Table(
    "deploy",
    metadata,
    Column("id", Id, primary_key=True),
    Column("service", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_deploy_service", "service", "at"),
    Index("ix_deploy_at", "at"),
)

#: Services that a pipeline described, source by source.
catalog_entry = Table(
    "catalog_entry",
    metadata,
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("entry", Json, nullable=False),
    Column("pushed_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
)

#: One catalog source behind an address, as it was last fetched.
catalog_feed = Table(
    "catalog_feed",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("body", Text),
    Column("read_at", Instant),
    #: Not asked again before this instant.
    Column("next_at", Instant, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error", Text, nullable=False),
)

#: Alerts that no rule gave to anybody, counted by the matcher that would settle them.
unowned = Table(
    "unowned",
    metadata,
    Column("matcher", Text, primary_key=True),
    Column("labels", Json, nullable=False),
    Column("count", Id, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    #: The newest incident with such an alert.
    Column("incident_id", Id, nullable=False),
    Index("ix_unowned_last_at", "last_at"),
)

#: Outcomes of checks that are made elsewhere and reported here.
check_report = Table(
    "check_report",
    metadata,
    Column("service", Text, primary_key=True),
    Column("check", Text, primary_key=True),
    Column("passed", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
)
