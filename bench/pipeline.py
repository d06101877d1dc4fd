"""From the inbox to incidents: owner, grouping, escalation and all, on one node with SQLite.

The yardstick is the same bodies decoded and written as one indexed row an alert, with nothing decided.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop

from bench import bodies, company, processes
from oncall import wiring
from oncall.clock import SystemClock
from oncall.config import load
from oncall.engine import Engine
from oncall.services.intake import intake
from oncall.store import inbox, migrations
from oncall.store.inbox import Received
from routing.sources import SOURCES

#: Alerts each measurement places.
ALERTS = int(os.environ.get("BENCH_ALERTS", "12800"))
TARGETS = {"new": 2000, "repeats": 5000}


def main() -> None:
    """Print alerts a second for new alerts and for repeats, beside the yardstick."""
    for alerts in (1, 64):
        with processes.folder() as home:
            uvloop.run(measure(home, alerts))


async def measure(home: Path, alerts: int) -> None:
    config = company.write(home / "config", teams=50, services=2000)
    posted = [bodies.numbered(template, number) for number, template in enumerate(templates(alerts))]
    least = floor(home, posted)
    async with opened(config, home) as engine:
        for what, target in TARGETS.items():
            await fill(engine, posted)
            rate = ALERTS / await drained(engine)
            print(
                f"inbox to incident, {what}, {alerts} alert{'s' if alerts > 1 else ''} a body: {rate:.0f} alerts/s "
                f"{processes.verdict(rate, target, least=True)}, {rate / least:.2f} of writing one indexed row an alert ({least:.0f}/s)"
            )


def templates(alerts: int) -> list[bytes]:
    some = bodies.templates(alerts, 2000 if alerts == 1 else 200, "pipeline")
    return [some[n % len(some)] for n in range(ALERTS // alerts)]


def floor(home: Path, posted: list[bytes]) -> float:
    """Alerts a second that can be written at all: decode, one row each with one index, 256 a commit."""
    connection = sqlite3.connect(home / "floor.db", isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table a (id integer primary key, fp text, at text, labels blob, notes blob)")
    connection.execute("create index ix on a (fp)")
    started = time.perf_counter()
    decode, encode = SOURCES[0].decode, msgspec.json.encode
    rows: list[tuple[str, str, bytes, bytes]] = []
    for number, body in enumerate(posted):
        rows += [
            (a.fingerprint, a.starts_at.isoformat(), encode(a.labels), encode(a.annotations))
            for a in decode(body).alerts
        ]
        if len(rows) >= 256 or number == len(posted) - 1:
            connection.execute("begin")
            connection.executemany("insert into a (fp, at, labels, notes) values (?, ?, ?, ?)", rows)
            connection.execute("commit")
            rows = []
    connection.close()
    return ALERTS / (time.perf_counter() - started)


@contextlib.asynccontextmanager
async def opened(config: Path, home: Path) -> AsyncIterator[Engine]:
    """An engine in this process, migrated, without its loop."""
    loaded = load(config)
    assert loaded.directory is not None, loaded.problems
    settings = msgspec.structs.replace(loaded.settings, data_dir=home)
    engine = wiring.open_engine(loaded.directory, settings, SystemClock(), config_dir=config)
    try:
        await migrations.upgrade(engine.database)
        yield engine
        await intake.hand_over(engine)
    finally:
        await wiring.close(engine)


async def fill(engine: Engine, posted: list[bytes]) -> None:
    now = datetime.now(UTC)
    glance = SOURCES[0].glance
    received = [
        Received(integration="production", received_at=now, priority=1, stream=intake.stream_of(glance(b)), body=b)
        for b in posted
    ]
    await engine.database.insert(*inbox.insertion(inbox.pack(received), sqlite=True))


async def drained(engine: Engine) -> float:
    """Seconds until nothing waits."""
    started = time.perf_counter()
    count = 1
    while count:
        count = await intake.process_due(engine)
    taken = time.perf_counter() - started
    async with engine.database.read() as tx:
        assert not await inbox.depth(tx), "another node has the inbox"
    return taken
