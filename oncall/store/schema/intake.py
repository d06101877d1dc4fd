"""What came in, and what it became: bodies, silences, heartbeats, grouping's memory."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text

from oncall.store.schema.base import metadata, where
from oncall.store.types import Id, Instant, Json

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
    Index("ix_inbox_waiting", "integration", "priority", "id", **where("processed_at is null")),
    Index("ix_inbox_stream_waiting", "integration", "stream", "id", **where("processed_at is null")),
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

#: What grouping remembers: kinds, co-firing counts, members of open incidents.
grouping_state = Table(
    "grouping_state",
    metadata,
    Column("part", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
