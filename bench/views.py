"""How fast views are with years of history in the database, against the same views with almost none.

100,000 incidents and 2 million alerts take minutes to write; `VIEWS_INCIDENTS=5000 python -m bench views` is a look.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer

from oncall import wiring
from oncall.clock import SystemClock
from oncall.config import Settings, load
from oncall.engine import Engine
from oncall.services.people import access
from oncall.store import counters
from oncall.store.schema import alert, incident, involvement, metadata, timeline
from oncall.web.app import create_app

COMPANY = Path(__file__).resolve().parents[1] / "examples" / "company"
FEW = 100
ALERTS_EACH = 20
ROUNDS = 30
PLACES = ("/", "/incidents", "/incidents/{n}", "/incidents?status=all", "/on-call", "/teams/payments", "/insights")


def main() -> None:
    """Print the median and the 95th percentile of each view, few against many."""
    many = int(os.environ.get("VIEWS_INCIDENTS", "100000"))
    few_times, many_times = asyncio.run(_measure(FEW)), asyncio.run(_measure(many))
    print(f"milliseconds at {FEW:,} and at {many:,} incidents with {ALERTS_EACH} alerts each")
    for place in PLACES:
        few, lots = few_times[place], many_times[place]
        ratio = statistics.median(lots) / statistics.median(few)
        print(
            f"  {place:24} median {statistics.median(few):6.1f} {statistics.median(lots):6.1f}"
            f"   p95 {_p95(few):6.1f} {_p95(lots):6.1f}   ratio {ratio:.2f}"
        )


async def _measure(count: int) -> dict[str, list[float]]:
    directory = load(COMPANY, {}).directory
    assert directory is not None
    with tempfile.TemporaryDirectory() as folder:
        engine = wiring.open_engine(directory, Settings(data_dir=Path(folder)), SystemClock(), config_dir=COMPANY)
        async with engine.database.write() as tx:
            await tx.run_sync(metadata.create_all)
        for first in range(1, count + 1, 5000):
            await _write(engine, first, min(first + 5000, count + 1), count)
        async with engine.database.write() as tx:
            await counters.take(tx, "incident", count)
            await tx.execute(sa.text("analyze"))
        found = await _ask(engine, count)
        await wiring.close(engine)
    return found


async def _ask(engine: Engine, count: int) -> dict[str, list[float]]:
    link = (await access.create_sign_in_link(engine, "dee")).removeprefix(engine.settings.address)
    async with TestClient(TestServer(create_app(engine))) as client:
        page = await (await client.get(link)).text()
        form = page.split('name="form_token" value="')[1].split('"')[0]
        await client.post(link, data={"form_token": form})
        found: dict[str, list[float]] = {place: [] for place in PLACES}
        for turn in range(ROUNDS):
            for place in PLACES:
                path = place.replace("{n}", str(max(count - turn, 1)))
                began = time.perf_counter()
                response = await client.get(path)
                await response.read()
                assert response.status == 200, f"{path}: {response.status}"
                if turn:  # the first round fills the caches
                    found[place].append((time.perf_counter() - began) * 1000)
    return found


async def _write(engine: Engine, first: int, end: int, count: int) -> None:
    now = datetime.now(UTC)
    teams = list(engine.directory.teams)
    incidents, parts, alerts, lines = [], [], [], []
    for number in range(first, end):
        opened = now - timedelta(minutes=5) * (count - number)
        over = opened + timedelta(minutes=30) if number <= count - 20 else None
        team = teams[number % len(teams)]
        status = "resolved" if over else "triggered"
        kinds = [f"Kind{number % 400} of service-{number % 50}"]
        row = {"id": number, "title": f"Something number {number % 400} is wrong", "status": status}
        row |= {
            "severity": "critical",
            "service": f"service-{number % 50}",
            "lead_team": team,
            "group_key": str(number),
        }
        row |= {"kinds": kinds, "opened_at": opened, "resolved_at": over, "resolved_by": "alertmanager" if over else ""}
        incidents.append(row | {"merged_into": None, "drill": False, "updated_at": opened})
        part = {"incident_id": number, "team": team, "place": 0, "status": status, "severity": "critical", "lead": True}
        part |= {"policy": {"name": "p", "steps": []}, "step": 0, "round": 0, "turn": 0, "since": opened}
        part |= {
            "next_due_at": None if over else now + timedelta(days=1),
            "acknowledged_by": "",
            "acknowledged_at": None,
        }
        parts.append(part | {"acknowledged_via": None, "expires_at": None, "reminded": False, "snoozed": False})
        lines.append(_line(number, opened, "opened", team))
        for place in range(ALERTS_EACH):
            key = number * ALERTS_EACH + place
            alerts.append(_alert(key, row, kinds[0]))
    async with engine.database.write() as tx:
        await tx.execute(sa.insert(incident), incidents)
        await tx.execute(sa.insert(involvement), parts)
        await tx.execute(sa.insert(alert), alerts)
        await tx.execute(sa.insert(timeline), lines)


def _line(number: int, at: datetime, kind: str, team: str) -> dict[str, object]:
    line = {"incident_id": number, "at": at, "kind": kind, "text": "something happened", "by": "oncall"}
    return line | {"via": "engine", "team": team, "data": {}}


def _alert(key: int, of: dict[str, object], kind: str) -> dict[str, object]:
    number, team, opened, over = of["id"], of["lead_team"], of["opened_at"], of["resolved_at"]
    labels = {"alertname": kind, "pod": f"pod-{key}", "severity": "critical", "namespace": "shop"}
    row = {"id": key, "incident_id": number, "integration": "production", "fingerprint": f"{key:016x}"}
    row |= {"stream": str(number), "status": "resolved" if over else "firing", "name": kind, "kind": kind}
    row |= {"severity": "critical", "paging": True, "team": team, "service": "", "labels": labels}
    row |= {"annotations": {"summary": "It is wrong"}, "generator_url": "", "starts_at": opened}
    row |= {"received_at": opened, "last_seen_at": opened, "ended_at": over}
    return row | {"why_team": "the label names it", "why_group": "the same service"}


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]
