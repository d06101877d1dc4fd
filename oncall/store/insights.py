"""Reads over weeks of history, for insights. Windows are cut by incident number, which grows with time and is indexed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import alert, incident, involvement, page, timeline

#: Incidents one insight looks at; the newest count.
MOST = 20_000


class PastIncident(msgspec.Struct, frozen=True, kw_only=True):
    """As much of an incident as insights need."""

    id: int
    severity: str
    team: str
    kinds: tuple[str, ...]
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str


class PastPage(msgspec.Struct, frozen=True, kw_only=True):
    """The first message that asked somebody about an incident."""

    person: str
    team: str
    incident: int
    sent_at: datetime


class PastAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who took a team's part in an incident, and when it had begun."""

    incident: int
    team: str
    person: str
    since: datetime
    acknowledged_at: datetime


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often an alert kind came."""

    kind: str
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


async def incidents_from(tx: AsyncConnection, first: int, team: str) -> list[PastIncident]:
    """Incidents from that number on that are no drills, of one lead team or of all."""
    query = (
        sa.select(
            incident.c.id,
            incident.c.severity,
            incident.c.lead_team,
            incident.c.kinds,
            incident.c.opened_at,
            incident.c.resolved_at,
            incident.c.resolved_by,
        )
        .where(incident.c.id >= first, incident.c.drill.is_(False))
        .order_by(incident.c.id.desc())
        .limit(MOST)
    )
    if team:
        query = query.where(incident.c.lead_team == team)
    return [
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


async def pages_since(tx: AsyncConnection, people: Sequence[str], since: datetime, team: str) -> list[PastPage]:
    """The first page of each person for each incident, sent since then."""
    found: list[PastPage] = []
    for part in chunks(people, IN_LIST):
        first = sa.func.min(page.c.sent_at).label("sent_at")
        query = (
            sa.select(page.c.person, page.c.team, page.c.incident_id, first)
            .where(
                page.c.person.in_(part),
                page.c.sent_at >= since,
                page.c.kind == MessageKind.PAGE.value,
                page.c.incident_id.is_not(None),
            )
            .group_by(page.c.person, page.c.team, page.c.incident_id)
        )
        if team:
            query = query.where(page.c.team == team)
        found += [
            PastPage(person=row.person, team=row.team, incident=row.incident_id, sent_at=row.sent_at)
            for row in (await tx.execute(query)).all()
        ]
    return found


async def answers_from(tx: AsyncConnection, first: int, team: str) -> list[PastAnswer]:
    """Acknowledgements of incidents from that number on."""
    query = sa.select(
        involvement.c.incident_id,
        involvement.c.team,
        involvement.c.acknowledged_by,
        involvement.c.since,
        involvement.c.acknowledged_at,
    ).where(involvement.c.incident_id >= first, involvement.c.acknowledged_at.is_not(None))
    if team:
        query = query.where(involvement.c.team == team)
    return [
        PastAnswer(
            incident=row.incident_id,
            team=row.team,
            person=row.acknowledged_by,
            since=row.since,
            acknowledged_at=row.acknowledged_at,
        )
        for row in (await tx.execute(query.limit(MOST))).all()
    ]


async def kinds_from(tx: AsyncConnection, first: int, team: str, *, limit: int) -> list[KindCount]:
    """Alert kinds of incidents from that number on, the most frequent first."""
    episodes = sa.func.count().label("episodes")
    query = (
        sa.select(alert.c.kind, episodes)
        .where(alert.c.incident_id >= first)
        .group_by(alert.c.kind)
        .order_by(episodes.desc(), alert.c.kind)
        .limit(limit)
    )
    if team:
        query = query.where(alert.c.team == team)
    return [KindCount(kind=row.kind, episodes=row.episodes) for row in (await tx.execute(query)).all()]


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
