"""From the instant a page is due to the provider's socket: 200 text messages due at once, through the real Twilio client.

The yardstick is the same 200 requests sent side by side by bare aiohttp, with nothing decided. The middle one of
`BENCH_ROUNDS` rounds counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import time
from datetime import timedelta
from pathlib import Path
from statistics import median

import aiohttp
import uvloop

from bench import company, processes, provider
from notifiers.message import MessageKind
from oncall import wiring
from oncall.cli.serve import keep_what_is_loaded
from oncall.clock import SystemClock
from oncall.config import load
from oncall.config.settings import LogFormat, LogLevel
from oncall.engine import Engine
from oncall.jobs.loop import Loop
from oncall.logging import configure
from oncall.services.trouble import open_trouble
from oncall.store import migrations
from oncall.store import pages as page_rows
from oncall.store.pages import Page

PAGES = int(os.environ.get("BENCH_PAGES", "200"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
#: Milliseconds, from the due instant to the provider's socket.
TARGET = 250


def main() -> None:
    """Print how late pages reach the provider."""
    with processes.folder() as home:
        uvloop.run(measure(home))


async def measure(home: Path) -> None:
    with provider.running() as url:
        bare = median([await bare_requests(url) for _ in range(ROUNDS)])
        with contextlib.redirect_stderr(io.StringIO()):
            # As `serve` logs: a line for each page, written and not shown here.
            configure(LogLevel.INFO, LogFormat.JSON)
            rounds = await pages_due(home, url)
    p50, p99 = (median(late[int(len(late) * share)] for late in rounds) * 1000 for share in (0.5, 0.99))
    held = "held" if p99 <= TARGET else "MISSED"
    print(
        f"due to the provider's socket, {PAGES} texts at once: p50 {p50:.0f} ms, p99 {p99:.0f} ms "
        f"(target {TARGET} ms: {held}), {p99 / (bare * 1000):.1f} of bare requests side by side ({bare * 1000:.0f} ms); "
        f"p99 of each round {', '.join(f'{late[int(len(late) * 0.99)] * 1000:.0f}' for late in rounds)} ms"
    )


async def bare_requests(url: str) -> float:
    """Seconds from begin to the last arrival."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one() -> None:
            async with session.post(f"{url}/bare", data={"To": "+1", "Body": "x" * 160}) as answer:
                await answer.read()

        started = time.time()
        await asyncio.gather(*(one() for _ in range(PAGES)))
    return max(await provider.arrivals(url)) - started


async def pages_due(home: Path, url: str) -> list[list[float]]:
    """How late each page reached the provider, in seconds, sorted, round by round."""
    environ = {
        "ONCALL_DATA_DIR": str(home),
        "ONCALL_PUBLIC_URL": "https://oncall.example.com",
        "ONCALL_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "ONCALL_TWILIO_AUTH_TOKEN": "token",
        "ONCALL_TWILIO_FROM": "+14155552345",
        "ONCALL_TWILIO_API_BASE": url,
    }
    config = company.write(home / "config", teams=5, services=20)
    loaded = load(config, environ)
    assert loaded.directory is not None
    engine = wiring.open_engine(loaded.directory, loaded.settings, SystemClock(), config_dir=config)
    try:
        await migrations.upgrade(engine.database)
        keep_what_is_loaded()
        stages = Loop(engine)
        stages.start()
        rounds = [await burst(engine, url) for _ in range(ROUNDS)]
        await stages.stop()
    finally:
        await wiring.close(engine)
    return rounds


async def burst(engine: Engine, url: str) -> list[float]:
    """How late each page of one round reached the provider, in seconds, sorted."""
    due = await plan(engine)
    arrived: list[float] = []
    async with asyncio.timeout(60):
        while len(arrived) < PAGES:
            await asyncio.sleep(2.0)
            # What goes out before is no page of this round: somebody is told that there is an incident.
            arrived += [at for at in await provider.arrivals(url) if at >= due]
    return sorted(at - due for at in arrived)


async def plan(engine: Engine) -> float:
    """One incident, and a page for each of many phones, all due two seconds from now."""
    now = engine.clock.now()
    due = now + timedelta(seconds=2)
    async with engine.database.write() as tx:
        number = await open_trouble(engine, tx, title="Everything is down", service="all", why="bench", now=now)
        team = engine.directory.defaults.fallback_team
        await page_rows.add(
            tx,
            [
                Page(
                    id=engine.new_id(),
                    incident=number,
                    team=team,
                    person="",
                    channel="sms",
                    address=f"+346{number:02}{n:06}",
                    kind=MessageKind.PAGE,
                    important=True,
                    step=1,
                    reason="bench",
                    planned_at=now,
                    due_at=due,
                )
                for n in range(PAGES)
            ],
        )
    return due.timestamp()
