"""What an alert costs as history grows, and how a node starts with a million open alerts, on SQLite.

History is written by the database itself, in bulk: resolved incidents of twenty alerts each, whose fingerprints come
again and again. The cost is taken between sizes within one run; flat is what an index lookup costs, a tree's depth more.
"""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop

from bench import bodies, company, pipeline, processes
from oncall.engine import Engine
from oncall.store.types import microseconds

#: Alerts of history at which the cost is measured; ten million take a minute or two to write and 4 GB.
SIZES = [int(size) for size in os.environ.get("BENCH_GROWTH", "100000,1000000").split(",")]
#: Alerts each measurement places.
ALERTS = int(os.environ.get("BENCH_ALERTS", "12800")) // 4
#: Open alerts at a start.
OPEN = int(os.environ.get("BENCH_OPEN", "1000000"))
#: Fingerprints that history knows, and alerts of one incident.
KNOWN, EACH = 20_000, 20
#: How much of the first size's rate the last must keep.
FLAT = 0.7
#: Seconds a start may take with that many open alerts, as without.
START = 2.0


def main() -> None:
    """Print the rates at each size, then the start."""
    with processes.folder() as home:
        uvloop.run(grow(home))
    with processes.folder() as home:
        start(home)


async def grow(home: Path) -> None:
    config = company.write(home / "config", teams=50, services=2000)
    rates: dict[str, list[float]] = {}
    for size in SIZES:
        async with pipeline.opened(config, home):
            pass  # brings the tables up to date
        written = write(home / "oncall.db", size, over=True)
        async with pipeline.opened(config, home) as engine:
            await rate(engine, kinds(0)["new"][:100])  # statements compiled, pages in memory
            for what, posted in kinds(size).items():
                rates.setdefault(what, []).append(await rate(engine, posted))
        megabytes = (home / "oncall.db").stat().st_size // 1_000_000
        told = ", ".join(f"{what} {found[-1]:.0f}/s" for what, found in rates.items())
        print(f"history of {size:,} alerts ({megabytes:,} MB, written in {written:.0f} s): {told}")
    for what, found in rates.items():
        kept = found[-1] / found[0]
        told = processes.verdict(kept, FLAT, least=True)
        print(f"{what}: {kept:.2f} of the rate at {SIZES[0]:,} remains at {SIZES[-1]:,} {told}")


def kinds(size: int) -> dict[str, list[bytes]]:
    """Bodies of one alert: never seen before, repeated, come again after it was over, and over."""
    some = bodies.templates(1, 2000, f"growth-{size}")
    new = [bodies.numbered(some[n % len(some)], n) for n in range(ALERTS)]
    again = [bodies.webhook([known(n, size)], f"again-{n}-{size}") for n in range(ALERTS)]
    over = [body.replace(b'"status":"firing"', b'"status":"resolved"') for body in new]
    return {"new": new, "repeated": new, "come again": again, "resolved": over}


def known(number: int, size: int) -> dict[str, object]:
    one = bodies.alert(number, f"again-{size}", service=f"svc-{number % 2000}", severity="warning")
    return one | {"fingerprint": f"h{number % KNOWN}"}


async def rate(engine: Engine, posted: list[bytes]) -> float:
    """Alerts a second from the inbox to incidents."""
    await pipeline.fill(engine, posted)
    return len(posted) / await pipeline.drained(engine)


def start(home: Path) -> None:
    """Start a node on a database with that many open alerts."""
    config = company.write(home / "config", teams=50, services=2000)
    with processes.node(config, home / "data") as node:
        bare = node.ready_seconds
    written = write(home / "data" / "oncall.db", OPEN, over=False)
    with processes.node(config, home / "data") as node:
        told = processes.verdict(node.ready_seconds, START, "s")
        print(
            f"start with {OPEN:,} open alerts (written in {written:.0f} s): ready after {node.ready_seconds:.2f} s "
            f"{told}, {node.ready_seconds / bare:.2f} of an empty one's {bare:.2f} s; "
            f"at rest after {node.settled():.0f} s more with {node.rss():.0f} MB"
        )


def write(file: Path, count: int, *, over: bool) -> float:
    """Have that many alerts in a database whose tables are there; the seconds it took."""
    began = time.perf_counter()
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-1000000", "temp_store=memory"):
        connection.execute(f"pragma {pragma}")
    first = connection.execute("select coalesce(max(id), 0) + 1 from alert").fetchone()[0]
    missing = count - connection.execute("select count(*) from alert").fetchone()[0]
    if missing <= 0:
        connection.close()
        return 0.0
    last = first + missing - 1
    indexes = connection.execute(
        "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name in ('alert', 'timeline')"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"drop index {name}")
    opened = datetime.now(UTC) - timedelta(days=30)
    values = {
        "first": first,
        "last": last,
        "opened": microseconds(opened),
        "ended": microseconds(opened + timedelta(minutes=10)) if over else None,
        "status": "resolved" if over else "firing",
        "incident": "resolved" if over else "acknowledged",
        "known": KNOWN if over else last + 1,
    }
    for statement in _WRITE:
        connection.execute(statement, values)
    for _, statement in indexes:
        connection.execute(statement)
    connection.execute("analyze")
    connection.execute("pragma journal_mode=wal")
    connection.close()
    return time.perf_counter() - began


_NUMBERS = "with recursive n(id) as (select :first union all select id + 1 from n where id < :last)"
_INCIDENTS = (
    f"with recursive i(id) as (select :first / {EACH} + 1000000000 "
    f"union all select id + 1 from i where id < :last / {EACH} + 1000000000)"
)
_WRITE = (
    f"""{_INCIDENTS}
    insert or ignore into incident (id, title, status, severity, service, lead_team, group_key, kinds, opened_at,
        resolved_at, resolved_by, drill, updated_at)
    select id, 'Trouble ' || id, :incident, 'warning', 'svc-' || (id % 2000), 'team-' || (id % 50), 'g' || id, '["k"]',
        :opened, :ended, '', 0, :opened from i""",
    f"""{_INCIDENTS}
    insert or ignore into involvement (incident_id, team, place, status, severity, lead, policy, step, round, turn,
        since, acknowledged_by, reminded, snoozed)
    select id, 'team-' || (id % 50), 0, :incident, 'warning', 1, '{{"name": "p", "steps": []}}', 1, 0, 0, :opened, '',
        0, 0 from i""",
    f"""{_INCIDENTS}
    insert into timeline (incident_id, at, kind, text, "by", via, team, data)
    select id, :opened, 'opened', 'an alert opened it, which nobody had seen before', 'oncall', 'engine',
        'team-' || (id % 50), '{{}}' from i""",
    f"""{_NUMBERS}
    insert into alert (id, incident_id, integration, fingerprint, stream, status, name, kind, severity, paging, team,
        service, labels, annotations, generator_url, starts_at, received_at, last_seen_at, ended_at, why_team, why_group)
    select id, id / {EACH} + 1000000000, 'production', 'h' || (id % :known), 's' || (id % :known), :status, 'Trouble', 'k',
        'warning', 0, 'team-' || (id % 50), 'svc-' || (id % 2000),
        '{{"alertname": "Trouble", "service": "svc-' || (id % 2000) || '", "pod": "api-' || id || '"}}',
        '{{"summary": "It has been wrong for longer than it should be"}}', '', :opened, :opened, :opened, :ended,
        'the catalog says so', 'nothing else fires' from n""",
    "insert into counter (name, value) values ('alert', :last) on conflict (name) do update set value = max(value, :last)",
)
