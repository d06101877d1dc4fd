"""What nodes share: leases and numbers."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from oncall.store.schema.base import metadata
from oncall.store.types import Id, Instant

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
