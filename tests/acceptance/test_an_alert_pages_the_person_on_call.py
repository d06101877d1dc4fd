from __future__ import annotations

from tests.acceptance.story import Story


async def test_an_alert_pages_the_person_on_call_and_an_acknowledgement_stops_it(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice", within="2s", saying="Filesystem on /dev/nvme0n1p1")
    assert await story.at("09:01").reply("alice", "ack") == "#1 acknowledged."
    await story.expect_quiet(lasting="30m")
