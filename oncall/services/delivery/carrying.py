"""From a claimed page to the provider and back: the last look, the sending outside any transaction, the record."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers import retry
from notifiers.message import Message, MessageKind
from notifiers.notifier import Follows, Notifier
from notifiers.outcome import Outcome, OutcomeKind, answered, moves_forward
from notifiers.retry import RetryDecision
from oncall.engine import Engine
from oncall.incident import Entry, EntryKind, InvolvementStatus, release_held
from oncall.incident.telling import channel, person, sentence, team
from oncall.incident.values import with_involvement
from oncall.services.delivery import sent_before
from oncall.services.delivery.messages import ASKING
from oncall.services.trouble import open_trouble
from oncall.store import contacts, early_reports, posts
from oncall.store import deliveries as delivery_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.deliveries import Attempt
from oncall.store.pages import Page, PageStatus

log = structlog.get_logger(__name__)

#: What a channel that is not configured comes to.
NO_CHANNEL = Outcome(
    kind=OutcomeKind.REFUSED, code="not_configured", detail="the channel is not configured on this engine"
)
#: The provider has it, as far as anybody can say.
TAKEN = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED})


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message and the pages it carries, the first of which names it."""

    pages: tuple[Page, ...]
    message: Message


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of an attempt to carry these pages in one message."""

    pages: tuple[Page, ...]
    started: datetime
    ended: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an attempt was recorded as, and whether the operator must hear of it."""

    outcome: Outcome
    alarm: bool


async def carry(engine: Engine, parcel: Parcel) -> None:
    """Send a claimed message if anybody still needs it, and record what came of it.

    What is due at once is looked at and recorded together, a few dozen at a time: the look stands immediately before
    the sending, and no message waits for another's answer.
    """
    if not await engine.looks.ask(partial(_wanted_now, engine), parcel):
        return
    page = parcel.pages[0]
    notifier = engine.notifiers[page.channel]
    engine.departures.gone(page.id)
    started = engine.clock.now()
    outcome = await sent_before.found(engine, notifier, page, parcel.message) or await _send(
        notifier, page.address, parcel.message
    )
    ended = engine.clock.now()
    await engine.departures.all_gone()
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
    recorded = await engine.records.ask(partial(_recorded, engine), Carried(parcel.pages, started, ended, outcome))
    if recorded.alarm:
        await alarm_operator(engine, page, recorded.outcome, ended)
    if recorded.outcome.kind not in TAKEN:
        # The person's next method or the next step may be due now.
        engine.wake.delivery.set()
        engine.wake.escalation.set()


def still_wanted(page: Page, waiting: Collection[tuple[int, str]]) -> bool:
    """Whether a page is still to go out, as its team's part of the incident still waits; what is no page, always."""
    return page.kind is not MessageKind.PAGE or page.incident is None or (page.incident, page.team) in waiting


async def _wanted_now(engine: Engine, parcels: Sequence[Parcel]) -> list[bool]:
    """The last look, with nothing between it and the sending: somebody may have acknowledged since the claim.

    A node that stood still until its lease had run out leaves the page alone: another has it by now, or will claim it.
    """
    numbers = {page.incident for parcel in parcels for page in parcel.pages if page.incident is not None}
    async with engine.database.read() as tx:
        waiting = await incident_rows.waiting(tx, numbers)
    now = engine.clock.now()
    mine = [not _lease_is_over(parcel.pages[0], now) for parcel in parcels]
    wanted = [any(still_wanted(page, waiting) for page in parcel.pages) for parcel in parcels]
    found = list(zip(parcels, mine, wanted, strict=True))
    dropped = [page for parcel, held, still in found if held and not still for page in parcel.pages]
    if dropped:
        why = "acknowledged just before it was sent"
        async with engine.database.write() as tx:
            await page_rows.update(
                tx, [replace(p, status=PageStatus.CANCELLED, leased_until=None, detail=why) for p in dropped]
            )
    return [held and still for _, held, still in found]


def _lease_is_over(page: Page, now: datetime) -> bool:
    """Whether another node may have taken the page over since this one claimed it."""
    return page.leased_until is not None and page.leased_until <= now


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


async def _recorded(engine: Engine, batch: Sequence[Carried]) -> list[Recorded]:
    async with engine.database.write() as tx:
        return await record(engine, tx, batch)


async def record(engine: Engine, tx: AsyncConnection, batch: Sequence[Carried]) -> list[Recorded]:
    """Write attempts, and do what follows: retry later, the next method now."""
    batch = await _with_early_reports(engine, tx, batch)
    decisions = [await _decide(tx, carried) for carried in batch]
    after = [_after(c, d) for c, d in zip(batch, decisions, strict=True)]
    elsewhere = await _carried_elsewhere(tx, batch)
    await delivery_rows.record(
        tx, [Attempt(c.pages[0].id, c.pages[0].channel, c.started, c.ended, c.outcome) for c in batch]
    )
    await page_rows.update(tx, [page for pages in after for page in pages if page.id not in elsewhere])
    entries: list[Entry] = []
    for carried, decision, pages in zip(batch, decisions, after, strict=True):
        for page in pages:
            if page.incident is not None and page.person:
                kind = EntryKind.PAGE if page.kind is MessageKind.PAGE else EntryKind.DELIVERY
                entries.append(entry(page, kind, carried.outcome, decision.reason, carried.ended))
            if decision.next_method and page.kind is MessageKind.PAGE and page.id not in elsewhere:
                entries += await next_method(tx, page, carried.ended)
        if decision.flag_contact and carried.outcome.code != NO_CHANNEL.code:
            first = pages[0]
            await contacts.change(
                tx, first.channel, first.address, fault=carried.outcome.detail, fault_at=carried.ended
            )
        await follow(engine, tx, carried.pages, carried.outcome, carried.ended)
    await incident_rows.add_entries(tx, entries)
    return [Recorded(c.outcome, d.alarm_operator) for c, d in zip(batch, decisions, strict=True)]


