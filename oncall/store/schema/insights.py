"""What history adds up to, so that looking back a year reads a few dozen rows."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from oncall.store.schema.base import metadata
from oncall.store.types import Instant

#: Incidents by the day, week or month in which they were opened, per team, and for all teams under the empty name.
#: Made from the history and made again when it changes; nothing is kept here that is not there.
tally = Table(
    "tally",
    metadata,
    #: A day (2026-05-31), a week (2026-W22) or a month (2026-05), UTC.
    Column("period", Text, primary_key=True),
    Column("team", Text, primary_key=True),
    Column("incidents", Integer, nullable=False),
    Column("alerts", Integer, nullable=False, server_default="0"),
    #: Of the code that added it up; another version is added up anew.
    Column("version", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    #: JSON, read whole and only by the code that wrote it.
    Column("sums", Text, nullable=False),
    #: How many, and which of the sums are new: answered without a look at the sums, which are long.
    Index("ix_tally_team", "team", "period", "incidents", "alerts", "made_at"),
)
