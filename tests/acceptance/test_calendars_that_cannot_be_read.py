from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from oncall.services.rotations import calendars as rotations
from tests.acceptance.story import COMPANY, Story, alert, body


@pytest.fixture
async def calendars(story: Story, tmp_path: Path) -> Path:
    """The company's calendars, in files a test may break."""
    story.company = Path(shutil.copytree(COMPANY, tmp_path / "company"))
    story.jobs.add("calendars")
    await story.restart()
    return story.company / "calendars"


@pytest.mark.parametrize("how", ["gone", "empty", "torn", "web page"])
async def test_invariant_11_the_last_good_shifts_stay_in_force(story: Story, calendars: Path, how: str) -> None:
    file = calendars / "platform-primary.ics"
    if how == "gone":
        file.unlink()
    else:
        texts = {"empty": b"", "torn": file.read_bytes()[:150], "web page": b"<html>Sign in</html>"}
        file.write_bytes(texts[how])
    await story.run_until(story.at("12:30").instant)
    await story.receive(body(alert("DiskFull", team="platform")))
    await story.expect_text("bob", saying="DiskFull")
    story.forget_messages()


async def test_invariant_11_a_calendar_that_shrinks_to_nothing_is_held_back(story: Story, calendars: Path) -> None:
    file = calendars / "platform-primary.ics"
    file.write_bytes(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
    await rotations.refresh(story.engine)
    await story.at("09:00").receive(body(alert("DiskFull", team="platform")))
    await story.expect_text("alice", saying="DiskFull")
    story.forget_messages()


async def test_invariant_11_a_calendar_that_stays_unreadable_raises_an_alert_with_its_age(
    story: Story, calendars: Path
) -> None:
    (calendars / "platform-primary.ics").unlink()
    story.stride *= 4
    await story.run_until(story.at("+1d 10:00").instant)
    titles = [i.title for i in await story.incidents()]
    assert titles == ["The calendar of Platform / primary could not be read since 20 Nov 09:50 UTC"]
    story.forget_messages()
