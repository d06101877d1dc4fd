from __future__ import annotations

from tests.acceptance.story import Story, alert, body

BOTH = [alert("Down", service="ledger", pod=pod) for pod in "ab"]


async def _taken(story: Story) -> None:
    await story.at("09:00").receive(body(*BOTH))
    await story.expect_text("carol")
    await story.reply("carol", "ack")


async def test_invariant_12_an_alert_that_leaves_its_group_without_a_resolved_is_marked_stale(story: Story) -> None:
    await _taken(story)
    await story.at("09:05").receive(body(BOTH[0]))
    assert any(line.startswith("stale: Down: left its Alertmanager group") for line in await story.timeline(1))
    story.forget_messages()


async def test_a_truncated_message_says_nothing_about_the_alerts_it_leaves_out(story: Story) -> None:
    await _taken(story)
    await story.at("09:05").receive(body(BOTH[0], truncated=1))
    assert not any(line.startswith("stale: ") for line in await story.timeline(1))


async def test_invariant_12_an_alert_nobody_repeats_is_marked_stale_and_said_once(story: Story) -> None:
    story.stride *= 4
    await _taken(story)
    for hour in range(10, 20):
        await story.run_until(story.at(f"{hour}:00").instant)
        await story.reply("carol", "confirm")
    stale = [line for line in await story.timeline(1) if line.startswith("stale: ")]
    assert len(stale) == 1
    assert "not repeated for 9:00:00" in stale[0]
    story.forget_messages()


async def test_a_truncated_resolved_does_not_end_what_still_fires(story: Story) -> None:
    await story.at("09:00").receive("35-truncated-10-of-42.json")
    await story.at("09:05").receive("36-truncated-resolved-lies.json")
    assert any(i.resolved_at is None for i in await story.incidents())
    story.forget_messages()
