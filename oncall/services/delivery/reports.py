"""What providers report later about a message: a delivery only moves forward, and a failure starts the next method."""

from __future__ import annotations

from datetime import datetime

import structlog
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers import retry
from notifiers.message import MessageKind
from notifiers.outcome import Outcome, OutcomeKind, moves_forward
from oncall.engine import Engine
from oncall.incident import Entry, EntryKind
from oncall.services.delivery.carrying import alarm_operator, next_method
from oncall.store import contacts
from oncall.store import deliveries as delivery_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.pages import Page, PageStatus

log = structlog.get_logger(__name__)

_FAILED = frozenset({OutcomeKind.REFUSED, OutcomeKind.UNREACHABLE, OutcomeKind.BROKEN})


async def report(engine: Engine, *, channel: str, page_id: str, outcome: Outcome) -> bool:
    """Take a report in; True if it changed anything.

    Reports come doubled, reversed, late, and for messages nobody knows: none of that is an error.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        delivery = await delivery_rows.find(tx, channel, outcome.provider_id, page_id)
        if delivery is None:
            log.info("a report about an unknown message", channel=channel, provider_id=outcome.provider_id)
            return False
        if not moves_forward(OutcomeKind(delivery.outcome), outcome.kind):
            return False
        await delivery_rows.settle(tx, delivery.id, outcome)
        engine.metrics.reports.labels(channel, outcome.kind.value).inc()
        pages = await page_rows.carried_by(tx, delivery.page) if outcome.kind in _FAILED else []
        alarm = await _fail(tx, pages, outcome, now)
    if alarm:
        await alarm_operator(engine, pages[0], outcome, now)
    engine.wake.all()
    return True


async def _fail(tx: AsyncConnection, pages: list[Page], outcome: Outcome, now: datetime) -> bool:
    """The next method for each page; True if the operator must hear of it."""
    decision = retry.decide(outcome, attempts=1, now=now)
    entries = []
    for page in pages:
        after = replace(page, status=PageStatus.FAILED, detail=decision.reason)
        await page_rows.update(tx, [after])
        if page.incident is not None and page.person:
            text = f"{page.channel} to {page.person}: {decision.reason}"
            data = {"page": page.id, "outcome": outcome.kind.value, "code": outcome.code}
            kind = EntryKind.DELIVERY
            entries.append(Entry(incident=page.incident, at=now, kind=kind, text=text, team=page.team, data=data))
        if decision.next_method and page.kind is MessageKind.PAGE:
            entries += await next_method(tx, after, now)
    await incident_rows.add_entries(tx, entries)
    if decision.flag_contact and pages:
        await contacts.change(tx, pages[0].channel, pages[0].address, fault=outcome.detail, fault_at=now)
    return decision.alarm_operator and bool(pages)
