"""A small organisation with one calendar file, an engine on it, and what it told whom."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from oncall import wiring
from oncall.config import Secret, Settings
from oncall.directory import Defaults, Directory, Schedule, ScheduleSource, Team
from oncall.engine import Engine
from oncall.person import ContactMethod, Person
from oncall.services.rotations import calendars as rotations
from oncall.store.schema import page
from routing.catalog import Catalog
from routing.escalation import Policy, RotationTarget, Step
from tests.read_here import ReadHere

#: A Monday.
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


class Clock:
    """Moves only when told."""

    def __init__(self) -> None:
        self._now = START

    def now(self) -> datetime:
        return self._now

    def move(self, **length: float) -> None:
        self._now += timedelta(**length)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await event.wait()


def person(name: str, **more) -> Person:
    method = ContactMethod(channel="phone", address=name)
    return Person(id=name, name=name.title(), methods=(method,), timezone="Europe/Berlin", **more)


def directory(location: str, **source) -> Directory:
    rota = Schedule(name="primary", sources=(ScheduleSource(location=location, **source),))
    steps = (Step(targets=(RotationTarget(team="ops", schedule="primary"),), wait=timedelta(minutes=5)),)
    ops = Team(
        id="ops",
        name="Operations",
        members=("ana", "ben", "cai"),
        timezone="Europe/Berlin",
        schedules={"primary": rota},
        policy=Policy(name="ops", steps=steps),
    )
    return Directory(
        people={name: person(name) for name in ("ana", "ben", "cai")},
        teams={"ops": ops},
        catalog=Catalog.of(),
        integrations=(),
        defaults=Defaults(fallback_team="ops"),
    )


def weeks(*names: str, since: datetime = START, repeat: int = 3) -> list[tuple[datetime, datetime, str]]:
    """One week each, in turn."""
    turns = names * repeat
    return [(since + index * WEEK, since + (index + 1) * WEEK, name) for index, name in enumerate(turns)]


def ics(shifts: list[tuple[datetime, datetime, str]]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for index, (start, end, name) in enumerate(shifts):
        lines += ["BEGIN:VEVENT", f"UID:shift-{index}", f"DTSTART:{start:%Y%m%dT%H%M%SZ}"]
        lines += [f"DTEND:{end:%Y%m%dT%H%M%SZ}", f"SUMMARY:{name}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


class World:
    """One engine and its calendar."""

    def __init__(self, engine: Engine, clock: Clock, calendar: Path) -> None:
        self.engine = engine
        self.clock = clock
        self.calendar = calendar

    @property
    def team(self) -> Team:
        return self.engine.directory.teams["ops"]

    @property
    def schedule(self) -> Schedule:
        return self.team.schedules["primary"]

    def write(self, shifts) -> None:
        self.calendar.write_bytes(ics(shifts))

    async def refresh(self, **more) -> bool:
        return await rotations.refresh_schedule(self.engine, self.team, self.schedule, **more)

    async def told(self) -> dict[str, list[str]]:
        """Everything told so far that belongs to no incident, by person, then forgotten."""
        async with self.engine.database.write() as tx:
            rows = (await tx.execute(sa.select(page).where(page.c.incident_id.is_(None)).order_by(page.c.id))).all()
            await tx.execute(sa.delete(page).where(page.c.incident_id.is_(None)))
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row.person, []).append(row.text)
        return found


@asynccontextmanager
async def world(database_url: str, folder: Path, location: str | None = None, **source) -> AsyncIterator[World]:
    """An engine that has not yet looked at its calendar."""
    calendar = folder / "rota.ics"
    clock = Clock()
    loopback = (ipaddress.ip_network("127.0.0.0/8"),)
    settings = Settings(data_dir=folder, database_url=Secret(database_url), calendar_networks=loopback)
    engine = wiring.open_engine(directory(location or str(calendar), **source), settings, clock, config_dir=folder)
    engine.calendars = ReadHere()
    try:
        yield World(engine, clock, calendar)
    finally:
        await wiring.close(engine)
