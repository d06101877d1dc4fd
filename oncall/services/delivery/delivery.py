"""Carrying pages: claim under a lease, look once more whether they are needed, send outside any transaction, record."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers import throttle
from notifiers.bundle import bundle
from notifiers.message import MessageKind
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import DuePage, Wait
from oncall.engine import Engine
from oncall.incident import Entry, EntryKind, Incident, InvolvementStatus
from oncall.incident.telling import channel, instant, sentence
from oncall.services.delivery.carrying import NO_CHANNEL, Carried, Parcel, carry, next_method, record, still_wanted
from oncall.services.delivery.messages import messages_for
from oncall.store import contacts
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.pages import Page, PageStatus
from routing.alert import Severity

#: Pages one transaction claims.
MOST = 200
#: A sender that says nothing for so long is dead, and another takes over. Longer than any notifier's timeout.
LEASE = timedelta(seconds=30)
#: How far back messages count towards a contact's limits.
LOOK_BACK = timedelta(hours=3)
#: What an address comes to from which the person wrote STOP.
STOPPED = Outcome(
    kind=OutcomeKind.REFUSED, code="stopped", detail="STOP was sent from this number, so it gets no texts until START"
)
#: The person asked for it this moment.
_ASKED_FOR = frozenset({MessageKind.TEST, MessageKind.VERIFY, MessageKind.ANSWER})


async def send_due(engine: Engine) -> list[asyncio.Task[None]]:
    """Claim the pages that are due and begin to send them; the tasks end when each is recorded.

    Nothing waits for another: each message has its own task, so a provider that hangs delays itself alone.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        parcels = await claim_due(engine, tx, now)
    return begin(engine, parcels)


async def claim_due(engine: Engine, tx: AsyncConnection, now: datetime) -> list[Parcel]:
    """Claim the pages that are due; they may `begin` once the transaction is committed, and not before."""
    # Those under way may stand first in line; beyond them there is room for as many as ever.
    found = await page_rows.due(tx, now, MOST + len(engine.carrying))
    due = [page for page in found if page.id not in engine.carrying][:MOST]
    # What a limit holds back rides along with the first message that goes to the same contact.
    due += await page_rows.held_beside(tx, due)
    return await _claim(engine, tx, due, now) if due else []


def begin(engine: Engine, parcels: Sequence[Parcel]) -> list[asyncio.Task[None]]:
    """Send what was claimed; the tasks end when each is recorded."""
    return [_begin(engine, parcel) for parcel in parcels]


def _begin(engine: Engine, parcel: Parcel) -> asyncio.Task[None]:
    numbers, name = {page.id for page in parcel.pages}, parcel.pages[0].id
    engine.carrying |= numbers
    engine.departures.claimed(name)

    def ended(_: object) -> None:
        engine.carrying.difference_update(numbers)
        engine.departures.gone(name)

    task = asyncio.create_task(carry(engine, parcel), name=f"page {name}")
    task.add_done_callback(ended)
    return task


async def next_due(engine: Engine) -> datetime | None:
    """The instant at which the next planned page is due."""
    async with engine.database.read() as tx:
        return await page_rows.next_due(tx)


async def _claim(engine: Engine, tx: AsyncConnection, due: list[Page], now: datetime) -> list[Parcel]:
    incidents = await incident_rows.get(tx, {p.incident for p in due if p.incident is not None})
    waiting = {
        (number, part.team)
        for number, found in incidents.items()
        for part in found.involvements
        if part.status is InvolvementStatus.TRIGGERED
    }
    wanted = [p for p in due if still_wanted(p, waiting)]
    unwanted = {p.id for p in due} - {p.id for p in wanted}
    await page_rows.update(
        tx,
        [
            replace(p, status=PageStatus.CANCELLED, detail="no longer needed when its turn came")
            for p in due
            if p.id in unwanted
        ],
    )
    return await _lease(engine, tx, await _decide(engine, tx, wanted, incidents, now), incidents, now)


