"""Incidents as lists show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.incident import Incident, IncidentStatus
from oncall.services.people.rights import Caller, Right
from oncall.store import alerts as alert_rows
from oncall.store import incidents as incident_rows
from oncall.store import views
from oncall.store.search import Search
from routing.alert import Severity


class IncidentItem(msgspec.Struct, frozen=True, kw_only=True):
    """One incident in a list. Instants are UTC."""

    id: int
    title: str
    status: IncidentStatus
    severity: Severity
    service: str
    #: The team that leads, and every team involved.
    team: str
    teams: tuple[str, ...]
    #: Those that are being asked and have not answered.
    waiting: tuple[str, ...]
    opened_at: datetime
    #: Who has it; empty while nobody has.
    acknowledged_by: str
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str
    merged_into: int | None
    drill: bool
    #: Alerts in all, and those that still fire.
    alerts: int
    firing: int
    url: str


class IncidentPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the list, newest first. `next` is the cursor of the stretch after it, null at the end."""

    incidents: tuple[IncidentItem, ...]
    next: str | None = None


class ListQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to list. `status` open means triggered or acknowledged; `team` any team involved, by id.

    `q` are words that must all stand in the title, the service or an alert kind, or an incident's number; `kind` and
    `service` are exact; `paged` is a person who was paged for it; `day` the day it was opened, in UTC.
    """

    status: Literal["triggered", "acknowledged", "resolved", "open"] | None = None
    team: Annotated[str, msgspec.Meta(max_length=200)] = ""
    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    kind: Annotated[str, msgspec.Meta(max_length=500)] = ""
    service: Annotated[str, msgspec.Meta(max_length=200)] = ""
    paged: Annotated[str, msgspec.Meta(max_length=200)] = ""
    day: date | None = None
    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{0,15}$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


async def list_incidents(engine: Engine, caller: Caller, query: ListQuery) -> IncidentPage:
    """Incidents, newest first, a stretch at a time."""
    caller.require(Right.SEE)
    before = int(query.cursor) if query.cursor else None
    async with engine.database.read() as tx:
        found = await incident_rows.listed(
            tx,
            status=query.status or "",
            team=query.team,
            search=Search(words=query.q, kind=query.kind, service=query.service, paged=query.paged, day=query.day),
            before=before,
            limit=query.limit + 1,
        )
        items = await items_of(engine, tx, found[: query.limit])
    more = len(found) > query.limit
    return IncidentPage(incidents=items, next=str(items[-1].id) if more else None)


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """An incident by its number and title."""

    id: int
    title: str


async def other_open(engine: Engine, caller: Caller, number: int, limit: int = 30) -> tuple[Named, ...]:
    """The newest open incidents beside one: what it may be the same trouble as."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        found = await views.newest_open(tx, limit=limit + 1)
    return tuple(Named(id=known, title=title) for known, title in found if known != number)[:limit]


async def items_of(engine: Engine, tx: AsyncConnection, incidents: Sequence[Incident]) -> tuple[IncidentItem, ...]:
    """The incidents with their alerts counted."""
    over = [i.id for i in incidents if i.status is IncidentStatus.RESOLVED]
    counts = await alert_rows.counts_of_open(tx, {i.id for i in incidents}.difference(over))
    # Nothing fires in one that is over, and how many alerts it had an index knows.
    counts |= {number: (total, 0) for number, total in (await alert_rows.totals(tx, over)).items()}
    address = engine.settings.address
    return tuple(_item(i, *counts[i.id], f"{address}/incidents/{i.id}") for i in incidents)


def _item(incident: Incident, alerts: int, firing: int, url: str) -> IncidentItem:
    taken = [i for i in incident.involvements if i.acknowledged_at and i.open]
    first = min(taken, key=lambda i: i.acknowledged_at or i.since, default=None)
    return IncidentItem(
        id=incident.id,
        title=incident.title,
        status=incident.status,
        severity=incident.severity,
        service=incident.service,
        team=incident.lead.team,
        teams=tuple(i.team for i in incident.involvements),
        waiting=incident.waiting,
        opened_at=incident.opened_at,
        acknowledged_by=first.acknowledged_by if first else "",
        acknowledged_at=first.acknowledged_at if first else None,
        resolved_at=incident.resolved_at,
        resolved_by=incident.resolved_by,
        merged_into=incident.merged_into,
        drill=incident.drill,
        alerts=alerts,
        firing=firing,
        url=url,
    )