async def _with_early_reports(engine: Engine, tx: AsyncConnection, batch: Sequence[Carried]) -> list[Carried]:
    """The attempts with what was reported of them meanwhile: a provider may report before its answer is recorded.

    Whoever takes a report in holds the page, so it is either kept by now, or finds the record.
    """
    await page_rows.lock(tx, {page.id for carried in batch for page in carried.pages})
    reports = await early_reports.of_pages(tx, {carried.pages[0].id for carried in batch})
    await early_reports.forget(tx, reports)
    return [await _reported(engine, tx, carried, reports.get(carried.pages[0].id, ())) for carried in batch]


async def _reported(engine: Engine, tx: AsyncConnection, carried: Carried, reports: Sequence[Outcome]) -> Carried:
    outcome, channel = answered(carried.outcome, reports), carried.pages[0].channel
    for report in reports:
        if outcome.provider_id and report.provider_id != outcome.provider_id:
            # Of an attempt before this one, whose answer was lost.
            known = await delivery_rows.find(tx, channel, report.provider_id, carried.pages[0].id)
            if known is not None and moves_forward(OutcomeKind(known.outcome), report.kind):
                await delivery_rows.settle(tx, known.id, report)
    if outcome is carried.outcome:
        return carried
    engine.metrics.reports.labels(channel, outcome.kind.value).inc()
    return Carried(carried.pages, carried.started, carried.ended, outcome)


async def _carried_elsewhere(tx: AsyncConnection, batch: Sequence[Carried]) -> set[str]:
    """Pages another node took over while this one stood still with them, and failed: how they stand is for it to say."""
    failed = [c for c in batch if c.outcome.kind not in TAKEN]
    late = [page for carried in failed for page in carried.pages if _lease_is_over(page, carried.ended)]
    known = {page.id: await page_rows.get(tx, page.id) for page in late}
    return {page.id for page in late if (now := known[page.id]) is not None and now.attempts > page.attempts}


async def follow(engine: Engine, tx: AsyncConnection, pages: Sequence[Page], outcome: Outcome, at: datetime) -> None:
    """A message that asks and can be rewritten is brought up to date from now on."""
    first, place = pages[0], outcome.provider_id
    if not place or first.kind not in ASKING or outcome.kind not in TAKEN:
        return
    if isinstance(engine.notifiers.get(first.channel), Follows):
        numbers = {page.incident for page in pages if page.incident is not None}
        await posts.follow(tx, first.id, place, numbers, at)
        engine.wake.posts.set()


async def _decide(tx: AsyncConnection, carried: Carried) -> RetryDecision:
    first, outcome = carried.pages[0], carried.outcome
    has_next, doubtful = True, 0
    if outcome.kind is OutcomeKind.UNKNOWN and first.kind is MessageKind.PAGE:
        # Only a page is worth a second message where nobody can tell, and only where the person has no other method.
        has_next = await page_rows.another_method(tx, first)
        tried = await delivery_rows.of_pages(tx, [first.id])
        # An attempt without a record is one of a node that died between sending and recording.
        vanished = max(first.attempts - 1 - len(tried), 0)
        doubtful = vanished + sum(OutcomeKind(one.outcome) is OutcomeKind.UNKNOWN for one in tried)
    jitter = int(first.id[:4] or "0", 16) / 0xFFFF
    return retry.decide(
        outcome, attempts=first.attempts, now=carried.ended, has_next=has_next, doubtful=doubtful, jitter=jitter
    )


def _after(carried: Carried, decision: RetryDecision) -> list[Page]:
    """The pages as they are after an attempt."""
    again = decision.retry_at is not None
    status = PageStatus.SENT if carried.outcome.kind in TAKEN else PageStatus.PLANNED if again else PageStatus.FAILED
    if carried.outcome.kind is OutcomeKind.UNKNOWN and not again:
        status = PageStatus.SENT  # perhaps: it counts as asked, and the next method starts all the same
    return [
        replace(
            page,
            status=status,
            due_at=decision.retry_at or page.due_at,
            sent_at=carried.ended if status is PageStatus.SENT else page.sent_at,
            leased_by=None,
            leased_until=None,
            bundled_into=None if again else page.bundled_into,
            detail=decision.reason,
        )
        for page in carried.pages
    ]


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
        freed = release_held(hurried, now, sentence(team(page.team), " could not be reached"))
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


def entry(page: Page, kind: EntryKind, outcome: Outcome, reason: str, now: datetime) -> Entry:
    """The timeline's line about what came of a page."""
    with_others = " (in one message with others)" if page.bundled_into else ""
    to = person(page.person) if page.person else page.address  # without a person it is a team's channel
    said = sentence(f"{channel(page.channel)} to ", to, f": {reason}{with_others}")
    data = {"page": page.id, "outcome": outcome.kind.value, "code": outcome.code}
    return Entry.saying(said, incident=page.incident or 0, at=now, kind=kind, team=page.team, data=data)
