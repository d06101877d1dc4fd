"""Providers report while their answer is on its way, or waits to be recorded with many others; and report once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from oncall.services.delivery import delivery, reports
from oncall.services.intake import intake
from oncall.store import deliveries as delivery_rows
from oncall.store import early_reports
from oncall.store import pages as page_rows
from oncall.store.database import Database
from oncall.store.deliveries import Delivery
from oncall.store.schema import page
from tests.acceptance.providers import Provider
from tests.acceptance.story import Story, alert, body

DOWN = body(alert("IndexCorrupt", service="finder"))
DELIVERED = Outcome(kind=OutcomeKind.DELIVERED, provider_id="sms 1", detail="on the phone")


@dataclass
class Hasty(Provider):
    """Has its say about a message before it answers; may answer without the message's name."""

    story: Story | None = None
    says: list[OutcomeKind] = field(default_factory=list)
    named: bool = True
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, address: str, message: Message) -> Outcome:
        assert self.story is not None
        self.asked.set()
        answer = await super().send(address, message)
        name = f"{self.channel} {len(self.sent)}"
        for kind in self.says:
            report = Outcome(kind=kind, provider_id=name, detail="said early")
            await reports.report(self.story.engine, channel=self.channel, page_id=message.page_id, outcome=report)
        return Outcome(kind=answer.kind, provider_id=name if self.named else "", detail=answer.detail)


async def attempts(story: Story) -> list[Delivery]:
    async with story.engine.database.read() as tx:
        numbers = [one.id for one in await page_rows.of_incident(tx, 1) if one.channel == "sms"]
        return await delivery_rows.of_pages(tx, numbers)


def hasty(story: Story, *says: OutcomeKind, answers: tuple[OutcomeKind, ...] = (), named: bool = True) -> Hasty:
    provider = Hasty("sms", story=story, says=list(says), named=named)
    provider.answers.extend(answers)
    story.engine.notifiers = {**story.engine.notifiers, "sms": provider}
    return provider


async def test_a_report_before_the_answer_is_no_other_than_one_after_it(story: Story) -> None:
    provider = hasty(story, OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED, OutcomeKind.ACCEPTED)
    await story.receive(DOWN)
    assert [(one.outcome, one.provider_id) for one in await attempts(story)] == [("delivered", "sms 1")]
    assert len(provider.sent) == 1


async def test_a_failure_before_the_answer_starts_the_next_method_at_once(story: Story) -> None:
    hasty(story, OutcomeKind.UNREACHABLE)
    await story.receive(DOWN)
    first, *_ = await attempts(story)
    assert first.outcome == "unreachable"
    assert len(story.voice.sent) == 1


@pytest.mark.parametrize("lost", [OutcomeKind.UNKNOWN, OutcomeKind.RETRY])
async def test_what_is_reported_of_a_message_whose_answer_says_nothing_is_what_became_of_it(
    story: Story, lost: OutcomeKind
) -> None:
    provider = hasty(story, OutcomeKind.DELIVERED, answers=(lost,), named=False)
    await story.receive(DOWN)
    await story.run_until(story.clock.now() + delivery.LEASE)
    assert [(one.outcome, one.provider_id) for one in await attempts(story)] == [("delivered", "sms 1")]
    assert len(provider.sent) == 1


async def test_a_report_that_meets_the_record_is_seen_by_it(story: Story, backend: str) -> None:
    """The record waits for whoever takes a report in; neither can pass the other by."""
    database = story.engine.database
    provider = hasty(story)
    await story.post(DOWN)
    await intake.process_due(story.engine)
    tasks = await delivery.send_due(story.engine)
    async with database.write() as tx:
        first = sa.select(page.c.id).where(page.c.channel == "sms", page.c.status == "sending")
        number = (await tx.execute(first)).scalar_one()
        assert await page_rows.under_way(tx, "sms", number)
        await provider.asked.wait()
        if backend == "postgresql":
            await _until_somebody_waits(database)
        await early_reports.keep(tx, number, DELIVERED, story.clock.now())
    await asyncio.gather(*tasks)
    assert [one.outcome for one in await attempts(story)] == ["delivered"]


async def _until_somebody_waits(database: Database) -> None:
    """On SQLite writers wait for one another from the beginning; here one must have come to the locked row."""
    waiting = sa.text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
    found = 0
    async with asyncio.timeout(10):
        while not found:  # what the view shows is one for a whole transaction
            async with database.read() as tx:
                found = (await tx.execute(waiting)).scalar_one()
