from __future__ import annotations

from tests.acceptance.story import Story


async def test_invariant_3_an_ignored_page_goes_on_to_the_next_step_on_time(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    call = await story.expect_call("alice", within="2m")
    assert f"{call.at:%H:%M:%S}" == "09:02:00"
    text = await story.expect_text("bob", within="3m")
    assert f"{text.at:%H:%M:%S}" == "09:05:00"
    await story.expect_call("bob", within="2m")
    await story.reply("bob", "ack")
    await story.expect_quiet(lasting="20m")
