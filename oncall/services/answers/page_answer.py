"""Answering a page through the link it carried."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.incident import Actor, IncidentStatus, Via
from oncall.services import incidents
from oncall.store import contacts, pages
from oncall.store import incidents as incident_rows
from oncall.store.pages import Page
from routing.alert import Severity

#: A link works this long; afterwards the incident is answered by signing in.
LIFE = timedelta(days=7)
#: Through which door a link's answer came, by the channel that carried it.
DOORS = {"email": Via.EMAIL, "sms": Via.SMS, "slack": Via.SLACK, "phone": Via.PHONE}


class PageAsked(msgspec.Struct, frozen=True, kw_only=True):
    """As much of an incident as whoever holds the link may see."""

    person: str
    incident: int
    title: str
    severity: Severity
    status: IncidentStatus
    team: str
    opened_at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    drill: bool


async def view_page(engine: Engine, page_id: str) -> PageAsked:
    """What a page asked.

    Raises:
        NotFound: there is no such page, or its link has ended.
    """
    async with engine.database.read() as tx:
        page, number = await _asked(engine, tx, page_id)
        incident = (await incident_rows.get(tx, [number]))[number]
    part = incident.of(page.team) or incident.lead
    person, team = engine.directory.people.get(page.person), engine.directory.teams.get(page.team)
    taker = engine.directory.people.get(part.acknowledged_by)
    return PageAsked(
        person=person.name if person else page.person,
        incident=incident.id,
        title=incident.title,
        severity=incident.severity,
        status=incident.status,
        team=team.name if team else page.team,
        opened_at=incident.opened_at,
        acknowledged_by=taker.name if taker else part.acknowledged_by,
        acknowledged_at=part.acknowledged_at,
        drill=incident.drill,
    )


async def acknowledge_page(engine: Engine, page_id: str) -> None:
    """Acknowledge as the person the page went to.

    Raises:
        NotFound: there is no such page, or its link has ended.
        AlreadyAcknowledged, AlreadyResolved: somebody was first.
    """
    async with engine.database.read() as tx:
        page, number = await _asked(engine, tx, page_id)
    await incidents.acknowledge(engine, number, by=Actor(page.person, DOORS.get(page.channel, Via.WEB)))
    async with engine.database.write() as tx:
        now = engine.clock.now()
        await contacts.change(tx, page.channel, page.address, answered_at=now, fault="", fault_at=None)


async def _asked(engine: Engine, tx: AsyncConnection, page_id: str) -> tuple[Page, int]:
    page = await pages.get(tx, page_id)
    known = page is not None and page.person in engine.directory.people
    if page is None or not known or page.incident is None or engine.clock.now() - page.planned_at > LIFE:
        raise NotFound("this link does not lead to a page any more", "Sign in to see the incident.")
    return page, page.incident
