"""Carrying pages: claim under a lease, look once more whether they are needed, send outside any transaction, record."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers import retry, throttle
from notifiers.bundle import bundle
from notifiers.message import Message, MessageKind
from notifiers.notifier import Notifier
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import DuePage, Wait
from oncall.engine import Engine
from oncall.incident import Entry, EntryKind, Incident, InvolvementStatus, release_held
from oncall.incident.values import with_involvement
from oncall.services.messages import messages_for
from oncall.services.trouble import open_trouble
from oncall.store import contacts
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.pages import Page, PageStatus
from routing.alert import Severity

log = structlog.get_logger(__name__)

#: Pages one transaction claims.
MOST = 200
#: A sender that says nothing for so long is dead, and another takes over. Longer than any notifier's timeout.
LEASE = timedelta(seconds=30)
#: How far back messages count towards a contact's limits.
LOOK_BACK = timedelta(hours=3)
#: What a channel that is not configured comes to.
NO_CHANNEL = Outcome(
    kind=OutcomeKind.REFUSED, code="not_configured", detail="the channel is not configured on this engine"
)
#: What an address comes to from which the person wrote STOP.
STOPPED = Outcome(
    kind=OutcomeKind.REFUSED, code="stopped", detail="STOP was sent from this number, so it gets no texts until START"
)
#: The person asked for it this moment.
_ASKED_FOR = frozenset({MessageKind.TEST, MessageKind.VERIFY, MessageKind.ANSWER})


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message and the pages it carries, the first of which names it."""

    pages: tuple[Page, ...]
    message: Message


async def send_due(engine: Engine) -> list[asyncio.Task[None]]:
    """Claim the pages that are due and begin to send them; the tasks end when each is recorded.

    Nothing waits for another: each message has its own task, so a provider that hangs delays itself alone.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        due = await page_rows.due(tx, now, MOST)
        parcels = await _claim(engine, tx, due, now) if due else []
    return [asyncio.create_task(_carry(engine, parcel), name=f"page {parcel.pages[0].id}") for parcel in parcels]


async def next_due(engine: Engine) -> datetime | None:
    """The instant at which the next planned page is due."""
    async with engine.database.read() as tx:
        return await page_rows.next_due(tx)


async def _claim(engine: Engine, tx: AsyncConnection, due: list[Page], now: datetime) -> list[Parcel]:
    incidents = await incident_rows.get(tx, {p.incident for p in due if p.incident is not None})
    wanted = [p for p in due if _still_wanted(p, incidents)]
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
            for page in pages:
                await _record(tx, (replace(page, attempts=page.attempts + 1),), now, now, refused or NO_CHANNEL)
            continue
        limits = throttle.limits_for(kind, channel.limits)
        known = recent.get((name, address, asking), [])
        decision = throttle.decide([_due(p, incidents) for p in pages], known, limits, now)
        if isinstance(decision, Wait):
            await page_rows.update(tx, [replace(p, due_at=decision.until, detail=decision.reason) for p in pages])
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
    await page_rows.update(tx, claimed)
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
            text = f"{page.channel} seems to be down ({state.reason}), so the next method starts too"
            kind = EntryKind.DELIVERY
            entries.append(Entry(incident=page.incident, at=now, kind=kind, text=text, team=page.team))
    await incident_rows.add_entries(tx, entries)


async def _carry(engine: Engine, parcel: Parcel) -> None:
    page = parcel.pages[0]
    if not await _wanted_now(engine, parcel):
        return
    notifier = engine.notifiers[page.channel]
    started = engine.clock.now()
    outcome = await _send(notifier, page.address, parcel.message)
    ended = engine.clock.now()
    engine.metrics.deliveries.labels(page.channel, outcome.kind.value).inc()
    engine.metrics.delivery_seconds.labels(page.channel).observe((ended - started).total_seconds())
    engine.breakers.note(page.channel, ended, outcome.kind)
    engine.metrics.provider_down.labels(page.channel).set(engine.breakers.state(page.channel, ended).open)
    log.info(
        "page carried",
        incident=page.incident,
        page=page.id,
        channel=page.channel,
        outcome=outcome.kind.value,
        code=outcome.code,
        bundled=len(parcel.pages),
    )
    async with engine.database.write() as tx:
        broken = await _record(tx, parcel.pages, started, ended, outcome)
    if broken:
        await alarm_operator(engine, page, outcome, ended)
    engine.wake.all()


async def _wanted_now(engine: Engine, parcel: Parcel) -> bool:
    """The last look, with nothing between it and the sending: somebody may have acknowledged since the claim."""
    asking = [p for p in parcel.pages if p.kind is MessageKind.PAGE and p.incident is not None]
    async with engine.database.read() as tx:
        incidents = await incident_rows.get(tx, {p.incident for p in asking if p.incident is not None})
    if len(asking) < len(parcel.pages) or any(_still_wanted(p, incidents) for p in asking):
        return True
    async with engine.database.write() as tx:
        why = "acknowledged just before it was sent"
        await page_rows.update(
            tx, [replace(p, status=PageStatus.CANCELLED, leased_until=None, detail=why) for p in parcel.pages]
        )
    return False


async def _send(notifier: Notifier, address: str, message: Message) -> Outcome:
    """The notifier's answer; a notifier that breaks its own promises is classified, never trusted."""
    try:
        async with asyncio.timeout(notifier.timeout + 2):
            return await notifier.send(address, message)
    except TimeoutError:
        return Outcome(kind=OutcomeKind.UNKNOWN, code="timeout", detail="the notifier did not come back")
    except Exception as error:
        log.exception("a notifier raised", channel=notifier.channel)
        return Outcome(kind=OutcomeKind.UNKNOWN, code="raised", detail=f"the notifier failed: {type(error).__name__}")


