from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from oncall.departures import Departures
from oncall.services import escalation
from oncall.services.delivery import delivery
from oncall.services.intake import intake
from oncall.services.operation import succession
from oncall.together import Together
from tests.acceptance.providers import Provider
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


class StandsStill(Together[Any, bool]):
    """A node that stops between the claim of a page and the last look at it, as a paused machine does."""

    def __init__(self) -> None:
        super().__init__(most=25)
        self.goes_on = asyncio.Event()

    async def ask(self, work: Callable[[Sequence[Any]], Awaitable[Sequence[bool]]], item: Any) -> bool:
        await self.goes_on.wait()
        return await super().ask(work, item)


async def begin_to_text_frank(story: Story) -> tuple[StandsStill, list[asyncio.Task[None]]]:
    """A page to Frank is claimed, and its node stands still until the lease has run out."""
    await story.post(body(alert("FinderDown", service="finder")))
    await intake.process_due(story.engine)
    await escalation.advance_due(story.engine)
    looks, still = story.engine.looks, StandsStill()
    story.engine.looks = still
    begun = await delivery.send_due(story.engine)
    await asyncio.sleep(0)
    story.engine.looks = looks
    assert begun
    as_another_node_after_the_lease(story)
    return still, begun


def as_another_node_after_the_lease(story: Story) -> None:
    """From here on the engine stands for another node, which knows nothing of what the first one had begun."""
    story.clock.move_to(story.clock.now() + delivery.LEASE)
    story.engine.carrying.clear()
    story.engine.departures = Departures(longest=0)


async def test_invariant_4_a_node_that_stood_still_for_longer_than_its_lease_sends_nothing_twice(story: Story) -> None:
    """What it had claimed was taken over and sent; when it goes on it sees that its lease has run out."""
    still, begun = await begin_to_text_frank(story)
    await story.settle()
    assert len(story.sms.sent) == 1
    still.goes_on.set()
    await asyncio.gather(*begun)
    assert len(story.sms.sent) == 1


class Stuck(Provider):
    """The first message is on its way until somebody else has done the work, and then not carried."""

    def __init__(self) -> None:
        super().__init__("sms")
        self.began, self.goes_on = asyncio.Event(), asyncio.Event()

    async def send(self, address: str, message: Message) -> Outcome:
        answer = await super().send(address, message)
        if len(self.sent) > 1:
            return answer
        self.began.set()
        await self.goes_on.wait()
        return Outcome(kind=OutcomeKind.UNREACHABLE, detail="the machine was paused")


async def test_a_node_that_stood_still_while_it_sent_does_not_undo_what_another_did(story: Story) -> None:
    """Frank has the text; that the first attempt failed neither calls him nor keeps from him that it is over."""
    stuck = Stuck()
    story.sms = stuck
    story.engine.notifiers = {**story.engine.notifiers, "sms": stuck}
    down = alert("FinderDown", service="finder")
    await story.post(body(down))
    await intake.process_due(story.engine)
    await escalation.advance_due(story.engine)
    begun = await delivery.send_due(story.engine)
    await stuck.began.wait()
    as_another_node_after_the_lease(story)
    await story.settle()
    stuck.goes_on.set()
    await asyncio.gather(*begun)
    await story.settle()
    assert not story.voice.sent
    await story.receive(body({**down, "status": "resolved", "endsAt": "2026-11-20T08:55:00Z"}))
    await story.expect_text("frank", within="5m", saying="(?i)resolved")


class Slow(Provider):
    """Takes the message at once, and its answer comes when the test says."""

    def __init__(self) -> None:
        super().__init__("sms")
        self.began, self.goes_on = asyncio.Event(), asyncio.Event()

    async def send(self, address: str, message: Message) -> Outcome:
        answer = await super().send(address, message)
        self.began.set()
        await self.goes_on.wait()
        return answer


async def test_invariant_4_a_node_too_busy_to_record_in_time_does_not_send_again_what_it_is_sending(
    story: Story,
) -> None:
    """A lease that runs out says that its node may be dead; the node itself knows better."""
    slow = Slow()
    story.sms = slow
    story.engine.notifiers = {**story.engine.notifiers, "sms": slow}
    await story.post(body(alert("FinderDown", service="finder")))
    await intake.process_due(story.engine)
    await escalation.advance_due(story.engine)
    begun = await delivery.send_due(story.engine)
    await slow.began.wait()
    story.clock.move_to(story.clock.now() + delivery.LEASE)
    assert await delivery.send_due(story.engine) == []
    slow.goes_on.set()
    await asyncio.gather(*begun)
    await story.settle()
    assert len(slow.sent) == 1
    assert not story.engine.carrying


async def test_pages_that_a_busy_node_is_still_sending_keep_no_other_from_being_sent(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their leases are over, so they are first in the line that one claim takes its share of."""
    monkeypatch.setattr(delivery, "MOST", 1)
    slow = Slow()
    story.sms = slow
    story.engine.notifiers = {**story.engine.notifiers, "sms": slow}
    await story.post(body(alert("FinderDown", service="finder"), group="a"))
    await intake.process_due(story.engine)
    begun = await delivery.send_due(story.engine)
    await slow.began.wait()
    story.clock.move_to(story.clock.now() + delivery.LEASE)
    await story.post(body(alert("CheckoutDown", service="checkout"), group="b"))
    await intake.process_due(story.engine)
    more = await delivery.send_due(story.engine)
    assert len(more) == 1
    slow.goes_on.set()
    await asyncio.gather(*begun, *more)
    await story.expect_text("carol", saying="CheckoutDown")
    await story.settle()


async def test_a_page_whose_node_stood_still_and_that_nobody_took_over_is_sent_all_the_same(story: Story) -> None:
    still, begun = await begin_to_text_frank(story)
    still.goes_on.set()
    await asyncio.gather(*begun)
    await story.settle()
    assert len(story.sms.sent) == 1


async def test_a_node_that_is_started_again_goes_on_at_once_with_what_it_held_when_it_died(story: Story) -> None:
    await story.post(DOWN)
    await intake.process_due(story.engine)
    await escalation.advance_due(story.engine)
    for task in await delivery.send_due(story.engine):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await story.post(body(alert("QueueFull", service="finder")))
    died = story.engine.node
    await story.restart()
    await succession.inherit(story.engine, died)
    await story.expect_text("carol", within="1s")
    assert [message.summary for _, message in story.sms.sent] == ["QueueFull at finder"]
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
