"""Messages whose answer was lost: looked up at the provider, so that what went out is known and not sent again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from notifiers.notifier import FindsSent
from notifiers.outcome import Outcome, OutcomeKind
from oncall.engine import Engine
from oncall.incident import Entry, EntryKind
from oncall.incident.telling import channel, person, sentence
from oncall.services.delivery import reports as delivery_reports
from oncall.services.delivery.carrying import follow
from oncall.services.delivery.sent_before import look
from oncall.store import deliveries as delivery_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.deliveries import InDoubt

#: How long an attempt is asked about.
LIFE = timedelta(minutes=15)
#: A message the provider has not listed after so long was never sent.
CERTAIN = timedelta(minutes=1)
#: Attempts one round asks about.
MOST = 20


async def ask(engine: Engine) -> int:
    """Look up what nobody knows of; how many are known by now.

    The person's next method started when the answer was lost. What turns out never to have been sent counts as not
    reached; what turns out to have been sent is followed by its reports like any other.
    """
    asked = {name: one for name, one in engine.notifiers.items() if isinstance(one, FindsSent)}
    if not asked:
        return 0
    now = engine.clock.now()
    async with engine.database.read() as tx:
        waiting = await delivery_rows.in_doubt(tx, tuple(asked), now - LIFE, now, MOST)
    return sum(await asyncio.gather(*(_ask(engine, asked[one.channel], one, now) for one in waiting)))


async def _ask(engine: Engine, notifier: FindsSent, one: InDoubt, now: datetime) -> bool:
    found = await look(engine, notifier, one)
    if found is None or (not found and now - one.started_at < CERTAIN):
        return False
    missing = Outcome(kind=OutcomeKind.UNREACHABLE, code="not-found", detail="the provider has no such message")
    outcome = found[0] if found else missing
    if not await delivery_reports.report(engine, channel=one.channel, page_id=one.page, outcome=outcome):
        return False
    if found:
        await _tell(engine, one, outcome, now)
    return True


async def _tell(engine: Engine, one: InDoubt, outcome: Outcome, now: datetime) -> None:
    async with engine.database.write() as tx:
        entries = []
        pages = await page_rows.carried_by(tx, one.page)
        if pages:
            await follow(engine, tx, pages, outcome, now)
        for page in pages:
            if page.incident is not None and page.person:
                how = f": looked up, the provider has it ({outcome.kind.value})"
                said = sentence(f"{channel(page.channel)} to ", person(page.person), how)
                data = {"page": page.id, "outcome": outcome.kind.value, "code": outcome.code}
                kind = EntryKind.DELIVERY
                line = Entry.saying(said, incident=page.incident, at=now, kind=kind, team=page.team, data=data)
                entries.append(line)
        await incident_rows.add_entries(tx, entries)