async def _record(
    tx: AsyncConnection,
    pages: tuple[Page, ...],
    started: datetime,
    ended: datetime,
    outcome: Outcome,
) -> bool:
    """Write the attempt, and do what follows: retry later, the next method now. Whether the channel is broken."""
    first = pages[0]
    jitter = int(first.id[:4] or "0", 16) / 0xFFFF
    # Only a page is worth a second message where nobody can tell, and only where the person has no other method.
    has_next = first.kind is not MessageKind.PAGE or await page_rows.another_method(tx, first)
    decision = retry.decide(outcome, attempts=first.attempts, now=ended, has_next=has_next, jitter=jitter)
    await page_rows.record(tx, first.id, channel=first.channel, started=started, ended=ended, outcome=outcome)
    accepted = outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED}
    entries = []
    for page in pages:
        again = decision.retry_at is not None
        status = PageStatus.SENT if accepted else PageStatus.PLANNED if again else PageStatus.FAILED
        if outcome.kind is OutcomeKind.UNKNOWN and not again:
            status = PageStatus.SENT  # perhaps: it counts as asked, and the next method starts all the same
        after = replace(
            page,
            status=status,
            due_at=decision.retry_at or page.due_at,
            sent_at=ended if status is PageStatus.SENT else page.sent_at,
            leased_by=None,
            leased_until=None,
            bundled_into=None if again else page.bundled_into,
            detail=decision.reason,
        )
        await page_rows.update(tx, [after])
        if page.incident is not None and page.person:
            entries.append(_entry(page, outcome, decision.reason, ended))
        if decision.next_method and page.kind is MessageKind.PAGE:
            entries += await next_method(tx, after, ended)
    await incident_rows.add_entries(tx, entries)
    if decision.flag_contact and outcome.code != NO_CHANNEL.code:
        await contacts.change(tx, first.channel, first.address, fault=outcome.detail, fault_at=ended)
    return decision.alarm_operator


async def next_method(tx: AsyncConnection, page: Page, now: datetime) -> list[Entry]:
    """The person's next method starts now; where nobody of the step has one left, the next step does."""
    if page.incident is None or await page_rows.hasten(tx, page, now):
        return []
    if page.status is not PageStatus.FAILED or await page_rows.hopeful(tx, page):
        return []
    found = (await incident_rows.get(tx, [page.incident], lock=True)).get(page.incident)
    involvement = found.of(page.team) if found else None
    if found is None or involvement is None or involvement.status is not InvolvementStatus.TRIGGERED:
        return []
    hurried = with_involvement(found, replace(involvement, next_due_at=now))
    text = f"step {page.step}: nobody could be reached by any method, next step now"
    entries = [Entry(incident=found.id, at=now, kind=EntryKind.NOBODY, text=text, team=page.team)]
    if involvement.lead:
        freed = release_held(hurried, now, f"{page.team} could not be reached")
        hurried, entries = freed.incident, [*entries, *freed.entries]
    await incident_rows.save(tx, [hurried], [], now)
    return entries


async def alarm_operator(engine: Engine, page: Page, outcome: Outcome, now: datetime) -> None:
    """Tell the operator once that a channel is broken. Apart from the record: numbers are taken before incidents are locked."""
    key = f"oncall/channel/{page.channel}"
    async with engine.database.write() as tx:
        if not await incident_rows.open_by_group(tx, [key]):
            title = f"Paging by {page.channel} is broken for everybody: {outcome.detail or outcome.code}"
            await open_trouble(engine, tx, title=title, service="oncall", why=outcome.detail, now=now, group_key=key)


def _entry(page: Page, outcome: Outcome, reason: str, now: datetime) -> Entry:
    said = f"{page.channel} to {page.person}: {reason}"
    if page.bundled_into:
        said += " (in one message with others)"
    kind = EntryKind.PAGE if page.kind is MessageKind.PAGE else EntryKind.DELIVERY
    data = {"page": page.id, "outcome": outcome.kind.value, "code": outcome.code}
    return Entry(incident=page.incident or 0, at=now, kind=kind, text=said, team=page.team, data=data)


def _still_wanted(page: Page, incidents: dict[int, Incident]) -> bool:
    if page.kind is not MessageKind.PAGE or page.incident is None:
        return True
    incident = incidents.get(page.incident)
    involvement = incident.of(page.team) if incident else None
    return involvement is not None and involvement.status is InvolvementStatus.TRIGGERED


def _due(page: Page, incidents: dict[int, Incident]) -> DuePage:
    incident = incidents.get(page.incident or 0)
    severity = Severity.CRITICAL if page.important else Severity.WARNING
    return DuePage(page_id=page.id, severity=incident.severity if incident else severity, due_at=page.due_at)
