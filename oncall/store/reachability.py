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
    failed = (
        sa.select(page.c.channel, page.c.address, sa.func.max(page.c.planned_at).label("at"))
        # As the partial index has it: a bound value would not be recognised.
        .where(page.c.person.in_(list(people)), page.c.status == sa.literal_column("'failed'"))
        .group_by(page.c.channel, page.c.address)
        .subquery()
    )
    later = sa.exists().where(
        page.c.channel == failed.c.channel,
        page.c.address == failed.c.address,
        page.c.status == PageStatus.SENT.value,
        # What was planned later was sent later: the index knows when each address was last sent anything.
        page.c.sent_at >= failed.c.at,
        page.c.planned_at > failed.c.at,
    )
    query = sa.select(failed.c.channel, failed.c.address).where(~later)
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
