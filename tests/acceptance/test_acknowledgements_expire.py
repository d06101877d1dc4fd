from __future__ import annotations

from oncall.incident import IncidentStatus
from tests.acceptance.story import Story


async def _taken(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    await story.at("09:01").reply("alice", "ack")


async def test_invariant_10_without_a_word_the_escalation_starts_again(story: Story) -> None:
    await _taken(story)
    reminder = await story.expect_text("alice", within="50m")
    assert f"{reminder.at:%H:%M}" == "09:51"
    again = await story.expect_text("alice", within="10m", saying="Filesystem")
    assert f"{again.at:%H:%M}" == "10:01"
    assert (await story.incident()).status is IncidentStatus.TRIGGERED
    assert any(line.startswith("expired: ") for line in await story.timeline(1))


async def test_invariant_10_whoever_confirms_keeps_it(story: Story) -> None:
    await _taken(story)
    await story.expect_text("alice", within="50m")
    assert "stays yours" in await story.reply("alice", "confirm")
    await story.expect_quiet(lasting="20m")
    assert (await story.incident()).status is IncidentStatus.ACKNOWLEDGED
