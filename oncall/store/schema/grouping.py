"""What people's answers teach grouping on, and the models that came of it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, Table, Text

from oncall.store.schema.base import metadata, where
from oncall.store.types import Id, Instant, Json

#: An alert and an incident it may have belonged to, measured when it came; with what people said, once they did.
#: Answered ones outlive the alert, so nothing refers to it.
grouping_case = Table(
    "grouping_case",
    metadata,
    Column("alert_id", Id, primary_key=True, autoincrement=False),
    Column("incident_id", Id, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("measures", Json, nullable=False),
    #: By the statistics alone.
    Column("probability", Float, nullable=False),
    Column("joined", Boolean, nullable=False),
    #: Why it joined or not, and the strongest ties with their counts.
    Column("sentence", Text, nullable=False),
    Column("ties", Json, nullable=False),
    Column("related", Boolean),
    Column("answered_at", Instant),
    Column("answered_by", Text, nullable=False),
    Index("ix_grouping_case_unanswered", "at", **where("answered_at is null")),
    Index("ix_grouping_case_answered", "answered_at", **where("answered_at is not null")),
)

#: Every model that was fitted, also those refused; plain numbers.
grouping_model = Table(
    "grouping_model",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    #: active, replaced, refused or reverted.
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("model", Json, nullable=False),
    Column("changed_at", Instant),
    Column("changed_by", Text, nullable=False),
)
