"""The first command of a newcomer: no engine, no account, no configuration, and everything there is to see."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path


def left() -> set[Path]:
    """Databases of demos."""
    return set(Path(tempfile.gettempdir()).glob("oncall-demo-*"))


async def test_one_command_shows_an_outage_with_a_phone_and_a_slack_and_leaves_nothing_behind():
    before = left()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "oncall", "demo", "--own", "--once", "--speed", "30"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = (text.decode() for text in await asyncio.wait_for(process.communicate(), timeout=240))
    assert process.returncode == 0, err
    assert re.search(r"The phone is at http://127\.0\.0\.1:\d+/phone", out)
    assert "payments is paged" in out
    assert "The last warnings clear." in out
    assert re.search(r"Slack stands in on this machine: http://127\.0\.0\.1:\d+/", out)
    assert "Sign in once as kim: http" in out
    assert left() <= before
