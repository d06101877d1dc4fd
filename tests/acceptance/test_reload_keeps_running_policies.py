from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from oncall.services.operation import reload
from oncall.services.operation.reload import BadDirectory
from tests.acceptance.story import COMPANY, Story, alert, body


@pytest.fixture
async def company(story: Story, tmp_path: Path) -> Path:
    """The company in files a test may change."""
    story.company = Path(shutil.copytree(COMPANY, tmp_path / "company"))
    await story.restart()
    return story.company


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


async def test_a_running_escalation_keeps_the_policy_it_started_with(story: Story, company: Path) -> None:
    await story.at("09:00").receive(body(alert("DiskFull", team="platform")))
    await story.expect_text("alice")
    _replace(company / "teams" / "platform.yaml", "{person: bob}", "{person: dave}")
    await reload.reload(story.engine)
    await story.expect_call("alice", within="2m")
    await story.expect_text("bob", within="3m")
    await story.reply("bob", "ack")


async def test_the_next_escalation_has_the_new_policy(story: Story, company: Path) -> None:
    _replace(company / "teams" / "platform.yaml", "schedule: primary}]", "person: dave}]")
    await reload.reload(story.engine)
    await story.at("09:00").receive(body(alert("DiskFull", team="platform")))
    await story.expect_text("dave")


async def test_a_bad_directory_is_refused_whole_and_the_old_one_stays(story: Story, company: Path) -> None:
    _replace(company / "teams" / "platform.yaml", "{person: bob}", "{person: nobody-we-know}")
    _replace(company / "teams" / "payments.yaml", "schedule: primary", "person: dave")
    with pytest.raises(BadDirectory, match="stays in force"):
        await reload.reload(story.engine)
    await story.at("09:00").receive(body(alert("LedgerDown", service="ledger")))
    await story.expect_text("carol")
