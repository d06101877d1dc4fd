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
from oncall.incident import EntryKind
from oncall.services.delivery.carrying import TAKEN, alarm_operator, entry, next_method
from oncall.store import contacts, early_reports
from oncall.store import deliveries as delivery_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.pages import Page, PageStatus

log = structlog.get_logger(__name__)

_FAILED = frozenset({OutcomeKind.REFUSED, OutcomeKind.UNREACHABLE, OutcomeKind.BROKEN})


async def report(engine: Engine, *, channel: str, page_id: str, outcome: Outcome) -> bool:
    """Take a report in; True if it changed anything.

    Reports come doubled, reversed, late, and for messages nobody knows: none of that is an error. One that comes while
    the page is still under way is kept, and taken in when the attempt is recorded.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        under_way = await page_rows.under_way(tx, channel, page_id)
        # Which attempt a report without a known name is of shows when the one under way is recorded.
        delivery = await delivery_rows.find(tx, channel, outcome.provider_id, "" if under_way else page_id)
        if delivery is None and under_way:
            await early_reports.keep(tx, page_id, outcome, now)
            return False
        if delivery is None:
            log.info("a report about an unknown message", channel=channel, provider_id=outcome.provider_id)
            return False
        if not moves_forward(OutcomeKind(delivery.outcome), outcome.kind):
            return False
        await delivery_rows.settle(tx, delivery.id, outcome)
        engine.metrics.reports.labels(channel, outcome.kind.value).inc()
        pages = await page_rows.carried_by(tx, delivery.page)
        alarm = False
        if outcome.kind in _FAILED:
            alarm = await _fail(tx, pages, outcome, now)
        elif outcome.kind in TAKEN:
            await _need_no_other_attempt(tx, pages, outcome, now)
    if alarm:
        await alarm_operator(engine, pages[0], outcome, now)
    engine.wake.all()
    return True


async def _need_no_other_attempt(tx: AsyncConnection, pages: list[Page], outcome: Outcome, now: datetime) -> None:
    """Pages whose answer was lost and that wait to be tried again: the provider has them."""
    waiting = [page for page in pages if page.status is PageStatus.PLANNED and page.attempts]
    if not waiting:
        return
    detail = f"{outcome.kind.value}, the provider reports"
    # Before the pages: whoever acknowledges holds the incident, and then waits for what is planned.
    await incident_rows.add_entries(
        tx, [entry(page, EntryKind.DELIVERY, outcome, detail, now) for page in waiting if page.incident]
    )
    await page_rows.got_through(tx, [page.id for page in waiting], now, detail)


async def _fail(tx: AsyncConnection, pages: list[Page], outcome: Outcome, now: datetime) -> bool:
    """The next method for each page; True if the operator must hear of it."""
    decision = retry.decide(outcome, attempts=1, now=now)
    entries = []
    for page in pages:
        after = replace(page, status=PageStatus.FAILED, detail=decision.reason)
        await page_rows.update(tx, [after])
        if page.incident is not None and page.person:
            entries.append(entry(page, EntryKind.DELIVERY, outcome, decision.reason, now))
        if decision.next_method and page.kind is MessageKind.PAGE:
            entries += await next_method(tx, after, now)
    await incident_rows.add_entries(tx, entries)
    if decision.flag_contact and pages:
        await contacts.change(tx, pages[0].channel, pages[0].address, fault=outcome.detail, fault_at=now)
    return decision.alarm_operator and bool(pages)
