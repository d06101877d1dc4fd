"""Asking providers that tell of answers only when asked: who acknowledged on the phone or pager counts here."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from notifiers.notifier import GivesReceipts
from notifiers.outcome import Outcome, OutcomeKind
from oncall.engine import Engine
from oncall.services.answers import replies
from oncall.services.answers.replies import Incoming
from oncall.services.delivery import reports as delivery_reports
from oncall.store import deliveries as delivery_rows
from oncall.store import pages as page_rows
from oncall.store.deliveries import AwaitedReceipt

#: How long a message is asked about.
LIFE = timedelta(hours=1)
#: Messages one round asks about.
MOST = 50


async def ask(engine: Engine) -> int:
    """Ask about every message of the last hour whose incident still waits; how many were answered."""
    asked = {name: one for name, one in engine.notifiers.items() if isinstance(one, GivesReceipts)}
    if not asked:
        return 0
    async with engine.database.read() as tx:
        waiting = await delivery_rows.awaiting_receipt(tx, tuple(asked), engine.clock.now() - LIFE, MOST)
    done = await asyncio.gather(*(_ask(engine, asked[one.channel], one) for one in waiting))
    return sum(done)


async def _ask(engine: Engine, notifier: GivesReceipts, waiting: AwaitedReceipt) -> bool:
    receipt = await notifier.receipt(waiting.provider_id)
    if receipt is None:
        return False
    if receipt.delivered or receipt.answered:
        outcome = Outcome(kind=OutcomeKind.DELIVERED, provider_id=waiting.provider_id, code="receipt")
        await delivery_reports.report(engine, channel=waiting.channel, page_id=waiting.page, outcome=outcome)
    if not receipt.answered:
        return False
    async with engine.database.read() as tx:
        pages = await page_rows.carried_by(tx, waiting.page)
    for page in pages:
        if page.incident is not None:
            await replies.handle(
                engine,
                Incoming(
                    id=f"receipt:{waiting.channel}:{waiting.provider_id}:{page.id}",
                    channel=page.channel,
                    address=page.address,
                    text=f"ack #{page.incident}",
                    person=page.person,
                ),
            )
    return True
