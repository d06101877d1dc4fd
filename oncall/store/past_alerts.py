"""Weeks of past alerts, for backtests and suggestions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.incidents import IN_LIST, chunks
from oncall.store.insights import first_since
from oncall.store.schema import alert, grouping_case, incident, timeline
from routing.alert import Severity


class StoredAlert(msgspec.Struct, frozen=True, kw_only=True):
    """As much of an alert as it takes to group it again."""

    id: int
    incident: int
    name: str
    kind: str
    labels: dict[str, str]
    severity: Severity
    paging: bool
    team: str
    service: str
    query_url: str
    starts_at: datetime
    ended_at: datetime | None


async def since(tx: AsyncConnection, begin: datetime, limit: int) -> list[StoredAlert]:
    """The newest alerts of incidents opened since then, oldest first; drills left out."""
    first = await first_since(tx, begin)
    query = (
        sa.select(alert)
        .join(incident, incident.c.id == alert.c.incident_id)
        .where(alert.c.incident_id >= first, incident.c.drill.is_(False))
        .order_by(alert.c.id.desc())
        .limit(limit)
    )
    return [
        StoredAlert(
            id=row.id,
            incident=row.incident_id,
            name=row.name,
            kind=row.kind,
            labels=row.labels,
            severity=Severity(row.severity),
            paging=row.paging,
            team=row.team,
            service=row.service,
            query_url=row.generator_url,
            starts_at=row.starts_at,
            ended_at=row.ended_at,
        )
        for row in reversed((await tx.execute(query)).all())
    ]


async def unrelated(tx: AsyncConnection, begin: datetime) -> list[tuple[int, int]]:
    """Answers "not related" since then, as (alert, incident)."""
    query = sa.select(grouping_case.c.alert_id, grouping_case.c.incident_id).where(
        grouping_case.c.answered_at >= begin, grouping_case.c.related.is_(False)
    )
    return [(row.alert_id, row.incident_id) for row in (await tx.execute(query)).all()]


async def acted_alone(tx: AsyncConnection, begin: datetime, people: Collection[str]) -> set[str]:
    """Kinds that were an incident by themselves in which one of these people did something."""
    first = await first_since(tx, begin)
    found: set[str] = set()
    for some in chunks(sorted(people), IN_LIST):
        query = (
            sa.select(incident.c.kinds)
            .where(incident.c.id >= first, incident.c.drill.is_(False))
            .where(
                sa.exists().where(timeline.c.incident_id == incident.c.id, timeline.c.by.in_(some)),
            )
        )
        found |= {kinds[0] for kinds in (await tx.execute(query)).scalars() if len(kinds) == 1}
    return found
