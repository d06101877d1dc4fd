"""Services from outside, deploys, checks and alerts without an owner."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from oncall.store.schema.base import metadata
from oncall.store.types import Id, Instant, Json

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
