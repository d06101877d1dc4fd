"""From the request to the provider's socket: on an idle node, and for one critical alert in the middle of a storm."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import time
from collections import Counter

import uvloop

from bench import bodies, company, load, processes
from bench.processes import verdict

COUNT = int(os.environ.get("BENCH_COUNT", "40"))
#: 50,000 alerts in five minutes, as bodies of ten.
STORM_BODIES_PER_SECOND, STORM_ALERTS = 17, 10
TEAMS = 400
#: Seconds after which the process that reads calendars has ended, where there is nothing to read.
CALENDARS_REST = 25
_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")


class Provider:
    """Speaks as much of Twilio's message resource as a page needs; notes when each number was first texted."""

    def __init__(self) -> None:
        self.texted: dict[int, float] = {}
        self.texts = 0
        self.per_person: Counter[int] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                now = time.perf_counter()
                found = _LENGTH.search(head)
                body = await reader.readexactly(int(found[1])) if found else b""
                number = re.search(rb"To=%2B4915112(\d{6})", body)
                if number:
                    self.texts += 1
                    self.per_person[int(number[1])] += 1
                    self.texted.setdefault(int(number[1]), now)
                answer = b'{"sid": "SM%032d", "status": "queued"}' % self.texts
                writer.write(
                    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    % len(answer)
                )
                writer.write(answer)
                await writer.drain()
        writer.close()


def main() -> None:
    """Print idle cost, then both latencies."""
    with processes.folder() as home:
        config = company.write(home / "config", teams=TEAMS, services=2000)
        port = processes.free_port()
        env = {"ONCALL_TWILIO_API_BASE": f"http://127.0.0.1:{port}"}
        with processes.node(config, home / "data", env=env) as node:
            start = verdict(node.ready_seconds, 2, "s")
            print(f"start to ready: {node.ready_seconds:.2f} s {start}; {TEAMS} teams, 2000 services")
            settled = node.settled()
            print(f"calendars read and at rest after {settled:.1f} s more")
            time.sleep(CALENDARS_REST)
            print(f"idle: {node.rss():.0f} MB {verdict(node.rss(), 120, 'MB')}")
            uvloop.run(measure(node, port))
            print(f"after the storm: {node.rss():.0f} MB")
        with processes.node(config, home / "data", env=env) as node:
            start = verdict(node.ready_seconds, 2, "s")
            print(f"started again, the database in order: {node.ready_seconds:.2f} s {start}")
            node.settled()
            time.sleep(CALENDARS_REST)
            print(f"idle: {node.rss():.0f} MB {verdict(node.rss(), 120, 'MB')}")


async def measure(node: processes.Running, port: int) -> None:
    provider = Provider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port)
    report("idle node", await pages(node.url, provider, first=0, gap=0.5), (10, 50))
    command = [sys.executable, "-m", "bench.load", node.url, "--alerts", str(STORM_ALERTS), "--groups", "2000"]
    command += ["--rate", str(STORM_BODIES_PER_SECOND), "--seconds", str(COUNT * 0.4 + 5), "--run", "storm"]
    storm = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    await asyncio.sleep(5)
    report("in the storm", await pages(node.url, provider, first=COUNT, gap=0.3), (None, 2000))
    await storm.wait()
    print(f"{provider.texts} texts to {len(provider.texted)} people in all")
    server.close()


async def pages(url: str, provider: Provider, *, first: int, gap: float) -> list[float | None]:
    """Post a critical alert for one team after another; seconds until each person's text, None where none came."""
    posted = {}
    for team in range(TEAMS - 1 - first, TEAMS - 1 - first - COUNT, -1):
        one = bodies.alert(0, f"page-{team}", service=f"svc-{team}", severity="critical")
        # Each a trouble of its own: what belongs together would be one incident, and its later teams held a while.
        one["labels"] |= {"alertname": f"Down{team}", "cluster": f"prod-{team}"}
        body = bodies.numbered(bodies.webhook([one], f"svc-{team}"), team)
        if team in provider.texted:
            continue  # the storm reached them before: their next text waits its turn
        posted[team] = time.perf_counter()
        status = await post(url, body)
        assert status == 202, status
        await asyncio.sleep(gap)
    end = time.perf_counter() + 20
    while time.perf_counter() < end and not posted.keys() <= provider.texted.keys():  # noqa: ASYNC110 - a bound in time, too
        await asyncio.sleep(0.05)
    return [provider.texted[team] - at if team in provider.texted else None for team, at in posted.items()]


async def post(url: str, body: bytes) -> int:
    """The status of the answer."""
    parts = load.urlsplit(url)
    _, connection = await asyncio.get_running_loop().create_connection(load.Connection, parts.hostname, parts.port)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    status = await connection.ask(head.encode() + body)
    connection.transport.close()
    return status


def report(what: str, found: list[float | None], targets: tuple[int | None, int]) -> None:
    times = sorted(one * 1e3 for one in found if one is not None)
    if not times:
        print(f"request to the provider's socket, {what}: no page came")
        return
    p50, p99 = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]
    told = [
        f"{name} {ms:.1f} ms" + (f" {verdict(ms, most, 'ms')}" if most else "")
        for name, ms, most in zip(("p50", "p99"), (p50, p99), targets, strict=True)
    ]
    print(
        f"request to the provider's socket, {what}: {', '.join(told)}, least {times[0]:.1f} ms; "
        f"{len(times)} of {len(found)} arrived"
    )
