"""Twilio may report on a text or call before its answer is read and recorded, and reports once: nothing of it is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from oncall.services.delivery import delivery
from oncall.standins.faults import Fault
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.pages import PageStatus
from oncall.store.schema import early_report, page
from tests.oncall.web.webhooks.test_lost_answers import SECOND, attempts, passes, texts_only, to_ana
from tests.oncall.web.webhooks.test_twilio_doors import ANA, firing

__all__ = ["passes", "texts_only"]

pytestmark = pytest.mark.usefixtures("door")


async def kept(engine) -> int:
    async with engine.database.read() as tx:
        return (await tx.execute(sa.select(sa.func.count()).select_from(early_report))).scalar_one()


async def page_to_ana(engine, number: int, channel: str = "sms") -> page_rows.Page:
    async with engine.database.read() as tx:
        found = await page_rows.of_incident(tx, number)
    (one,) = [p for p in found if p.channel == channel and p.person == "ana"]
    return one


async def test_what_is_reported_before_the_answer_counts(engine, happens, twilio):
    twilio.reports_first = [("queued", 0), ("sent", 0), ("delivered", 0)]
    number = await happens.receive(firing())
    (text,) = to_ana(twilio)
    assert await attempts(engine, number) == [("delivered", text.sid)]
    assert await kept(engine) == 0


async def test_what_is_reported_in_the_wrong_order_moves_forward_only(engine, happens, twilio):
    twilio.reports_first = [("delivered", 0), ("sent", 0), ("queued", 0)]
    number = await happens.receive(firing())
    assert [outcome for outcome, _ in await attempts(engine, number)] == ["delivered"]


async def test_a_phone_that_is_off_before_the_answer_is_read_moves_on_to_the_call_at_once(engine, happens, twilio):
    twilio.reports_first = [("undelivered", 30003)]
    number = await happens.receive(firing())
    assert [call.to for call in twilio.calls] == [ANA]
    assert (await page_to_ana(engine, number)).status is PageStatus.FAILED
    async with engine.database.read() as tx:
        told = [entry.text for _, entry in await incident_rows.entries(tx, number)]
    assert any(line.startswith("sms to ana: not reached this time") for line in told)


async def test_a_call_that_is_engaged_before_the_answer_is_read_has_failed(engine, happens, twilio, clock):
    number = await happens.receive(firing())
    twilio.reports_first = [("initiated", 0), ("busy", 0)]
    clock.move(timedelta(minutes=2))
    await happens.settle()
    assert (await page_to_ana(engine, number, "voice")).status is PageStatus.FAILED


async def test_filtering_that_is_reported_before_the_answer_alarms_the_operator(engine, happens, twilio):
    twilio.reports_first = [("undelivered", 30007)]
    await happens.receive(firing())
    async with engine.database.read() as tx:
        titles = [incident.title for incident in await incident_rows.listed(tx, limit=10)]
    assert sum("broken for everybody" in title for title in titles) == 1


@pytest.mark.usefixtures("texts_only")
@pytest.mark.parametrize("status", ["sent", "delivered"])
async def test_a_lost_answer_with_a_report_is_no_reason_to_send_once_more(engine, happens, twilio, passes, status):
    """Neither when the report was there first, nor when it comes while the page waits to be tried again."""
    twilio.list_fails = True
    twilio.reports_first = [(status, 0)]
    twilio.faults.expect(Fault.DROP_AFTER)
    number = await happens.receive(firing())
    await passes(SECOND, SECOND)
    (text,) = to_ana(twilio)
    outcome = "accepted" if status == "sent" else status
    assert await attempts(engine, number) == [(outcome, text.sid)]
    assert (await page_to_ana(engine, number)).status is PageStatus.SENT


@pytest.mark.usefixtures("texts_only")
async def test_a_report_that_comes_while_a_page_waits_to_be_tried_again_ends_the_waiting(
    engine, happens, twilio, passes
):
    twilio.list_fails = True
    twilio.faults.expect(Fault.DROP_AFTER)
    number = await happens.receive(firing())
    (text,) = to_ana(twilio)
    await twilio.report_text(text, "delivered")
    await passes(SECOND, SECOND)
    assert to_ana(twilio) == [text]
    found = await page_to_ana(engine, number)
    assert (found.status, found.detail) == (PageStatus.SENT, "delivered, the provider reports")


@pytest.mark.usefixtures("texts_only")
@pytest.mark.parametrize("status", ["delivered", "undelivered"])
async def test_what_was_reported_of_a_message_whose_sender_died_is_what_became_of_it(
    engine, happens, twilio, clock, status
):
    real = engine.records.ask

    async def dies(*_: object) -> None:
        raise OSError("the node is gone")

    twilio.list_fails = True
    twilio.reports_first = [(status, 0)]
    engine.records.ask = dies
    with pytest.raises(OSError, match="gone"):
        await happens.receive(firing())
    assert await kept(engine) == 1
    engine.records.ask = real
    clock.move(delivery.LEASE)
    await happens.settle()
    assert len(to_ana(twilio)) == 1
    assert await kept(engine) == 0


async def test_a_report_about_a_page_nobody_sends_or_nobody_knows_is_not_kept(engine, happens, twilio):
    await happens.receive(firing())
    (text,) = to_ana(twilio)
    for query in ("?page=none", "", f"?page={'x' * 500}"):
        url = f"{twilio.public_url}/webhooks/twilio/status{query}"
        form = {"MessageSid": "SM" + "9" * 32, "MessageStatus": "delivered", "To": ANA, "From": text.sender}
        assert (await twilio.post(url, form))[0] == 204
    assert await kept(engine) == 0


async def test_reports_go_with_the_page_they_are_about(engine, happens, twilio):
    async def dies(*_: object) -> None:
        raise OSError("the node is gone")

    twilio.reports_first = [("delivered", 0)]
    engine.records.ask = dies
    with pytest.raises(OSError, match="gone"):
        await happens.receive(firing())
    assert await kept(engine) == 1
    async with engine.database.write() as tx:
        await tx.execute(sa.delete(page))
    assert await kept(engine) == 0
