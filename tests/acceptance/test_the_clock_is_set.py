"""The machine's clock was an hour wrong and is set right: nothing is lost, and nothing sleeps through the hour again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from oncall.services import escalation
from oncall.services.delivery import delivery
from oncall.services.intake import intake
from oncall.services.operation import clock_steps, watch
from oncall.store.schema import heartbeat, involvement
from tests.acceptance.story import Story, alert, body

DOWN = body(alert("LedgerDown", service="ledger"))
WATCHDOG = body(alert("Watchdog", severity="none"), group="watchdog")
HOUR = timedelta(hours=1)


async def test_steps_that_were_due_meanwhile_are_taken_at_once(story: Story) -> None:
    await story.at("09:00").receive(DOWN)
    await story.expect_text("carol")
    story.clock.set_to(story.clock.now() + HOUR)
    await story.expect_text("dave")
    story.forget_messages()


async def test_a_step_planned_by_the_wrong_clock_waits_no_longer_than_its_policy_says(story: Story) -> None:
    story.clock.set_to(story.at("10:00").instant)
    await story.receive(DOWN)
    await story.expect_text("carol")
    story.clock.set_to(story.at("09:00").instant)
    assert await clock_steps.mend(story.engine)
    await story.settle()
    await story.expect_text("dave", within="5m")
    story.forget_messages()


async def test_an_acknowledgement_given_by_the_wrong_clock_expires_in_its_time(story: Story) -> None:
    story.clock.set_to(story.at("10:00").instant)
    await story.receive(DOWN)
    await story.expect_text("carol")
    await story.reply("carol", "ack")
    story.clock.set_to(story.at("09:00").instant)
    await clock_steps.mend(story.engine)
    async with story.engine.database.read() as tx:
        expires = (await tx.execute(sa.select(involvement.c.expires_at))).scalar_one()
    assert expires == story.at("10:00").instant
    story.forget_messages()


async def test_a_page_whose_sender_died_under_the_wrong_clock_is_sent_soon(story: Story) -> None:
    story.clock.set_to(story.at("10:00").instant)
    await story.post(DOWN)
    await intake.process_due(story.engine)
    await escalation.advance_due(story.engine)
    for task in await delivery.send_due(story.engine):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    story.clock.set_to(story.at("09:00").instant)
    await clock_steps.mend(story.engine)
    await story.expect_text("carol", within="1m")
    story.forget_messages()


async def test_the_inbox_is_not_kept_by_a_node_of_the_future(story: Story) -> None:
    """Its lease ends an hour from now, and it is dead."""
    story.clock.set_to(story.at("10:00").instant)
    await intake.process_due(story.engine)
    story.clock.set_to(story.at("09:00").instant)
    await story.restart()
    await story.receive(DOWN)
    await story.expect_text("carol", within="15s")


async def test_a_sender_that_stops_is_missed_in_its_time(story: Story) -> None:
    story.clock.set_to(story.at("10:00").instant)
    await story.receive(WATCHDOG)
    story.clock.set_to(story.at("09:00").instant)
    await clock_steps.mend(story.engine)
    async with story.engine.database.read() as tx:
        assert (await tx.execute(sa.select(heartbeat.c.last_seen_at))).scalar_one() == story.clock.now()
    story.clock.move_to(story.clock.now() + timedelta(minutes=16))
    assert await watch.check_heartbeats(story.engine) == 1
    await story.expect_text("alice", within="1m")
    story.forget_messages()


async def test_where_no_clock_was_set_nothing_is_touched(story: Story) -> None:
    await story.at("09:00").receive(DOWN)
    await story.expect_text("carol")
    assert await clock_steps.mend(story.engine) == 0
    await story.expect_text("dave", within="5m")
    story.forget_messages()
