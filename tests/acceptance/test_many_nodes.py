"""Two real nodes on one PostgreSQL behind a real HAProxy: both take alerts, and one that is killed loses none."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from routing.sources import SOURCES

COMPANY = Path(__file__).parents[2] / "examples" / "company"
KEY = "demo-key-for-trying-out"
#: A lease runs out after ten seconds; the rest is for slow machines.
PATIENCE = 60.0


@dataclass
class Node:
    process: subprocess.Popen[bytes]
    port: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def haproxy() -> str:
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("HAProxy is not installed")
    if found is None:
        pytest.skip("HAProxy is not installed: apt-get install haproxy")
    return found


@pytest.fixture
async def cluster_database(postgres):
    await postgres.run("create database cluster")
    yield postgres
    await postgres.run("drop database cluster with (force)")


@pytest.fixture
def nodes(cluster_database, tmp_path: Path) -> Iterator[list[Node]]:
    started = []
    for number in range(2):
        port = free_port()
        environment = os.environ | {
            "ONCALL_LISTEN": f"127.0.0.1:{port}",
            "ONCALL_DATA_DIR": str(tmp_path / f"node-{number}"),
            "ONCALL_DATABASE_URL": cluster_database.url("cluster"),
        }
        command = [sys.executable, "-m", "oncall", "serve", "--config", str(COMPANY)]
        with (tmp_path / f"node-{number}.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        started.append(Node(process, port))
    yield started
    for node in started:
        node.process.terminate()
    for node in started:
        node.process.wait(20)


@pytest.fixture
def proxy(haproxy: str, nodes: list[Node], tmp_path: Path) -> Iterator[str]:
    port = free_port()
    servers = "".join(
        f"  server node-{i} 127.0.0.1:{node.port} check inter 200ms fall 2 rise 1\n" for i, node in enumerate(nodes)
    )
    config = tmp_path / "haproxy.cfg"
    config.write_text(
        "defaults\n  mode http\n  timeout connect 2s\n  timeout client 30s\n  timeout server 30s\n  option redispatch\n"
        f"frontend alerts\n  bind 127.0.0.1:{port}\n  default_backend nodes\n"
        f"backend nodes\n  balance roundrobin\n  option httpchk GET /readyz\n{servers}"
    )
    process = subprocess.Popen(
        [haproxy, "-db", "-f", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def body(number: int) -> bytes:
    return SOURCES[0].example.replace(b"5ef77f1f8a3ecfb8", b"%016x" % number).replace(b"DiskFull", b"Disk%d" % number)


async def until(promise, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not await promise():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.1)


async def post(session: aiohttp.ClientSession, proxy: str, numbers: range) -> None:
    """As Alertmanager does: what is not answered with 202 is sent again."""
    for number in numbers:

        async def accepted(data: bytes = body(number)) -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.post(f"{proxy}/api/v1/alertmanager/{KEY}", data=data) as answer:
                    return answer.status == 202
            return False

        await until(accepted, f"body {number} was not taken")


async def alerts(postgres) -> int:
    connection = await asyncpg.connect(host=str(postgres.folder), user="postgres", database="cluster")
    try:
        return int(await connection.fetchval("select count(distinct fingerprint) from alert"))
    finally:
        await connection.close()


async def taken_in(session: aiohttp.ClientSession, node: Node) -> float:
    async with session.get(f"http://127.0.0.1:{node.port}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    wanted = 'oncall_intake_bodies_total{answer="accepted"'
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(wanted))


async def test_both_nodes_take_alerts_and_a_killed_one_is_taken_over(proxy, nodes, cluster_database):
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session:

        async def ready() -> bool:
            found = []
            for node in nodes:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{node.port}/readyz") as answer:
                        found.append(answer.status)
            return found == [200, 200]

        await until(ready, "the nodes did not start")
        await post(session, proxy, range(30))
        assert all([await taken_in(session, node) > 0 for node in nodes])
        nodes[0].process.send_signal(signal.SIGKILL)
        await post(session, proxy, range(30, 60))

        async def all_there() -> bool:
            return await alerts(cluster_database) == 60

        await until(all_there, "alerts that were accepted are missing")
