"""Whoever has no account sees Slack all the same: the company's people and channels, in a workspace of their own."""

from __future__ import annotations

from pathlib import Path

from notifiers.channels import BY_NAME
from oncall.config import Settings, load
from oncall.config.settings import ChannelValues
from oncall.demo import neighbours
from oncall.paging import plan
from tests.oncall.web.conftest import COMPANY, START


def company():
    directory = load(COMPANY, {}).directory
    assert directory is not None
    return directory


def test_everybody_is_a_member_and_every_team_has_its_channel():
    slack = neighbours.local_slack(company(), "http://127.0.0.1:8080")
    emails = {user["profile"].get("email") for user in slack.workspace.users.values()}
    assert emails >= {"ana@shop.example", "kim@shop.example"}
    assert {channel.name for channel in slack.workspace.channels.values()} >= {"payments", "platform"}


def test_everybody_is_reached_there_first_and_then_as_their_file_says():
    before, after = company(), neighbours.reachable_there(company())
    for name, person in before.people.items():
        channels = [channel for channel, _, _ in plan(after.people[name], important=True, now=START)]
        assert channels == ["slack", *(channel for channel, _, _ in plan(person, important=True, now=START))]


async def test_the_settings_lead_to_the_workspace_and_keep_what_else_is_set(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, channels=ChannelValues({"ONCALL_NTFY_URL": "https://ntfy.example.com"}))
    async with neighbours.local_slack(company(), "http://127.0.0.1:8080") as slack:
        connected = neighbours.connected(settings, slack)
        assert BY_NAME["slack"].configured(connected.channels)
        assert connected.channels["ONCALL_SLACK_API_BASE"] == slack.url
        assert connected.channels["ONCALL_NTFY_URL"] == "https://ntfy.example.com"
