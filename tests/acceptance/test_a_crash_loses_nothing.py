from __future__ import annotations

import asyncio

from oncall.services import delivery, escalation, intake
from tests.acceptance.story import Story, alert, body

DOWN = body(alert("LedgerDown", service="ledger"))


async def test_invariant_1_a_body_that_was_answered_with_2xx_is_processed_after_a_crash(story: Story) -> None:
    await story.post(DOWN)
    await story.restart()
    await story.expect_text("carol", within="15s")


async def test_invariant_1_a_body_that_arrives_again_after_the_crash_changes_nothing(story: Story) -> None:
    await story.post(DOWN)
    await story.restart()
    await story.receive(DOWN)
    await story.expect_text("carol", within="15s")
    await story.expect_quiet(lasting="1m")
    assert len(await story.incidents()) == 1


async def test_invariant_4_a_page_whose_sender_died_is_sent_by_the_next_node(story: Story) -> None:
    """Twice at most, and only because nobody knows whether the first attempt got through."""
    await story.post(DOWN)
    await intake.process_due(story.engine)
    await escalation.advance_due(story.engine)
    for task in await delivery.send_due(story.engine):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await story.restart()
    await story.expect_text("carol", within="2m")
    story.forget_messages()


async def test_invariant_3_a_step_that_was_due_while_the_engine_was_down_is_taken_once(story: Story) -> None:
    await story.at("09:00").receive(DOWN)
    await story.expect_text("carol")
    await story.reply("carol", "snooze 10m")
    await story._stop()
    story.clock.move_to(story.at("09:30").instant)
    await story.begin()
    await story.expect_text("carol", saying="LedgerDown")
    await story.expect_quiet(lasting="1m")
