from __future__ import annotations

from notifiers.message import MessageKind
from oncall.services import escalation
from oncall.services.intake import intake
from oncall.store import incidents, pages
from oncall.store.pages import Page
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
