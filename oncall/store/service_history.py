"""When services last paged and were last drilled."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import alert, incident


async def last_paged(tx: AsyncConnection, since: datetime) -> dict[str, datetime]:
    """By service: when the newest incident opened that one of its paging alerts is part of."""
    query = (
        sa.select(alert.c.service, sa.func.max(incident.c.opened_at).label("at"))
        .join(incident, incident.c.id == alert.c.incident_id)
        .where(alert.c.paging, alert.c.service != "", incident.c.opened_at >= since, incident.c.drill.is_(False))
        .group_by(alert.c.service)
    )
    return {row.service: row.at for row in (await tx.execute(query)).all()}


async def last_drilled(tx: AsyncConnection, since: datetime) -> dict[str, datetime]:
    """By service: when its newest drill began."""
    query = (
        sa.select(incident.c.service, sa.func.max(incident.c.opened_at).label("at"))
        .where(incident.c.drill, incident.c.service != "", incident.c.opened_at >= since)
        .group_by(incident.c.service)
    )
    return {row.service: row.at for row in (await tx.execute(query)).all()}
