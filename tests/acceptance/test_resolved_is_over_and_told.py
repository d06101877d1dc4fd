from __future__ import annotations

from oncall.incident import IncidentStatus
from tests.acceptance.story import Story, alert, body


async def test_invariant_12_resolved_by_alertmanager_is_resolved_and_whoever_was_paged_is_told(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    await story.at("09:01").receive("03-critical-resolved.json")
    assert (await story.incident()).status is IncidentStatus.RESOLVED
    await story.expect_text("alice", within="5m", saying="(?i)resolved")
    await story.expect_quiet(lasting="1h")


async def test_an_incident_is_over_only_when_every_alert_is(story: Story) -> None:
    both = [alert("Down", service="ledger", pod=pod) for pod in "ab"]
    await story.at("09:00").receive(body(*both))
    await story.expect_text("carol")
    await story.reply("carol", "ack")
    await story.receive(body({**both[0], "status": "resolved", "endsAt": "2026-11-20T09:00:00Z"}, both[1]))
    assert (await story.incident()).status is IncidentStatus.ACKNOWLEDGED
    over = [{**one, "status": "resolved", "endsAt": "2026-11-20T09:00:30Z"} for one in both]
    await story.at("09:01").receive(body(*over))
    assert (await story.incident()).status is IncidentStatus.RESOLVED
    await story.expect_text("carol", within="5m", saying="(?i)resolved")


async def test_an_alert_that_ends_and_fires_again_while_nobody_looked_is_one_more_episode(story: Story) -> None:
    """Both bodies wait in the inbox and are worked off together; the inbox goes on."""
    down = alert("Down", service="ledger")
    await story.at("09:00").receive(body(down))
    await story.expect_text("carol")
    await story.post(body({**down, "status": "resolved", "endsAt": "2026-11-20T09:00:30Z"}))
    await story.post(body({**down, "startsAt": "2026-11-20T09:00:40Z"}))
    await story.settle()
    assert [i.status for i in await story.incidents()].count(IncidentStatus.TRIGGERED) == 1
