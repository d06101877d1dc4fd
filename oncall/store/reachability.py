"""What deliveries say about contact methods."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.pages import PageStatus
from oncall.store.schema import page


async def refused_addresses(tx: AsyncConnection, people: Collection[str]) -> set[tuple[str, str]]:
    """(channel, address) of contacts whose latest finished page failed for good."""
    done = [PageStatus.SENT.value, PageStatus.FAILED.value]
    ranked = (
        sa.select(
            page.c.channel,
            page.c.address,
            page.c.status,
            sa.func.row_number()
            .over(partition_by=(page.c.channel, page.c.address), order_by=page.c.planned_at.desc())
            .label("place"),
        )
        .where(page.c.person.in_(list(people)), page.c.status.in_(done))
        .subquery()
    )
    query = sa.select(ranked.c.channel, ranked.c.address).where(
        ranked.c.place == 1, ranked.c.status == PageStatus.FAILED.value
    )
    return {(row.channel, row.address) for row in (await tx.execute(query)).all()}
