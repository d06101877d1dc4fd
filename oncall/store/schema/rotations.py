"""Calendars, segments, and what was told about them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text

from oncall.store.schema.base import metadata
from oncall.store.types import Id, Instant, Json

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
    #: Made because of an absence in the person's calendar; NULL is no.
    Column("away", Boolean),
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

#: Whether whoever comes on call could be reached, looked at ahead of each shift.
shift_check = Table(
    "shift_check",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("starts_at", Instant, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("works", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    #: When the team heard that it still does not.
    Column("team_told_at", Instant),
)
