"""When services were last drilled."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import incident


async def last_drilled(tx: AsyncConnection, since: datetime) -> dict[str, datetime]:
    """By service: when its newest drill began."""
    query = (
        sa.select(incident.c.service, sa.func.max(incident.c.opened_at).label("at"))
        .where(incident.c.drill, incident.c.service != "", incident.c.opened_at >= since)
        .group_by(incident.c.service)
    )
    return {row.service: row.at for row in (await tx.execute(query)).all()}
