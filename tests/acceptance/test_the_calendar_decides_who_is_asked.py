from __future__ import annotations

import pytest

from tests.acceptance.story import Story, alert, body


@pytest.mark.parametrize(("time", "person"), [("11:59:59", "alice"), ("12:00", "bob")])
async def test_the_handoff_is_to_the_second(story: Story, time: str, person: str) -> None:
    await story.at(time).receive(body(alert("DiskFull", team="platform")))
    await story.expect_text(person)


async def test_who_is_on_call_is_asked_at_the_instant_of_the_step(story: Story) -> None:
    """The policy is walked again from its first step, which by then means somebody else."""
    await story.at("11:30").receive(body(alert("DiskFull", team="platform")))
    await story.expect_text("alice")
    await story.reply("alice", "snooze 45m")
    again = await story.expect_text("bob", within="45m")
    assert f"{again.at:%H:%M}" == "12:15"
