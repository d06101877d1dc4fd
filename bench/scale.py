"""One hundredth of 10,000 teams, 100,000 services and 100 million reports a day, and what a hundred times as much costs.

100 teams, 1,000 services, the rate of a million reports a day on a simulated clock: every body is one group of a
service with 18 repeats, one new alert and one that ends; one new alert in ten pages. Processor seconds and bytes are
measured, time is not.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
import uvloop

from bench import bodies, company, processes
from notifiers.channels import BY_NAME
from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from oncall import wiring
from oncall.config import load
from oncall.config.settings import LogFormat, LogLevel
from oncall.engine import Engine
from oncall.logging import configure
from oncall.services import escalation
from oncall.services.delivery import delivery
from oncall.services.intake import intake
from oncall.services.rotations import calendars
from oncall.store import migrations
from oncall.store.schema import inbox, page

TEAMS, SERVICES, REPORTS_A_DAY = 100, 1000, 1_000_000
A_BODY = 20
BODIES_A_MINUTE = round(REPORTS_A_DAY / A_BODY / 1440)
MINUTES = int(os.environ.get("SCALE_MINUTES", "60"))
ONE_IN = 10
TIMES = 100
DAY = 86_400


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def wait(self, event: asyncio.Event, _seconds: float) -> None:
        await event.wait()


class Carrier:
    """A provider that takes everything at once."""

    channel, two_way, timeout = "sms", True, 5.0

    async def send(self, _address: str, _message: Message) -> Outcome:
        return Outcome(kind=OutcomeKind.ACCEPTED)

    async def close(self) -> None:
        pass


@dataclass
class Groups:
    """What every service's alerts do."""

    clock: Clock
    firing: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    _made: int = 0

    def fill(self, service: int) -> bytes:
        self.firing[service] = [self._new(service) for _ in range(A_BODY - 1)]
        return self._body(service, self.firing[service])

    def change(self, service: int) -> bytes:
        over, *rest = self.firing[service]
        self.firing[service] = [*rest, self._new(service)]
        ended = {**over, "status": "resolved", "endsAt": f"{self.clock.time:%Y-%m-%dT%H:%M:%SZ}"}
        return self._body(service, [*self.firing[service], ended])

    def _new(self, service: int) -> dict[str, Any]:
        self._made += 1
        severity = "critical" if self._made % ONE_IN == 0 else "warning"
        one = bodies.alert(self._made % 100, "scale", service=f"svc-{service}", severity=severity)
        text = msgspec.json.encode(one).replace(bodies.PLACE, b"%08d" % self._made)
        return {**msgspec.json.decode(text), "startsAt": f"{self.clock.time:%Y-%m-%dT%H:%M:%SZ}"}

    def _body(self, service: int, alerts: list[dict[str, Any]]) -> bytes:
        return bodies.webhook(alerts, f"svc-{service}").replace(bodies.PLACE, b"steady")


@dataclass
class Cost:
    """Processor seconds by stage, and what was done."""

    seconds: dict[str, float] = field(default_factory=dict)
    bodies: int = 0

    async def of(self, stage: str, work: Any) -> Any:
        began = time.process_time()
        result = await work
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - began
        return result


def main() -> None:
    """Print what one report costs, and what follows for a hundred times as many."""
    configure(LogLevel.ERROR, LogFormat.TEXT)
    with processes.folder() as home:
        uvloop.run(measure(home))


async def measure(home: Path) -> None:
    clock = Clock()
    config = company.write(home / "config", teams=TEAMS, services=SERVICES)
    loaded = load(config, {"ONCALL_DATA_DIR": str(home)})
    assert loaded.directory is not None, loaded.problems
    engine = wiring.open_engine(loaded.directory, loaded.settings, clock, config_dir=config)
    engine.notifiers, engine.channels = {"sms": Carrier()}, {"sms": BY_NAME["sms"]}
    try:
        await migrations.upgrade(engine.database)
        await calendars.refresh(engine)
        engine.inbox.start()
        groups = Groups(clock)
        # At the beginning every service has its alerts, as on any day.
        for first in range(0, SERVICES, 50):
            await minute(engine, [groups.fill(service) for service in range(first, first + 50)], Cost())
        before, cost = await sizes(engine), Cost()
        for number in range(MINUTES):
            clock.time += timedelta(minutes=1)
            turn = range(number * BODIES_A_MINUTE, (number + 1) * BODIES_A_MINUTE)
            await minute(engine, [groups.change(service % SERVICES) for service in turn], cost)
        report(cost, before, await sizes(engine))
    finally:
        await wiring.close(engine)


async def minute(engine: Engine, posted: list[bytes], cost: Cost) -> None:
    integration = engine.organisation.integrations_by_name["production"]
    cost.bodies += len(posted)
    await cost.of("taken in", asyncio.gather(*(intake.accept(engine, integration, body) for body in posted)))
    while await cost.of("worked off", intake.process_due(engine)):
        pass
    while await cost.of("steps", escalation.advance_due(engine)):
        pass
    while begun := await cost.of("pages", delivery.send_due(engine)):
        await cost.of("pages", asyncio.gather(*begun))


async def sizes(engine: Engine) -> dict[str, int]:
    async with engine.database.read() as tx:
        pages = int((await tx.execute(sa.text("pragma page_count"))).scalar_one())
        each = int((await tx.execute(sa.text("pragma page_size"))).scalar_one())
        kept = int((await tx.execute(sa.select(sa.func.sum(sa.func.length(inbox.c.body))))).scalar_one())
        sent = int((await tx.execute(sa.select(sa.func.count()).select_from(page))).scalar_one())
    return {"file": pages * each, "bodies": kept, "pages": sent}


def report(cost: Cost, before: dict[str, int], after: dict[str, int]) -> None:
    reports, new = cost.bodies * A_BODY, cost.bodies
    grown = {name: after[name] - before[name] for name in after}
    history = grown["file"] - grown["bodies"]
    print(f"{reports:,} reports in {cost.bodies:,} bodies, {new:,} of them new alerts, {grown['pages']:,} pages")
    for stage, seconds in cost.seconds.items():
        print(f"  {stage:12} {seconds / reports * 1e3:7.4f} ms a report, {seconds / cost.bodies * 1e3:7.2f} ms a body")
    spent = sum(cost.seconds.values())
    print(f"  {'sum':12} {spent / reports * 1e3:7.4f} ms a report")
    print(
        f"  disk: {grown['bodies'] / cost.bodies / 1e3:.1f} kB a body kept, {history / new / 1e3:.1f} kB of history a new alert"
    )
    a_day = REPORTS_A_DAY * TIMES
    cores = spent / reports * a_day / DAY
    inbox_only = cost.seconds["worked off"] / reports * a_day / DAY
    print(f"times {TIMES}, {a_day / 1e6:.0f} million reports a day ({a_day / DAY:,.0f} a second on average):")
    print(
        f"  {cores:.2f} processor seconds a second, {inbox_only:.2f} of them in the one process that works the inbox off"
    )
    print(f"  {cores * 5:.1f} and {inbox_only * 5:.1f} at a peak of five times the average")
    print(f"  bodies kept 7 days: {grown['bodies'] / reports * a_day * 7 / 1e9:,.0f} GB")
    print(
        f"  history kept 400 days: {history / reports * a_day * 400 / 1e12:.1f} TB, 90 days: {history / reports * a_day * 90 / 1e12:.1f} TB"
    )
