"""Deploys, as pipelines report them, and those that stand beside an incident."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Deployed
from oncall.engine import Engine
from oncall.errors import Invalid
from oncall.incident import Incident
from oncall.services.people.rights import Caller, Right
from oncall.store import deploys as deploy_rows
from oncall.store import grouping_state
from oncall.store.deploys import Deploy
from routing.catalog import Catalog
from routing.catalog.fields import is_web_address

#: A change is looked for this far before an incident, and this long after it began.
BEFORE = timedelta(hours=24)
AFTER = timedelta(minutes=30)
#: How far a pipeline's clock may run ahead of ours.
AHEAD = timedelta(minutes=5)
MOST_BESIDE = 20
SHOWN = 100

Line = Annotated[str, msgspec.Meta(max_length=500)]


class NewDeploy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deploy: the service by any name the catalog knows, and when it began (now, where that is left out)."""

    service: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    version: Line = ""
    by: Line = ""
    summary: Line = ""
    link: Line = ""
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ChangePayload(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of a PagerDuty change event."""

    summary: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    source: Line = ""
    timestamp: datetime | None = None
    custom_details: dict[str, Any] | None = None


class ChangeLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link of a PagerDuty change event."""

    href: str = ""
    text: str = ""


class ChangeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A change event in PagerDuty's shape (Events API v2). The service is `custom_details.service`, else the source."""

    payload: ChangePayload
    routing_key: str = ""
    links: tuple[ChangeLink, ...] = ()


class DeployReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken down; `known` says whether the catalog has the service."""

    id: int
    service: str
    known: bool


class NearDeploy(msgspec.Struct, frozen=True, kw_only=True):
    """A deploy beside an incident. `minutes` is from the deploy to the incident, negative where it came after."""

    service: str
    version: str
    by: str
    summary: str
    link: str
    at: datetime
    minutes: int
    #: "its own service" or "a service it depends on".
    relation: str


class DeployList(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the deploys, newest first; `next` is the cursor of the older ones, null at the end."""

    deploys: tuple[Deploy, ...]
    next: str | None = None


async def record(engine: Engine, caller: Caller, given: NewDeploy) -> DeployReceipt:
    """Take a deploy down.

    Raises:
        Invalid: it lies in the future, or its link is no web address.
    """
    caller.require(Right.RESPOND)
    now = engine.clock.now()
    at = given.at or now
    if at > now + AHEAD:
        raise Invalid(
            f"the deploy lies in the future: {at.isoformat()}", "Send the instant it began, with its offset.", "$.at"
        )
    if given.link and not is_web_address(given.link):
        raise Invalid("the link is no web address", "Begin it with https://.", "$.link")
    entry = engine.directory.catalog.find(given.service)
    row = Deploy(
        service=entry.name if entry else given.service,
        version=given.version,
        by=given.by or caller.person,
        summary=given.summary,
        link=given.link,
        at=at,
    )
    async with engine.database.write() as tx:
        number = await deploy_rows.add(tx, row)
        await grouping_state.deployed(tx, Deployed(service=row.service, at=row.at))
    return DeployReceipt(id=number, service=row.service, known=entry is not None)


async def record_change(engine: Engine, caller: Caller, event: ChangeEvent) -> DeployReceipt:
    """Take a PagerDuty change event down as a deploy.

    Raises:
        Invalid: it names no service, or see `record`.
    """
    details = event.payload.custom_details or {}
    service = str(details.get("service") or event.payload.source)
    if not service:
        raise Invalid(
            "the change names no service", "Send payload.source or custom_details.service.", "$.payload.source"
        )
    link = next((link.href for link in event.links if is_web_address(link.href)), "")
    at = event.payload.timestamp
    if at is not None and at.tzinfo is None:
        raise Invalid("the timestamp has no offset", "Write it as 2026-01-05T03:04:05Z.", "$.payload.timestamp")
    return await record(
        engine,
        caller,
        NewDeploy(
            service=service[:200],
            version=str(details.get("version") or details.get("build") or "")[:500],
            by=str(details.get("by") or details.get("user") or "")[:500],
            summary=event.payload.summary[:500],
            link=link[:500],
            at=at,
        ),
    )


async def list_deploys(engine: Engine, caller: Caller, after: int | None = None) -> DeployList:
    """Deploys of all services, newest first; `after` goes on behind that one."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        found = await deploy_rows.latest(tx, limit=SHOWN + 1, after=after)
    shown = tuple(found[:SHOWN])
    return DeployList(deploys=shown, next=str(shown[-1].id) if len(found) > SHOWN else None)


async def beside(engine: Engine, tx: AsyncConnection, incident: Incident) -> tuple[NearDeploy, ...]:
    """Deploys of an incident's service and of what it depends on, around its begin, nearest first."""
    related = related_services(engine.directory.catalog, incident.service)
    if not related:
        return ()
    found = await deploy_rows.of_services(
        tx, related, incident.opened_at - BEFORE, incident.opened_at + AFTER, limit=MOST_BESIDE * 5
    )
    near = [_near(deploy, incident, related[deploy.service]) for deploy in found]
    return tuple(sorted(near, key=_nearest)[:MOST_BESIDE])


def related_services(catalog: Catalog, service: str) -> dict[str, str]:
    """A service and what it depends on, by name, each with how it is related."""
    entry = catalog.find(service) if service else None
    if entry is None:
        return {service: "its own service"} if service else {}
    found = {entry.name: "its own service"}
    for name in entry.depends_on:
        other = catalog.find(name)
        found.setdefault(other.name if other else name, "a service it depends on")
    return found


def sentence(deploy: NearDeploy) -> str:
    """The deploy on one line, as pages show it."""
    what = f"{deploy.service} {deploy.version}".strip()
    by = f" by {deploy.by}" if deploy.by else ""
    when = f"{deploy.minutes} min before" if deploy.minutes >= 0 else f"{-deploy.minutes} min after it began"
    return f"deploy of {what}{by}, {when}"


def _near(deploy: Deploy, incident: Incident, relation: str) -> NearDeploy:
    return NearDeploy(
        service=deploy.service,
        version=deploy.version,
        by=deploy.by,
        summary=deploy.summary,
        link=deploy.link,
        at=deploy.at,
        minutes=round((incident.opened_at - deploy.at).total_seconds() / 60),
        relation=relation,
    )


def _nearest(deploy: NearDeploy) -> tuple[int, int, str]:
    # What came after the begin is less likely to be the cause than what came before.
    return deploy.minutes if deploy.minutes >= 0 else -deploy.minutes * 10, -deploy.minutes, deploy.service
