from __future__ import annotations

from oncall.incident import IncidentStatus
from tests.acceptance.story import Story


async def test_when_the_watchdog_stops_its_team_is_paged_and_when_it_returns_it_is_over(story: Story) -> None:
    await story.at("09:00").receive("06-watchdog-firing.json")
    await story.at("09:05").receive("07-watchdog-repeat.json")
    assert await story.incidents() == []
    await story.expect_text("alice", within="31m", saying="Watchdog")
    await story.receive("07-watchdog-repeat.json")
    assert (await story.incident()).status is IncidentStatus.RESOLVED
    await story.expect_text("alice", within="5m", saying="(?i)resolved")
    await story.expect_quiet(lasting="5m")
