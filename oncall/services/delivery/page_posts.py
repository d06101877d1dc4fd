"""Messages that asked somebody, brought up to date when the incident is taken or over: no old button misleads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers import retry
from notifiers.bundle import bundle
from notifiers.message import Message, Standing
from notifiers.notifier import Follows
from notifiers.outcome import OutcomeKind
from oncall.engine import Engine
from oncall.incident import ALERTMANAGER, EntryKind, Incident, InvolvementStatus
from oncall.services.delivery.messages import messages_for
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store import posts
from oncall.store.pages import Page
from oncall.store.posts import Post

#: What ends an incident for those who were asked.
_ENDS = (EntryKind.RESOLVED, EntryKind.MERGED)


async def show(engine: Engine, rows: Sequence[Post]) -> None:
    """Bring one direct message up to date, and note it for each of its incidents that is out of date.

    What stands there already is not written again: most changes of an incident do not concern whom it asked.
    """
    first, now = rows[0], engine.clock.now()
    async with engine.database.read() as tx:
        pages = await page_rows.carried_by(tx, first.page)
        incidents = await incident_rows.get(tx, {p.incident for p in pages if p.incident is not None})
        standings = await standings_of(engine, tx, pages, incidents)
        shown = msgspec.json.encode(standings).decode() if standings else ""
        changed = any(row.shown != shown for row in rows)
        message = await _message(engine, tx, pages, incidents, now) if changed else None
    again: datetime | None = None
    notifier: object = engine.notifiers.get(pages[0].channel) if pages else None
    if message is not None and isinstance(notifier, Follows):
        outcome = await notifier.follow(pages[0].address, first.place, message, standings)
        if outcome.kind not in {OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED}:
            decision = retry.decide(outcome, attempts=first.attempts + 1, now=now, has_next=first.attempts > 0)
            again = decision.retry_at
            shown = first.shown if again else shown
    async with engine.database.write() as tx:
        for row in rows:
            await posts.settle(tx, row, place=row.place, told=row.told, free_at=now, again=again, shown=shown)


async def _message(
    engine: Engine, tx: AsyncConnection, pages: Sequence[Page], incidents: Mapping[int, Incident], now: datetime
) -> Message:
    """The message as it was sent."""
    messages = await messages_for(engine, tx, pages, incidents, now, again=True)
    return messages[0] if len(messages) == 1 else bundle(messages, page_id=pages[0].id, at=pages[0].planned_at)


async def standings_of(
    engine: Engine, tx: AsyncConnection, pages: Sequence[Page], incidents: Mapping[int, Incident]
) -> dict[int, Standing]:
    """How the incidents of these pages stand, by number; one that still waits for whom they asked has none."""
    found: dict[int, Standing] = {}
    for page in pages:
        incident = incidents.get(page.incident or 0)
        if incident is None:
            continue
        part = incident.of(page.team) or incident.lead
        if incident.resolved_at is not None:
            end = await incident_rows.latest(tx, incident.id, _ENDS)
            by = _name(engine, end.actor.person) if end else ""
            found[incident.id] = Standing(resolved=True, by=by, at=incident.resolved_at)
        elif part.status is InvolvementStatus.ACKNOWLEDGED and part.acknowledged_at is not None:
            by = _name(engine, part.acknowledged_by)
            found[incident.id] = Standing(resolved=False, by=by, at=part.acknowledged_at)
    return found


def _name(engine: Engine, person: str) -> str:
    known = engine.directory.people.get(person)
    return known.name if known else "" if person == ALERTMANAGER.person else person
