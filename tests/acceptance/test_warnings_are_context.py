from __future__ import annotations

from oncall.incident import InvolvementStatus
from tests.acceptance.story import Story, alert, body


async def test_a_warning_pages_nobody(story: Story) -> None:
    await story.at("09:00").receive(body(alert("Latency", service="ledger", severity="warning")))
    await story.expect_quiet(lasting="30m")
    assert (await story.incident()).lead.status is InvolvementStatus.NOTICE


async def test_an_alert_without_severity_is_loud(story: Story) -> None:
    mute = alert("Odd", service="ledger")
    del mute["labels"]["severity"]
    await story.at("09:00").receive(body(mute))
    await story.expect_text("carol")


async def test_an_alert_nobody_owns_goes_to_the_fallback_team_with_the_reason(story: Story) -> None:
    await story.at("09:00").receive(body(alert("Mystery")))
    await story.expect_text("erin")
    assert any("fallback" in line for line in await story.timeline(1))