async def _decide(
    engine: Engine, tx: AsyncConnection, wanted: list[Page], incidents: dict[int, Incident], now: datetime
) -> list[list[Page]]:
    """The pages that go out now, message by message; those that must wait or cannot go are written as such."""
    by_contact: dict[page_rows.Contact, list[Page]] = defaultdict(list)
    for page in wanted:
        by_contact[page.channel, page.address, page.kind is MessageKind.PAGE].append(page)
    addresses = {page.address for page in wanted}
    recent = await page_rows.recent(tx, addresses, now - LOOK_BACK)
    stopped = await contacts.stopped(tx, addresses)
    going: list[list[Page]] = []
    for (name, address, asking), pages in by_contact.items():
        kind = pages[0].kind
        channel = engine.channels.get(name) if name in engine.notifiers else None
        refused = NO_CHANNEL if channel is None else STOPPED if (name, address) in stopped else None
        if channel is None or (refused is not None and kind not in _ASKED_FOR):
            outcome = refused or NO_CHANNEL
            tried = [replace(page, attempts=page.attempts + 1) for page in pages]
            await record(engine, tx, [Carried((page,), now, now, outcome) for page in tried])
            continue
        limits = throttle.limits_for(kind, channel.limits)
        known = recent.get((name, address, asking), [])
        decision = throttle.decide([_due(p, incidents) for p in pages], known, limits, now)
        if isinstance(decision, Wait):
            held = [replace(p, held_since=p.held_since or p.due_at, due_at=decision.until) for p in pages]
            await page_rows.update(tx, [replace(p, detail=decision.reason) for p in held])
        else:
            by_id = {page.id: page for page in pages}
            going += [[by_id[page_id] for page_id in ids] for ids in decision.messages]
    return going


async def _lease(
    engine: Engine, tx: AsyncConnection, going: list[list[Page]], incidents: dict[int, Incident], now: datetime
) -> list[Parcel]:
    """Claim the pages under a lease and word their messages, with a handful of statements however many there are."""
    claimed = [
        replace(
            page,
            status=PageStatus.SENDING,
            attempts=page.attempts + 1,
            leased_by=engine.node,
            leased_until=now + LEASE,
            bundled_into=None if page is pages[0] else pages[0].id,
        )
        for pages in going
        for page in pages
    ]
    messages = await messages_for(engine, tx, claimed, incidents, now)
    claimed = [replace(page, code=message.code) for page, message in zip(claimed, messages, strict=True)]
    await page_rows.claim(tx, claimed)
    await _hasten_past_broken(engine, tx, claimed, now)
    parcels, start = [], 0
    for pages in going:
        part, said = claimed[start : start + len(pages)], messages[start : start + len(pages)]
        start += len(pages)
        message = said[0] if len(said) == 1 else bundle(said, page_id=part[0].id, at=now)
        engine.metrics.page_lateness.observe((now - part[0].due_at).total_seconds())
        parcels.append(Parcel(tuple(part), message))
    return parcels


async def _hasten_past_broken(engine: Engine, tx: AsyncConnection, claimed: list[Page], now: datetime) -> None:
    """While a provider is down, the person's next method starts beside the attempt, not after its timeout."""
    entries = []
    for page in claimed:
        state = engine.breakers.state(page.channel, now)
        if state.open and page.kind is MessageKind.PAGE and page.incident is not None:
            entries += await next_method(tx, page, now)
            since = sentence(" since ", instant(state.since)) if state.since else ""
            why = sentence(f"{channel(page.channel)} seems to be down ({state.failures} failures in a row", since, ")")
            said = sentence(why, ", so the next method starts too")
            line = Entry.saying(said, incident=page.incident, at=now, kind=EntryKind.DELIVERY, team=page.team)
            entries.append(line)
    await incident_rows.add_entries(tx, entries)


def _due(page: Page, incidents: dict[int, Incident]) -> DuePage:
    incident = incidents.get(page.incident or 0)
    severity = Severity.CRITICAL if page.important else Severity.WARNING
    return DuePage(
        page_id=page.id, severity=incident.severity if incident else severity, due_at=page.held_since or page.due_at
    )
