"""A node loads what it needs: a package for one channel, database or task comes with that channel, database or task.

Asked of a process of its own, since this one has loaded everything for its tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest

#: What a node without channels on an up-to-date SQLite database does without, and who brings it.
ELSEWHERE: Mapping[str, str] = {
    "alembic": "a database that has to be upgraded",
    "apprise": "the last resort",
    "asyncpg": "PostgreSQL",
    "holidays": "a rota with public holidays",
    "icalendar": "the process that reads calendars, and feeds out",
    "joserfc": "OpenID Connect",
    "markdown_it": "the first text somebody wrote that is shown",
    "nh3": "the first text somebody wrote that is shown",
    "numpy": "a command that learns",
    "oncall.demo": "`--standins` and `--example-past`",
    "oncall.standins": "`--standins`",
    "recurring_ical_events": "the process that reads calendars",
    "requests": "Twilio",
    "sklearn": "a command that learns",
    "slack_sdk": "Slack",
    "twilio.rest": "Twilio",
}
SETTINGS = {
    "ONCALL_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "ONCALL_TWILIO_AUTH_TOKEN": "token",
    "ONCALL_TWILIO_FROM": "+4915199999999",
    "ONCALL_SLACK_BOT_TOKEN": "xoxb-1",
    "ONCALL_SLACK_SIGNING_SECRET": "secret",
}
#: First the modules of `oncall serve` alone, then each channel's notifier made as a node makes it before it is ready.
PROGRAM = """
import json, sys
import oncall.cli.serve
told = {"serve": sorted(sys.modules)}
from datetime import datetime, UTC
from notifiers.channel import Edge
from notifiers.channels import BY_NAME
from notifiers.http import Http
from notifiers.phrases import Phrasebook
from notifiers.wording import Wording
edge = Edge(now=lambda: datetime.now(UTC), http=Http(), guarded_http=Http(), put=None,
            public_url="https://oncall.example", wording=Wording(Phrasebook({})))
for name in ("sms", "slack"):
    BY_NAME[name].build(BY_NAME[name].values(json.loads(sys.argv[1])), edge)
    told[name] = sorted(sys.modules)
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, frozenset[str]]:
    """The names of the modules that are there after each step."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(SETTINGS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return {step: frozenset(names) for step, names in json.loads(done.stdout).items()}


@pytest.mark.parametrize("package", ELSEWHERE)
def test_serve_leaves_to_others_what_others_need(loaded, package) -> None:
    assert package not in loaded["serve"], f"comes with {ELSEWHERE[package]}"


def test_a_configured_channel_has_its_client_before_the_first_page(loaded) -> None:
    """What a client's first request would load holds that page up; the notifier is made before the node is ready."""
    assert {"twilio.rest.api.v2010", "twilio.http.async_http_client"} <= loaded["sms"]
    assert "slack_sdk.web.async_client" in loaded["slack"]


def test_one_channel_does_not_bring_another_ones_client(loaded) -> None:
    assert "slack_sdk" not in loaded["sms"]
