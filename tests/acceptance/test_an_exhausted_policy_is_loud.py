from __future__ import annotations

from tests.acceptance.story import Story


async def test_invariant_2_when_nobody_answers_the_fallback_team_is_paged_and_the_policy_begins_again(
    story: Story,
) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    for person in ("alice", "bob"):
        await story.expect_text(person, within="5m")
        await story.expect_call(person, within="2m")
    await story.expect_text("erin", within="8m")
    assert any("exhausted: nobody answered for platform" in line for line in await story.timeline(1))
    assert f"{story.clock.now():%H:%M}" == "09:15"
    await story.reply("erin", "ack")
    # Erin took it for her team; the team that owns it is asked again after half an hour.
    await story.expect_text("alice", within="30m")
    await story.reply("alice", "ack")
    await story.expect_quiet(lasting="15m")
