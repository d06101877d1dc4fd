"""What people say about incidents beside the timeline: rows to values and back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident.record import Record, Said
from oncall.store.schema import incident_record


async def get(tx: AsyncConnection, number: int) -> Record:
    """The record of one incident; an empty one where nobody has said anything."""
    query = sa.select(incident_record).where(incident_record.c.incident_id == number)
    row = (await tx.execute(query)).one_or_none()
    return _record(row) if row else Record()


async def save(tx: AsyncConnection, number: int, value: Record) -> None:
    """Write the record of one incident."""
    row = {
        "impact": value.impact.text,
        "impact_by": value.impact.by,
        "impact_at": value.impact.at,
        "status": value.status.text,
        "status_by": value.status.by,
        "status_at": value.status.at,
        # An object of JSONB has no order; a list of pairs keeps the one people gave.
        "roles": [[role, person] for role, person in value.roles.items()],
    }
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(incident_record).values(incident_id=number, **row)
    await tx.execute(statement.on_conflict_do_update(index_elements=["incident_id"], set_=row))


def _record(row: Any) -> Record:
    return Record(
        impact=Said(text=row.impact, by=row.impact_by, at=row.impact_at),
        status=Said(text=row.status, by=row.status_by, at=row.status_at),
        roles=dict(row.roles),
    )
