"""Drills: what was practised, and game days that run several of them by a script."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from oncall.store.schema.base import metadata, where
from oncall.store.types import Id, Instant

game_day = Table(
    "game_day",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", Text, nullable=False),
    Column("ended_why", Text, nullable=False),
    Index("ix_game_day_open", "id", **where("ended_at is null")),
)

#: One drill, from being planned to its incident; those of a game day in the order of its script.
drill = Table(
    "drill",
    metadata,
    Column("id", Id, primary_key=True),
    Column("game_day_id", Id, ForeignKey("game_day.id", ondelete="CASCADE")),
    Column("team", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("title", Text, nullable=False),
    #: What whoever opens the incident reads first.
    Column("text", Text, nullable=False),
    Column("announced", Boolean, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE")),
    #: Why it was not begun.
    Column("left_out", Text, nullable=False),
    Index("ix_drill_game_day_id", "game_day_id"),
    Index("ix_drill_incident_id", "incident_id"),
    Index("ix_drill_waiting", "starts_at", **where("incident_id is null and left_out = ''")),
)
