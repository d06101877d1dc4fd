from __future__ import annotations

import shutil
from pathlib import Path

from oncall.services.operation import reload
from oncall.services.rotations import calendars
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


async def test_who_was_not_known_when_the_alert_came_is_asked_as_soon_as_the_calendar_was_read(
    story: Story, tmp_path: Path
) -> None:
    """As with the first alerts of a new installation, or of a team that was added a moment ago."""
    story.company = Path(shutil.copytree(COMPANY, tmp_path / "company"))
    await story.restart()
    (story.company / "teams" / "late.yaml").write_text(
        "members: [dave]\nschedules: {primary: {file: calendars/late.ics}}\n"
        "escalation:\n  steps:\n    - {notify: [{schedule: primary}], wait: 10m}\n"
    )
    duty = (story.company / "calendars" / "duty-primary.ics").read_text()
    (story.company / "calendars" / "late.ics").write_text(duty.replace("erin", "dave"))
    await reload.reload(story.engine)
    await story.at("09:00").receive(body(alert("IndexCorrupt", team="late")))
    await story.expect_text("erin", saying="IndexCorrupt")
    await story.reply("erin", "ack")
    await calendars.refresh(story.engine)
    await story.expect_text("dave", within="1s", saying="IndexCorrupt")
    await story.reply("dave", "ack")
    await calendars.refresh(story.engine)
    await story.expect_quiet(lasting="15m")
