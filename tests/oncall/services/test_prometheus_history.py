"""Against a real Prometheus: its own rule fires, and the range API tells of it."""

from __future__ import annotations

import asyncio
import shutil
import socket
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from oncall.errors import Unavailable
from oncall.services.grouping.prometheus_history import past_alerts

RULES = """
groups:
  - name: g
    interval: 1s
    rules:
      - {alert: AlwaysOn, expr: vector(1), labels: {severity: page, service: cart}}
"""
CONFIG = """
global: {evaluation_interval: 1s}
rule_files: [rules.yml]
"""


@pytest.fixture
async def prometheus(tmp_path):
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("prometheus is not installed")
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "prometheus.yml").write_text(CONFIG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        binary,
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    url = f"http://127.0.0.1:{port}"
    try:
        await fires(url)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def fires(url: str) -> None:
    """Wait until the rule's series can be read."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while True:
            try:
                async with session.get(f"{url}/api/v1/query", params={"query": "ALERTS"}) as response:
                    if (await response.json())["data"]["result"]:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def test_the_range_api_tells_which_alerts_fired(prometheus):
    now = datetime.now(UTC) + timedelta(seconds=31)
    (run,) = await past_alerts(prometheus, since=now - timedelta(minutes=10), until=now)
    assert run.labels == {"alertname": "AlwaysOn", "severity": "page", "service": "cart"}
    assert run.starts_at <= now


async def test_an_address_where_nothing_answers_is_said_plainly():
    now = datetime.now(UTC)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        await past_alerts("http://127.0.0.1:9", since=now - timedelta(hours=1), until=now)
