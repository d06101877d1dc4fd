"""When each Alertmanager's Watchdog was last heard."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import heartbeat


async def heard(tx: AsyncConnection, integration: str, now: datetime) -> int | None:
    """Note a beat; the incident that was open because the beats had stopped, if any."""
    query = sa.select(heartbeat.c.incident_id).where(heartbeat.c.integration == integration)
    row = (await tx.execute(query)).one_or_none()
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    await tx.execute(
        insert(heartbeat)
        .values(integration=integration, last_seen_at=now, incident_id=None)
        .on_conflict_do_update(index_elements=["integration"], set_={"last_seen_at": now, "incident_id": None})
    )
    incident: int | None = row.incident_id if row else None
    return incident


async def all_beats(tx: AsyncConnection) -> dict[str, tuple[datetime, int | None]]:
    """When each was last heard, and the incident open because it stopped."""
    rows = (await tx.execute(sa.select(heartbeat))).all()
    return {row.integration: (row.last_seen_at, row.incident_id) for row in rows}


async def missed(tx: AsyncConnection, integration: str, incident: int) -> None:
    """Note the incident that says the beats stopped."""
    await tx.execute(sa.update(heartbeat).where(heartbeat.c.integration == integration).values(incident_id=incident))
