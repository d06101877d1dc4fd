from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from notifiers.message import MessageKind
from notifiers.outcome import OutcomeKind
from oncall.services import escalation
from oncall.services.delivery import delivery
from oncall.services.intake import intake
from oncall.store import incidents, pages
from oncall.store.pages import Page, PageStatus
from tests.acceptance.story import Story, alert, body

DOWN = alert("LedgerDown", service="ledger")
OVER = alert("LedgerDown", status="resolved", service="ledger")


async def planned(story: Story, number: int = 1) -> list[Page]:
    async with story.engine.database.read() as tx:
        return [p for p in await pages.of_incident(tx, number) if p.kind is MessageKind.PAGE]


async def test_one_transaction_opens_an_incident_takes_its_first_step_and_plans_the_pages(story: Story) -> None:
    await story.post(body(DOWN))
    assert await intake.process_due(story.engine) == 1
    assert [page.person for page in await planned(story)][:1] == ["carol"]
    async with story.engine.database.read() as tx:
        (incident,) = (await incidents.get(tx, [1])).values()
        lines = [entry.kind.value for _, entry in await incidents.entries(tx, 1)]
    assert incident.lead.position.step == 1
    assert lines.index("opened") < lines.index("step")
    # Nothing is left for the stage that takes what falls due later.
    assert await escalation.advance_due(story.engine) == 0
    await story.settle()
    await story.expect_text("carol")


async def test_an_alert_that_is_over_before_it_was_looked_at_pages_nobody(story: Story) -> None:
    await story.post(body(DOWN))
    await story.post(body(OVER))
    await story.settle()
    await story.expect_quiet(lasting="10m")
    assert await planned(story) == []


async def test_an_incident_that_one_alert_leaves_still_pages_for_the_other(story: Story) -> None:
    other = alert("LedgerDown", service="ledger", pod="two")
    await story.post(body(DOWN, other))
    await story.post(body(OVER, other))
    await story.settle()
    await story.expect_text("carol")


async def test_the_intake_stage_is_woken_again_where_more_waits_and_sleeps_where_nothing_does(story: Story) -> None:
    engine = story.engine
    for number in range(3):
        await story.post(body(alert("LedgerDown", service="ledger", pod=str(number)), group=str(number)))
    engine.wake.intake.clear()
    await intake.work_off(engine, most_alerts=2)
    assert engine.wake.intake.is_set()
    engine.wake.intake.clear()
    assert (await intake.work_off(engine)).bodies == 1
    assert not engine.wake.intake.is_set()
    await story.settle()
    await story.expect_text("carol")


async def test_a_body_larger_than_one_batch_wakes_the_stage_for_its_rest(story: Story) -> None:
    engine = story.engine
    many = [alert("LedgerDown", service="ledger", pod=str(number)) for number in range(300)]
    await story.post(body(*many))
    engine.wake.intake.clear()
    assert (await intake.work_off(engine)).alerts == 256
    assert engine.wake.intake.is_set()
    engine.wake.intake.clear()
    assert (await intake.work_off(engine)).alerts == 44
    assert not engine.wake.intake.is_set()
    await story.settle()
    await story.expect_text("carol")


#: Its owner is texted.
FINDER = alert("FinderDown", service="finder")


async def test_the_page_of_an_alert_that_comes_alone_is_claimed_with_its_incident_and_sent_after_the_commit(
    story: Story,
) -> None:
    await story.post(body(FINDER))
    worked = await intake.work_off(story.engine, send=True)
    assert not story.sms.sent
    (page,) = [page for page in await planned(story) if page.channel == "sms"]
    assert (page.status, page.leased_by, page.attempts) == (PageStatus.SENDING, story.engine.node, 1)
    # Neither this node nor another looks for it again.
    assert await delivery.send_due(story.engine) == []
    await asyncio.gather(*worked.sending)
    await story.settle()
    assert len(story.sms.sent) == 1
    assert not story.engine.carrying


async def test_of_a_batch_that_cannot_be_committed_nothing_is_sent(story: Story) -> None:
    def fail(_: sa.Connection) -> None:
        raise OperationalError("commit", {}, Exception("disk I/O error"))

    engine = story.engine.database.engine.sync_engine
    await story.post(body(FINDER))
    sa.event.listen(engine, "commit", fail)
    with pytest.raises(OperationalError):
        await intake.work_off(story.engine, send=True)
    sa.event.remove(engine, "commit", fail)
    await asyncio.sleep(0)
    assert not story.sms.sent
    assert not story.engine.carrying
    assert await planned(story) == []
    await asyncio.gather(*(await intake.work_off(story.engine, send=True)).sending)
    assert len(story.sms.sent) == 1


async def test_pages_behind_which_more_waits_are_left_to_the_delivery_stage(story: Story) -> None:
    """The next batch needs the write lock more than they need one flush less."""
    for number in range(2):
        await story.post(body(FINDER | {"fingerprint": f"{number:016}"}, group=str(number)))
    assert not (await intake.work_off(story.engine, most_alerts=1, send=True)).sending
    assert {page.status for page in await planned(story)} == {PageStatus.PLANNED}
    await story.settle()
    assert len(story.sms.sent) == 1


async def test_while_a_provider_is_down_pages_are_left_to_the_delivery_stage(story: Story) -> None:
    for _ in range(20):
        story.engine.breakers.note("voice", story.clock.now(), OutcomeKind.RETRY)
    assert story.engine.breakers.state("voice", story.clock.now()).open
    await story.post(body(FINDER))
    worked = await intake.work_off(story.engine, send=True)
    assert worked.bodies == 1
    assert not worked.sending
    await story.settle()
    assert len(story.sms.sent) == 1


async def test_a_page_that_cannot_be_claimed_keeps_no_alert_from_its_incident(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise KeyError("a bug in the wording")

    await story.post(body(FINDER))
    with monkeypatch.context() as broken:
        broken.setattr(delivery, "messages_for", fail)
        worked = await intake.work_off(story.engine, send=True)
    assert worked.bodies == worked.alerts == 1
    assert not worked.sending
    async with story.engine.database.read() as tx:
        assert len(await incidents.get(tx, [1])) == 1
    await story.settle()
    assert len(story.sms.sent) == 1


async def test_an_alert_that_pages_nobody_sends_nothing(story: Story) -> None:
    await story.post(body(alert("FinderSlow", service="finder", severity="info")))
    assert not (await intake.work_off(story.engine, send=True)).sending
    await story.settle()
    await story.expect_quiet(lasting="10m")
