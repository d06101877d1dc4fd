"""An acknowledgement or resolution in PagerDuty takes effect here, once."""

from __future__ import annotations

import structlog

from notifiers.pagerduty import incident_of
from notifiers.pagerduty_inbound import PagerDutyEvent
from oncall.engine import Engine
from oncall.errors import OncallError
from oncall.incident import Actor, Via
from oncall.services import incidents
from oncall.store import replies as reply_rows

log = structlog.get_logger(__name__)


async def take(engine: Engine, event: PagerDutyEvent) -> bool:
    """Do what happened there; True if it changed anything. Events about other troubles, and repeated ones, do nothing."""
    number = incident_of(engine.settings.address, event.key)
    if number is None or event.kind not in {"incident.acknowledged", "incident.resolved"}:
        return False
    known = engine.directory.person_named(event.agent) if event.agent else None
    who = known.id if known else event.agent or "pagerduty"
    async with engine.database.write() as tx:
        reply_id = f"pagerduty:{event.id}"
        if await reply_rows.answered(tx, reply_id) is not None:
            return False
        await reply_rows.remember(
            tx,
            reply_id=reply_id,
            at=engine.clock.now(),
            channel="pagerduty",
            address=event.key,
            person=who,
            text=event.kind,
            answer="taken",
        )
    by = Actor(who, Via.PAGER)
    try:
        if event.kind == "incident.acknowledged":
            await incidents.acknowledge(engine, number, by=by)
        else:
            await incidents.resolve(engine, number, by=by, why=f"resolved in PagerDuty by {event.agent or 'somebody'}")
    except OncallError as error:
        log.info("an event from PagerDuty changed nothing", incident=number, why=str(error))
        return False
    return True
