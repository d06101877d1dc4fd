from __future__ import annotations

from oncall.incident import IncidentStatus
from tests.acceptance.story import Story, alert, body


async def test_invariant_7_what_a_provider_accepted_does_not_stop_the_escalation(story: Story) -> None:
    await story.at("09:00").receive(body(alert("IndexCorrupt", service="finder")))
    await story.run_until(story.clock.now() + story.stride / 2)
    assert [address for address, _ in story.sms.sent] == ["+4915112345678", "+4915187654321"]
    assert len(story.voice.sent) == 1
    assert (await story.incident()).status is IncidentStatus.TRIGGERED
    assert not any("seen" in line for line in await story.timeline(1))
