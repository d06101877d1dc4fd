"""Rows from the future: what was written before a clock was set back, and would now wait for as long again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import heartbeat, incident, involvement, page


async def pull_pages(tx: AsyncConnection, now: datetime, beyond: datetime) -> int:
    """Pages planned after `beyond` count as planned now, with the waits they had; how many."""
    query = sa.select(page.c.id, page.c.planned_at, page.c.due_at, page.c.leased_until).where(
        page.c.status.in_(["planned", "sending"]), page.c.planned_at > beyond
    )
    rows = (await tx.execute(query)).all()
    for row in rows:
        due = max(now, row.due_at - (row.planned_at - now))
        free = None if row.leased_until is None else now
        await tx.execute(
            sa.update(page).where(page.c.id == row.id).values(planned_at=now, due_at=due, leased_until=free)
        )
    return len(rows)


async def pull_incidents(tx: AsyncConnection, now: datetime, beyond: datetime) -> int:
    """The next due instants of open incidents that were changed after `beyond`, as if they had been changed now."""
    query = (
        sa.select(incident.c.id, incident.c.updated_at)
        .where(incident.c.resolved_at.is_(None), incident.c.updated_at > beyond)
        .with_for_update()
    )
    rows = (await tx.execute(query)).all()
    for row in rows:
        parts = sa.select(involvement).where(involvement.c.incident_id == row.id)
        for part in (await tx.execute(parts)).all():
            back = {
                name: max(now, value - (row.updated_at - now))
                for name, value in (("next_due_at", part.next_due_at), ("expires_at", part.expires_at))
                if value is not None
            }
            if back:
                mine = (involvement.c.incident_id == row.id, involvement.c.team == part.team)
                await tx.execute(sa.update(involvement).where(*mine).values(back))
        await tx.execute(sa.update(incident).where(incident.c.id == row.id).values(updated_at=now))
    return len(rows)


async def pull_heartbeats(tx: AsyncConnection, now: datetime, beyond: datetime) -> int:
    """Senders that were heard after `beyond` were heard now; how many."""
    done = await tx.execute(sa.update(heartbeat).where(heartbeat.c.last_seen_at > beyond).values(last_seen_at=now))
    return done.rowcount
