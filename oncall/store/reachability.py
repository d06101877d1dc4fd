"""What deliveries say about contact methods."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.outcome import OutcomeKind
from oncall.store.incidents import IN_LIST, chunks
from oncall.store.pages import PageStatus
from oncall.store.schema import delivery, page


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


async def delivered(
    tx: AsyncConnection, addresses: Collection[str], since: datetime
) -> dict[tuple[str, str], datetime]:
    """When a device behind each of these addresses last had a message, by (channel, address)."""
    found: dict[tuple[str, str], datetime] = {}
    for part in chunks(sorted(addresses), IN_LIST):
        query = (
            sa.select(page.c.channel, page.c.address, sa.func.max(page.c.sent_at).label("at"))
            .join(delivery, delivery.c.page_id == page.c.id)
            .where(
                page.c.address.in_(part),
                page.c.sent_at >= since,
                delivery.c.outcome == OutcomeKind.DELIVERED.value,
            )
            .group_by(page.c.channel, page.c.address)
        )
        found |= {(row.channel, row.address): row.at for row in (await tx.execute(query)).all()}
    return found
