"""Reads of whole days of history, to be added up. Days are cut by incident number, which grows with time and is indexed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import alert, incident, involvement, page, timeline

#: Numbers are handed out in order, and written a moment later by nodes whose clocks differ a little: an incident of a day
#: may stand among those of its neighbours, but not far from the edge.
SPARE = 100


class PastIncident(msgspec.Struct, frozen=True, kw_only=True):
    """As much of an incident as insights need."""

    id: int
    severity: str
    team: str
    kinds: tuple[str, ...]
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str
    #: People paged for it, how many of them at night, and whether anybody took it; see `services.interruption`.
    pages: int = 0
    night_pages: int = 0
    taken: bool = False


class PastPage(msgspec.Struct, frozen=True, kw_only=True):
    """The first message that asked somebody about an incident."""

    person: str
    team: str
    incident: int
    sent_at: datetime
    #: How long it interrupted its person; see `services.interruption`.
    seconds: int = 0


class PastAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who took a team's part in an incident, and when it had begun."""

    incident: int
    team: str
    person: str
    since: datetime
    acknowledged_at: datetime


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often an alert kind came to a team."""

    kind: str
    team: str
    episodes: int


async def first_since(tx: AsyncConnection, since: datetime) -> int:
    """The lowest incident number opened at or after that instant; one beyond the last if there is none."""
    low, high = 1, int((await tx.execute(sa.select(sa.func.max(incident.c.id)))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = sa.select(incident.c.opened_at).where(incident.c.id >= middle).order_by(incident.c.id).limit(1)
        opened = (await tx.execute(query)).scalar()
        if opened is None or opened >= since:
            high = middle
        else:
            low = middle + 1
    return low


async def numbers_between(tx: AsyncConnection, since: datetime, until: datetime) -> list[int]:
    """Numbers of the incidents opened in [since, until) that are no drills."""
    first, end = await first_since(tx, since), await first_since(tx, until)
    query = (
        sa.select(incident.c.id)
        .where(
            incident.c.id >= first - SPARE,
            incident.c.id < end + SPARE,
            incident.c.opened_at >= since,
            incident.c.opened_at < until,
            incident.c.drill.is_(False),
        )
        .order_by(incident.c.id)
    )
    return list((await tx.execute(query)).scalars())


async def first_opened(tx: AsyncConnection) -> datetime | None:
    """When the first incident that is kept was opened."""
    query = sa.select(incident.c.opened_at).order_by(incident.c.id).limit(1)
    found: datetime | None = (await tx.execute(query)).scalar()
    return found


async def incidents_of(tx: AsyncConnection, numbers: Sequence[int]) -> list[PastIncident]:
    """These incidents."""
    columns = (incident.c.id, incident.c.severity, incident.c.lead_team, incident.c.kinds, incident.c.opened_at)
    found: list[PastIncident] = []
    for part in chunks(numbers, IN_LIST):
        query = sa.select(*columns, incident.c.resolved_at, incident.c.resolved_by).where(incident.c.id.in_(part))
        found += [
            PastIncident(
                id=row.id,
                severity=row.severity,
                team=row.lead_team,
                kinds=tuple(row.kinds),
                opened_at=row.opened_at,
                resolved_at=row.resolved_at,
                resolved_by=row.resolved_by,
            )
            for row in (await tx.execute(query)).all()
        ]
    return found


async def pages_of(tx: AsyncConnection, numbers: Sequence[int]) -> list[PastPage]:
    """The first page of each person for each of these incidents that was sent."""
    found: list[PastPage] = []
    for part in chunks(numbers, IN_LIST):
        first = sa.func.min(page.c.sent_at).label("sent_at")
        query = (
            sa.select(page.c.person, page.c.team, page.c.incident_id, first)
            .where(
                page.c.incident_id.in_(part),
                page.c.person != "",
                page.c.sent_at.is_not(None),
                page.c.kind == MessageKind.PAGE.value,
            )
            .group_by(page.c.person, page.c.team, page.c.incident_id)
        )
        found += [
            PastPage(person=row.person, team=row.team, incident=row.incident_id, sent_at=row.sent_at)
            for row in (await tx.execute(query)).all()
        ]
    return found


async def answers_of(tx: AsyncConnection, numbers: Sequence[int]) -> list[PastAnswer]:
    """Acknowledgements of these incidents."""
    columns = (involvement.c.incident_id, involvement.c.team, involvement.c.acknowledged_by, involvement.c.since)
    found: list[PastAnswer] = []
    for part in chunks(numbers, IN_LIST):
        query = sa.select(*columns, involvement.c.acknowledged_at).where(
            involvement.c.incident_id.in_(part), involvement.c.acknowledged_at.is_not(None)
        )
        found += [
            PastAnswer(
                incident=row.incident_id,
                team=row.team,
                person=row.acknowledged_by,
                since=row.since,
                acknowledged_at=row.acknowledged_at,
            )
            for row in (await tx.execute(query)).all()
        ]
    return found


async def kinds_of(tx: AsyncConnection, numbers: Sequence[int]) -> list[KindCount]:
    """Alert kinds of these incidents, by the team that owns the alerts."""
    counts: Counter[tuple[str, str]] = Counter()
    for part in chunks(numbers, IN_LIST):
        query = (
            sa.select(alert.c.kind, alert.c.team, sa.func.count().label("episodes"))
            .where(alert.c.incident_id.in_(part))
            .group_by(alert.c.kind, alert.c.team)
        )
        counts.update({(row.kind, row.team): row.episodes for row in (await tx.execute(query)).all()})
    return [KindCount(kind=kind, team=team, episodes=episodes) for (kind, team), episodes in sorted(counts.items())]


async def newest_paging(tx: AsyncConnection, numbers: Sequence[int]) -> dict[str, int]:
    """By service: the newest of these incidents with a paging alert of it."""
    found: dict[str, int] = {}
    for part in chunks(numbers, IN_LIST):
        query = (
            sa.select(alert.c.service, sa.func.max(alert.c.incident_id).label("newest"))
            .where(alert.c.incident_id.in_(part), alert.c.paging, alert.c.service != "")
            .group_by(alert.c.service)
        )
        for row in (await tx.execute(query)).all():
            found[row.service] = max(row.newest, found.get(row.service, 0))
    return found


async def with_notes(tx: AsyncConnection, numbers: Collection[int]) -> set[int]:
    """Those of the incidents in which somebody wrote something down."""
    found: set[int] = set()
    for part in chunks(sorted(numbers), IN_LIST):
        query = (
            sa.select(timeline.c.incident_id)
            .where(timeline.c.incident_id.in_(part), timeline.c.kind == "note")
            .distinct()
        )
        found.update((await tx.execute(query)).scalars())
    return found
