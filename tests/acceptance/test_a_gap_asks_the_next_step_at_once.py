from __future__ import annotations

from tests.acceptance.story import Story, alert, body


async def test_nobody_on_call_means_next_step_now_and_is_said(story: Story) -> None:
    """20 November 2026 is a Friday; the rotation has shifts at weekends only."""
    await story.at("09:00").receive(body(alert("IndexCorrupt", service="finder")))
    (address, message) = story.sms.sent[0]
    assert address == "+4915112345678"
    assert "IndexCorrupt" in message.summary
    assert any("nobody is on call for search/weekends" in line for line in await story.timeline(1))
