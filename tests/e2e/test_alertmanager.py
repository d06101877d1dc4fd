"""A real Prometheus and a real Alertmanager in front of the real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from tests.e2e.conftest import Neighbour
from tests.e2e.processes import Node, Process, eventually, free_port, required

PROMETHEUS = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting:
  alertmanagers: [{static_configs: [{targets: ["127.0.0.1:%(alertmanager)d"]}]}]
scrape_configs:
  - {job_name: ledger, static_configs: [{targets: ["127.0.0.1:%(exporter)d"]}]}
"""
RULES = """
groups:
  - name: ledger
    rules:
      - alert: LedgerStopped
        expr: ledger_working == 0
        labels: {severity: critical, service: ledger}
        annotations: {summary: "The ledger stopped"}
"""
ALERTMANAGER = """
route: {receiver: oncall, group_by: [alertname], group_wait: 0s, group_interval: 10s, repeat_interval: 1h}
receivers:
  - {name: oncall, webhook_configs: [{url: "%(door)s"}]}
"""


@dataclass
class Ledger:
    """A service with one metric."""

    working: int = 1
    port: int = 0

    async def metrics(self, _request: web.Request) -> web.Response:
        return web.Response(text=f"ledger_working {self.working}\n")


@pytest.fixture
def backend() -> str:
    """Which database it is on makes no difference to Alertmanager."""
    return "sqlite"


@pytest.fixture
async def ledger(neighbour: Neighbour) -> Ledger:
    made = Ledger()
    made.port = await neighbour(made.metrics)
    return made


@pytest.fixture
async def monitoring(node: Node, ledger: Ledger, tmp_path: Path) -> AsyncIterator[None]:
    """Prometheus scrapes the ledger; its Alertmanager posts to the node."""
    places = {"alertmanager": free_port(), "exporter": ledger.port, "door": node.door}
    for name, text in (
        ("prometheus.yml", PROMETHEUS % places),
        ("am.yml", ALERTMANAGER % places),
        ("rules.yml", RULES),
    ):
        (tmp_path / name).write_text(text)
    alertmanager = Process(
        [
            required("prometheus-alertmanager"),
            f"--config.file={tmp_path}/am.yml",
            f"--storage.path={tmp_path}/am",
            f"--web.listen-address=127.0.0.1:{places['alertmanager']}",
            "--cluster.listen-address=",
        ],
        tmp_path / "alertmanager.log",
    )
    prometheus = Process(
        [
            required("prometheus"),
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/prometheus",
            f"--web.listen-address=127.0.0.1:{free_port()}",
        ],
        tmp_path / "prometheus.log",
    )
    await alertmanager.start()
    await prometheus.start()
    yield
    await prometheus.stop()
    await alertmanager.stop()


async def test_a_rule_fires_the_phone_rings_the_reply_stops_it_and_the_rule_clears(
    node: Node, ledger: Ledger, monitoring: None
) -> None:
    await node.start()
    await node.sign_in("carol")
    ledger.working = 0

    async def paged() -> bool:
        return any("The ledger stopped" in text for text in await node.texts("carol"))

    async def status() -> str:
        (only,) = (await node.get("incidents"))["incidents"]
        return only["status"]

    async def resolved() -> bool:
        return await status() == "resolved"

    await eventually(paged, within=30)
    await node.reply("carol", "ack")
    assert await status() == "acknowledged"
    ledger.working = 1
    await eventually(resolved, within=40)


async def test_what_alertmanager_could_not_deliver_arrives_by_its_retries_and_pages_once(
    node: Node, ledger: Ledger, monitoring: None
) -> None:
    """The node is killed before the rule fires and comes back while Alertmanager tries again and again."""
    await node.start()
    await node.sign_in("carol")
    await node.kill()
    ledger.working = 0
    log = node.folder / "alertmanager.log"

    async def refused() -> bool:
        return "connection refused" in log.read_text()

    async def paged() -> list[str]:
        return [text for text in await node.texts("carol") if "The ledger stopped" in text]

    await eventually(refused, within=30)
    await node.start()
    assert len(await eventually(paged, within=30)) == 1
    await node.kill()
    await node.start()
    await node.reply("carol", "ack")
    (only,) = (await node.get("incidents"))["incidents"]
    assert only["status"] == "acknowledged"
    assert len(await paged()) == 1
