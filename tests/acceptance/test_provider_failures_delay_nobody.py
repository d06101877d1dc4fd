from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from oncall.services import escalation
from oncall.services.delivery import delivery
from oncall.services.intake import intake
from oncall.together import Together
from tests.acceptance.providers import Provider
from tests.acceptance.story import Story, alert, body

FRANK, GRACE = "+4915112345678", "+4915187654321"


async def _search_pages(story: Story) -> None:
    await story.at("09:00").receive(body(alert("IndexCorrupt", service="finder")))


async def test_invariant_6_a_permanent_refusal_moves_to_the_next_method_at_once(story: Story) -> None:
    story.sms.answers.append(OutcomeKind.REFUSED)
    await _search_pages(story)
    assert [address for address, _ in story.sms.sent] == [FRANK]
    assert [address for address, _ in story.voice.sent] == [FRANK]
    assert f"{story.clock.now():%H:%M:%S}" == "09:00:00"


async def test_invariant_6_when_no_method_is_left_the_next_step_is_taken_at_once(story: Story) -> None:
    story.sms.answers.append(OutcomeKind.REFUSED)
    story.voice.answers.append(OutcomeKind.UNREACHABLE)
    await _search_pages(story)
    assert [address for address, _ in story.sms.sent] == [FRANK, GRACE]
    assert f"{story.clock.now():%H:%M:%S}" == "09:00:00"


async def test_invariant_6_a_busy_provider_is_tried_again_and_others_are_not_held_up(story: Story) -> None:
    story.sms.answers += [OutcomeKind.RETRY, OutcomeKind.RETRY]
    await _search_pages(story)
    await story.receive(body(alert("LedgerDown", service="ledger")))
    await story.expect_text("carol", within="1s")
    await story.run_until(story.clock.now() + story.stride / 30)
    assert len(story.sms.sent) == 3
    story.forget_messages()


async def test_invariant_4_an_attempt_of_unknown_fate_is_followed_by_the_next_method(story: Story) -> None:
    story.sms.answers.append(OutcomeKind.UNKNOWN)
    await _search_pages(story)
    assert len(story.sms.sent) == 1
    assert len(story.voice.sent) == 1


async def test_invariant_4_the_last_method_is_tried_once_more_where_nobody_can_tell(story: Story) -> None:
    """A second call is better than none; a third would be a fault, and the text is not sent again."""
    story.sms.answers.append(OutcomeKind.UNKNOWN)
    story.voice.answers += [OutcomeKind.UNKNOWN, OutcomeKind.UNKNOWN]
    await _search_pages(story)
    await story.run_until(story.clock.now() + story.stride / 15)
    assert [address for address, _ in story.sms.sent] == [FRANK]
    assert [address for address, _ in story.voice.sent] == [FRANK, FRANK]


async def test_a_broken_channel_alarms_the_fallback_team_once(story: Story) -> None:
    story.sms.answers += [OutcomeKind.BROKEN] * 5
    await _search_pages(story)
    await story.expect_text("erin", saying="sms is broken")
    await story.receive(body(alert("QueueFull", service="finder")))
    await story.run_until(story.clock.now() + story.stride / 15)
    broken = [i for i in await story.incidents() if "broken" in i.title]
    assert len(broken) == 1
    story.forget_messages()


class Noting(Provider):
    """A provider that notes each message among what else happens."""

    def __init__(self, channel: str, events: list[str]) -> None:
        super().__init__(channel)
        self.events = events

    async def send(self, address: str, message: Message) -> Outcome:
        self.events.append("sent")
        return await super().send(address, message)


class NotingRecords(Together[Any, bool]):
    """Records as ever, and notes when each is asked for."""

    def __init__(self, events: list[str]) -> None:
        super().__init__(most=25)
        self.events = events

    async def ask(self, work: Callable[[Sequence[Any]], Awaitable[Sequence[bool]]], item: Any) -> bool:
        self.events.append("recorded")
        return await super().ask(work, item)


async def test_all_that_is_due_at_once_sets_out_before_the_first_of_it_is_recorded(story: Story) -> None:
    events: list[str] = []
    story.engine.notifiers = {name: Noting(name, events) for name in story.engine.notifiers}
    story.engine.looks, story.engine.records = Together(most=1), NotingRecords(events)
    await story.post(body(alert("LedgerDown", service="ledger")))
    await story.post(body(alert("FinderDown", service="finder")))
    await intake.process_due(story.engine)
    await escalation.advance_due(story.engine)
    begun = await delivery.send_due(story.engine)
    for task in begun:
        await task
    assert len(begun) > 1
    assert events == ["sent"] * len(begun) + ["recorded"] * len(begun)
