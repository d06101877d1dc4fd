"""Whether a message that is about to be sent once more is with the provider already."""

from __future__ import annotations

from notifiers.message import Message
from notifiers.notifier import FindsSent, Notifier
from notifiers.outcome import Outcome, OutcomeKind, answered
from oncall.engine import Engine
from oncall.store import deliveries as delivery_rows
from oncall.store import early_reports
from oncall.store.deliveries import InDoubt
from oncall.store.pages import Page


async def found(engine: Engine, notifier: Notifier, page: Page, message: Message) -> Outcome | None:
    """What became of an earlier attempt of which nobody knows; None where there was none, or it was not carried out.

    An answer was lost, or a node died between sending and recording. What was reported of it meanwhile is what became
    of it; else the provider is asked, if it can be. Where it does not say either, the page is sent: a second message is
    better than none.
    """
    if page.attempts < 2:
        return None
    async with engine.database.read() as tx:
        reports = (await early_reports.of_pages(tx, [page.id])).get(page.id, [])
        tried = await delivery_rows.of_pages(tx, [page.id])
    if reports:
        return answered(reports[0], reports)
    if not isinstance(notifier, FindsSent):
        return None
    settled = sum(OutcomeKind(one.outcome) is not OutcomeKind.UNKNOWN for one in tried)
    if settled >= page.attempts - 1:
        return None
    lost = [one for one in tried if OutcomeKind(one.outcome) is OutcomeKind.UNKNOWN]
    trace = next((one.trace for one in reversed(lost) if one.trace), "") or notifier.trace(page.address, message)
    since = lost[0].started_at if lost else page.planned_at
    doubt = InDoubt(page=page.id, channel=page.channel, address=page.address, started_at=since, trace=trace)
    outcomes = await look(engine, notifier, doubt)
    return outcomes[0] if outcomes else None


async def look(engine: Engine, notifier: FindsSent, lost: InDoubt) -> tuple[Outcome, ...] | None:
    """What the provider has of a message beyond what is recorded already, () if nothing; None if it does not say."""
    found = await notifier.find(lost.address, lost.trace, lost.started_at)
    if not found:
        return found
    async with engine.database.read() as tx:
        known = await delivery_rows.known(tx, lost.channel, [outcome.provider_id for outcome in found])
    return tuple(outcome for outcome in found if outcome.provider_id not in known)
