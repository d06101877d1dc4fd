from __future__ import annotations

from notifiers.outcome import OutcomeKind
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
