from __future__ import annotations

import shutil
from pathlib import Path

from tests.acceptance.story import COMPANY, Story, alert, body


async def test_nobody_on_call_means_next_step_now_and_is_said(story: Story) -> None:
    """20 November 2026 is a Friday; the rotation has shifts at weekends only."""
    await story.at("09:00").receive(body(alert("IndexCorrupt", service="finder")))
    (address, message) = story.sms.sent[0]
    assert address == "+4915112345678"
    assert "IndexCorrupt" in message.summary
    assert any("nobody is on call for search/weekends" in line for line in await story.timeline(1))


async def test_where_the_fallback_team_has_nobody_on_call_either_each_of_its_members_is_asked(
    story: Story, tmp_path: Path
) -> None:
    """Else the alert that nobody owns would wait for half an hour in silence: on a Friday, by a policy of Saturdays."""
    story.company = Path(shutil.copytree(COMPANY, tmp_path / "company"))
    duty = story.company / "teams" / "duty.yaml"
    duty.write_text(duty.read_text().replace("wait: 10m", "wait: 10m, when: {days: [sat]}"))
    await story.restart()
    await story.at("09:00").receive(body(alert("IndexCorrupt", service="unowned")))
    await story.expect_text("erin", saying="IndexCorrupt")
    timeline = await story.timeline(1)
    assert any("nobody could be asked for duty" in line for line in timeline)
    assert any("asks erin (member of duty" in line for line in timeline)
    await story.expect_call("erin", within="2m")
    await story.expect_text("erin", within="30m")
    await story.reply("erin", "ack")
    await story.expect_quiet(lasting="15m")
