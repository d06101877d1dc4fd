"""How often people were really paged."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.store.pages import PageStatus
from oncall.store.schema import page


async def by_person(tx: AsyncConnection, team: str, since: datetime) -> dict[str, int]:
    """Incidents each person was asked to look at for a team; several messages about one count once."""
    query = (
        sa.select(page.c.person, sa.func.count(sa.distinct(page.c.incident_id)).label("pages"))
        .where(
            page.c.team == team,
            page.c.person != "",
            page.c.kind == MessageKind.PAGE.value,
            page.c.status == PageStatus.SENT.value,
            page.c.sent_at >= since,
        )
        .group_by(page.c.person)
    )
    return {row.person: row.pages for row in (await tx.execute(query)).all()}
