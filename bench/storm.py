"""Five real minutes: 50,000 alerts from 2,000 services on a real node. Who is paged when, and what it costs.

`STORM_SECONDS=60 python -m bench storm` has the same storm for a shorter time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import uvloop

from bench import bodies, company, latency, processes

SECONDS = int(os.environ.get("STORM_SECONDS", "300"))
ALERTS_A_SECOND, ALERTS_A_BODY = 50_000 / 300, 5
SERVICES, TEAMS = 2000, 400
#: How often the node is looked at, in seconds.
LOOK = 2.0


@dataclass
class Seen:
    """What was measured; times in seconds."""

    answers: Counter[int] = field(default_factory=Counter)
    answer_times: list[float] = field(default_factory=list)
    #: When the first critical alert of each team was posted.
    posted: dict[int, float] = field(default_factory=dict)
    lags: list[float] = field(default_factory=list)
    queues: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    views: list[float] = field(default_factory=list)


def main() -> None:
    """Print what came of it."""
    with processes.folder() as home:
        config = company.write(home / "config", teams=TEAMS, services=SERVICES)
        port = processes.free_port()
        env = {"ONCALL_TWILIO_API_BASE": f"http://127.0.0.1:{port}"}
        with processes.node(config, home / "data", env=env) as node:
            calendars_read(home / "data" / "oncall.db")
            node.settled()
            began = node.cpu()
            link = sign_in_link(config, home / "data")
            seen, provider, drained = uvloop.run(measure(node, port, link))
            report(seen, provider, drained, node.cpu() - began)


def calendars_read(database: Path) -> None:
    """Return once the node knows who is on call in every team; before that their alerts go to the fallback team."""
    count = "select count(*) from feed where read_at is not null"
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        while connection.execute(count).fetchone()[0] < TEAMS:
            time.sleep(0.5)


def sign_in_link(config: Path, data: Path) -> str:
    command = [sys.executable, "-m", "oncall", "sign-in", "p0", "--config", str(config)]
    environment = {**os.environ, "ONCALL_DATA_DIR": str(data)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found = re.search(r"https?://[^/\s]+(/\S+)", done.stdout)
    assert found is not None, done.stdout
    return found[1]


async def measure(node: processes.Running, port: int, link: str) -> tuple[Seen, latency.Provider, float]:
    seen, provider, base = Seen(), latency.Provider(), node.url.split("/api/")[0]
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        await sign_in(browser, base, link)
        looking = asyncio.create_task(look(node, browser, base, seen))
        await storm(node.url, seen)
        ended = time.perf_counter()
        while (await gauges(browser, base))["oncall_intake_queue"] or time.perf_counter() - ended < 15:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        drained = time.perf_counter() - ended
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    server.close()
    return seen, provider, drained


async def storm(url: str, seen: Seen) -> None:
    """Every body at its instant, whether or not the one before was answered."""
    templates = bodies.templates(ALERTS_A_BODY, SERVICES, "storm")
    begin, sending = time.perf_counter(), set()
    for number in range(int(SECONDS * ALERTS_A_SECOND / ALERTS_A_BODY)):
        due = begin + number * ALERTS_A_BODY / ALERTS_A_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        service = number % SERVICES
        seen.posted.setdefault(service % TEAMS, time.perf_counter())
        task = asyncio.create_task(post(url, bodies.numbered(templates[service], number), seen))
        sending.add(task)
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)


async def post(url: str, body: bytes, seen: Seen) -> None:
    started = time.perf_counter()
    try:
        status = await latency.post(url, body)
    except (OSError, TimeoutError):
        status = 0
    seen.answers[status] += 1
    seen.answer_times.append(time.perf_counter() - started)


async def sign_in(browser: aiohttp.ClientSession, base: str, link: str) -> None:
    async with browser.get(base + link) as answer:
        form = (await answer.text()).split('name="form_token" value="')[1].split('"')[0]
    async with browser.post(base + link, data={"form_token": form}) as answer:
        assert answer.status == 200, answer.status


async def look(node: processes.Running, browser: aiohttp.ClientSession, base: str, seen: Seen) -> None:
    """What the node says of itself, and what a person waits for it."""
    while True:
        await asyncio.sleep(LOOK)
        now = await gauges(browser, base)
        seen.lags.append(now["oncall_loop_lag_seconds"])
        seen.queues.append(now["oncall_intake_queue"])
        seen.memory.append(node.rss())
        for place in ("/incidents", "/incidents/1"):
            started = time.perf_counter()
            async with browser.get(base + place) as answer:
                await answer.read()
                assert answer.status == 200, f"{place}: {answer.status}"
            seen.views.append(time.perf_counter() - started)


async def gauges(browser: aiohttp.ClientSession, base: str) -> dict[str, float]:
    async with browser.get(f"{base}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    wanted = {"oncall_loop_lag_seconds", "oncall_intake_queue"}
    pairs = (line.rsplit(" ", 1) for line in lines)
    return {name: float(value) for name, value in pairs if name in wanted}


def report(seen: Seen, provider: latency.Provider, drained: float, cpu: float) -> None:
    alerts, bodies_sent = seen.answers[202] * ALERTS_A_BODY, seen.answers.total()
    print(
        f"{alerts:,} of {bodies_sent * ALERTS_A_BODY:,} alerts accepted in {SECONDS} s: {at(seen.answer_times, 'ms')}"
    )
    print(f"worked off {drained:.1f} s after the last one; {max(seen.queues):.0f} bodies waited at most")
    waits = [provider.texted[team] - when for team, when in seen.posted.items() if team in provider.texted]
    print(f"{len(waits)} of {len(seen.posted)} teams' people texted after their first critical alert: {at(waits, 's')}")
    most = max(provider.per_person.values(), default=0)
    print(f"{provider.texts:,} texts in all, {most} to one person at most")
    print(f"loop lag at most {max(seen.lags):.2f} s (target 2 s); views: {at(seen.views, 'ms')}")
    print(f"memory {seen.memory[0]:.0f} MB at the beginning, {max(seen.memory):.0f} MB at most")
    print(f"{cpu:.1f} processor seconds, {cpu / max(alerts, 1) * 1e3:.2f} ms an alert")


def at(times: list[float], unit: str) -> str:
    ordered = sorted(times) or [0.0]
    factor = 1e3 if unit == "ms" else 1.0
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * factor for share in (0.5, 0.99))
    return f"p50 {p50:.1f} {unit}, p99 {p99:.1f} {unit}, at most {ordered[-1] * factor:.1f} {unit}"
