"""The list in CONTRIBUTING, followed: every file, name and step it tells of is there, and the shipped channels keep it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from notifiers.channels import CHANNELS

ROOT = Path(__file__).resolve().parents[2]


def steps() -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    part = text.split("## How to add a notifier")[1].split("\n## ")[0]
    return re.split(r"\n(?=\d+\. )", part.strip())


def test_the_steps_are_numbered_without_a_gap():
    assert [step.split(".")[0] for step in steps()] == [str(n) for n in range(1, len(steps()) + 1)]


def test_every_file_it_names_exists():
    named = {path for step in steps() for path in re.findall(r"`([\w./]+\.(?:py|md))`", step)}
    assert {"notifiers/notifier.py", "notifiers/outcome.py", "notifiers/channel.py", "notifiers/channels.py"} <= named
    missing = {path for path in named if "NAME" not in path and not (ROOT / path).exists()}
    assert missing == set()


@pytest.mark.parametrize("channel", CHANNELS, ids=[channel.name for channel in CHANNELS])
def test_every_shipped_channel_followed_it(channel):
    module = (ROOT / (channel.build.__module__.replace(".", "/") + ".py")).read_text()
    assert "_build" in module
    assert (ROOT / "docs" / channel.docs).is_file()
    registered = (ROOT / "notifiers/channels.py").read_text()
    assert channel.build.__module__.split(".")[1] in registered
