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
    await story.expect_text("carol", within="5m", saying="left its Alertmanager group")


async def test_a_truncated_message_says_nothing_about_the_alerts_it_leaves_out(story: Story) -> None:
    await _taken(story)
    await story.at("09:05").receive(body(BOTH[0], truncated=1))
    assert not any(line.startswith("stale: ") for line in await story.timeline(1))


async def test_invariant_12_an_alert_nobody_repeats_is_marked_stale_and_said_once(story: Story) -> None:
    await _taken(story)
    await story.expect_text("carol", within="50m", saying="Ack|ack")
    await story.reply("carol", "snooze 5h")
    await story.expect_text("carol", within="90m", saying="not repeated for 2h,")
    await story.expect_quiet(lasting="2h")
    stale = [line for line in await story.timeline(1) if line.startswith("stale: ")]
    assert len(stale) == 1


async def test_a_truncated_resolved_leaves_the_incident_open_and_says_so(story: Story) -> None:
    """What it says about the whole group is a lie: 32 alerts were left out, and they may fire."""
    over = [{**one, "status": "resolved", "endsAt": "2026-11-20T09:04:00Z"} for one in BOTH]
    await _taken(story)
    await story.at("09:05").receive(body(*over, truncated=32))
    assert (await story.incident()).resolved_at is None
    await story.expect_text("carol", within="5m", saying="left 32 out")
    await story.at("09:30").receive(body(*over))
    assert (await story.incident()).resolved_at is not None
    await story.expect_text("carol", within="5m", saying="(?i)resolved")


async def test_a_recorded_truncated_resolved_does_not_end_what_still_fires(story: Story) -> None:
    await story.at("09:00").receive("35-truncated-10-of-42.json")
    await story.at("09:05").receive("36-truncated-resolved-lies.json")
    assert any(i.resolved_at is None for i in await story.incidents())
