"""A real engine on a real database behind the real application, with a clock that stands where it is put."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from oncall import wiring
from oncall.config import Secret, Settings, load
from oncall.directory import Directory
from oncall.engine import Engine
from oncall.incident import EntryKind, Via
from oncall.person import Person, Role
from oncall.services import escalation
from oncall.services.delivery import delivery
from oncall.services.intake import intake
from oncall.services.people import access
from oncall.services.people.rights import Caller
from oncall.services.views.incident_view import TimelineItem
from oncall.store import incidents as incident_rows
from oncall.store import rotations
from oncall.store.rotations import StoredSegment
from oncall.store.schema import metadata
from oncall.web.app import create_app
from tests.read_here import ReadHere

COMPANY = Path(__file__).resolve().parents[3] / "examples" / "company"
KEY = "demo-key-for-trying-out"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class StandingClock:
    """Moves only when told."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, length: timedelta) -> None:
        self._now += length

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await event.wait()


@pytest.fixture(scope="session")
def company() -> Directory:
    """The example company, and Vic, who may only look."""
    directory = load(COMPANY, {}).directory
    assert directory is not None
    vic = Person(id="vic", name="Vic Stone", email="vic@shop.example", role=Role.VIEWER)
    return replace(directory, people={**directory.people, "vic": vic})


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(START)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, max_body=200_000)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table and no row, made once and copied for each test."""
    path = tmp_path_factory.mktemp("database") / "oncall.db"
    made = sa.create_engine(f"sqlite:///{path}")
    metadata.create_all(made)
    made.dispose()
    return path


@pytest.fixture
async def engine(
    company: Directory, settings: Settings, clock: StandingClock, empty_database: Path
) -> AsyncIterator[Engine]:
    shutil.copy(empty_database, settings.data_dir / "oncall.db")
    engine = wiring.open_engine(company, settings, clock, config_dir=COMPANY)
    engine.calendars = ReadHere()
    engine.inbox.start()
    yield engine
    await wiring.close(engine)


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[TestClient]:
    """A browser or program that nobody has signed in."""
    async with TestClient(TestServer(create_app(engine))) as client:
        yield client


@pytest.fixture
async def aiohttp_client_of() -> AsyncIterator[Callable[[web.Application], Awaitable[TestClient]]]:
    """A client of an application made for one test."""
    opened: list[TestClient] = []

    async def of(app: web.Application) -> TestClient:
        client = TestClient(TestServer(app))
        await client.start_server()
        opened.append(client)
        return client

    yield of
    for client in opened:
        await client.close()


@dataclass
class Browser:
    """Somebody's browser: keeps cookies, reads the token of the last form."""

    client: TestClient

    async def get(self, path: str) -> ClientResponse:
        return await self.client.get(path, allow_redirects=False, headers={"Accept": "text/html"})

    async def text(self, path: str) -> str:
        response = await self.get(path)
        body = await response.text()
        assert response.status == 200, f"{path}: {response.status} {body[:500]}"
        return body

    async def send(self, path: str, on: str, **fields: str | list[str]) -> ClientResponse:
        """Fill a form found on the view `on` and send it to `path`."""
        found = re.search(r'name="form_token" value="([^"]+)"', await self.text(on))
        assert found, f"no form on {on}"
        data = [("form_token", found[1])]
        for name, value in fields.items():
            data += [(name, one) for one in (value if isinstance(value, list) else [value])]
        return await self.client.post(path, data=data, allow_redirects=False, headers={"Accept": "text/html"})


SignIn = Callable[[str], Awaitable[Browser]]


@pytest.fixture
async def sign_in(engine: Engine) -> AsyncIterator[SignIn]:
    """Sign somebody in through the real link and form; gives their browser."""
    open_clients: list[TestClient] = []

    async def enter(person: str) -> Browser:
        client = TestClient(TestServer(create_app(engine)))
        await client.start_server()
        open_clients.append(client)
        browser = Browser(client)
        link = await access.create_sign_in_link(engine, person)
        path = link.removeprefix(engine.settings.address)
        response = await browser.send(path, on=path)
        assert response.status == 303
        return browser

    yield enter
    for client in open_clients:
        await client.close()


@pytest.fixture
async def caller(engine: Engine) -> Callable[[str], Caller]:
    """A person as the services see them."""

    def of(person: str) -> Caller:
        known = engine.directory.people[person]
        teams = tuple(team.id for team in engine.directory.teams_of(person))
        return Caller(person=known.id, name=known.name, role=known.role, teams=teams, timezone=known.timezone)

    return of


@pytest.fixture
async def token(engine: Engine, caller: Callable[[str], Caller]) -> Callable[..., Awaitable[Secret]]:
    """A person's API token."""

    async def of(person: str, scope: Role | None = None) -> Secret:
        known = caller(person)
        return await access.create_token(engine, known, access.NewToken(name="test", scope=scope or known.role))

    return of


class Company:
    """What happens at the company: alerts come in, people are on call, the engine does what is due."""

    def __init__(self, engine: Engine, clock: StandingClock) -> None:
        self.engine = engine
        self.clock = clock

    async def on_call(self, schedule: str, *people: str, hours: int = 24) -> None:
        """These people have this rotation ("team/schedule") from an hour ago on."""
        now = self.clock.now()
        pairs = tuple((person, "") for person in people)
        span = (now - timedelta(hours=1), now + timedelta(hours=hours))
        segment = StoredSegment(schedule=schedule, starts_at=span[0], ends_at=span[1], on_call=pairs)
        async with self.engine.database.write() as tx:
            await rotations.replace_segments(tx, schedule, [segment])

    async def receive(self, *alerts: dict[str, Any], group: str = "g") -> int:
        """An Alertmanager posts these alerts; the newest incident's number."""
        body = {"version": "4", "groupKey": group, "receiver": "oncall", "status": "firing", "alerts": list(alerts)}
        (integration,) = self.engine.directory.integrations
        await intake.accept(self.engine, integration, json.dumps(body).encode())
        await self.settle()
        async with self.engine.database.read() as tx:
            return (await incident_rows.listed(tx, limit=1))[0].id

    async def settle(self) -> None:
        """Do everything that is due now."""
        for _ in range(20):
            done = await intake.process_due(self.engine)
            done += await escalation.advance_due(self.engine)
            sending = await delivery.send_due(self.engine)
            await asyncio.gather(*sending)
            if not done and not sending:
                return
        raise AssertionError("the engine does not come to rest")


def timeline_item(number: int, kind: EntryKind, text: str = "", **changes: Any) -> TimelineItem:
    """A line of a timeline as a view has it."""
    given = {"readable": text, "marks": (), "team": "", "team_name": "", "about": "", "edited": False}
    return TimelineItem(id=number, at=START, kind=kind, text=text, by="oncall", via=Via.ENGINE, **{**given, **changes})


def firing(name: str = "CheckoutDown", **labels: str) -> dict[str, Any]:
    """One firing alert of the payments team's service."""
    labels = {"alertname": name, "severity": "critical", "team": "payments", "service": "checkout"} | labels
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": f"{name} on checkout", "runbook_url": "https://wiki.shop.example/checkout"},
        "startsAt": "2026-01-05T08:59:00Z",
        "generatorURL": "https://prometheus.shop.example/graph?g0.expr=up",
    }


@pytest.fixture
async def happens(engine: Engine, clock: StandingClock) -> Company:
    company = Company(engine, clock)
    await company.on_call("payments/primary", "ana")
    await company.on_call("payments/secondary", "ben")
    return company
