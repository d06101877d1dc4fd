"""What the operator's view counts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import delivery, lease, quarantine


async def outcomes_since(tx: AsyncConnection, since: datetime) -> dict[str, dict[str, int]]:
    """Deliveries that began since then: channel to outcome to how many."""
    # Grouped by an expression: by the bare column SQLite walks the index on it through years of deliveries.
    channel = delivery.c.channel.concat("").label("channel")
    query = (
        sa.select(channel, delivery.c.outcome, sa.func.count())
        .where(delivery.c.started_at >= since)
        .group_by(channel, delivery.c.outcome)
        .order_by(channel)
    )
    found: dict[str, dict[str, int]] = {}
    for channel, outcome, count in (await tx.execute(query)).all():
        found.setdefault(channel, {})[outcome] = count
    return found


async def leases(tx: AsyncConnection) -> list[tuple[str, str, datetime]]:
    """(work, node, until) of every lease."""
    query = sa.select(lease.c.name, lease.c.node, lease.c.until).order_by(lease.c.name)
    return [(row.name, row.node, row.until) for row in (await tx.execute(query)).all()]


async def quarantine_size(tx: AsyncConnection) -> int:
    """How many rows are in the quarantine."""
    return int((await tx.execute(sa.select(sa.func.count()).select_from(quarantine))).scalar_one())
