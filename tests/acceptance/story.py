"""Stories on a simulated clock: real services, a real database and Alertmanager's real door; only time is made up.

    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice", within="30s")

The clock jumps from one due instant to the next. Whatever the engine sends must be expected: a story that ends with
a message nobody asked for has failed, and after every jump the invariants are checked.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer

from notifiers.channels import BY_NAME
from oncall import wiring
from oncall.config import Secret, Settings, load
from oncall.engine import Engine
from oncall.incident import Incident
from oncall.jobs import periodic
from oncall.services import escalation
from oncall.services.answers import replies
from oncall.services.answers.replies import Incoming
from oncall.services.delivery import delivery
from oncall.services.intake import intake
from oncall.services.rotations import calendars as rotations
from oncall.store import incidents, pages, phone
from oncall.store.phone import PhoneMessage
from oncall.store.schema import phone_message
from oncall.web.app import create_app
from schedules.frames import Request
from schedules.shift import Reading
from schedules.worker import answer
from tests.acceptance import invariants
from tests.acceptance.providers import Provider
from tests.read_here import BOUND

COMPANY = Path(__file__).parent / "company"
DAY = datetime(2026, 11, 20, tzinfo=UTC)
KEYS = {"production": "a-key-for-production", "staging": "a-key-for-staging"}
#: How texts begin that are about shifts and calendars, not about incidents; they are kept apart.
ABOUT_ROTATIONS = ("On-call rotation", "Your on-call shifts", "Your shift for")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_read_before: dict[bytes, Reading] = {}


def length(text: str) -> timedelta:
    """ "90s", "5m", "1h" as a length."""
    return timedelta(**{_UNITS[text[-1]]: float(text[:-1])})


class SimulatedClock:
    """Stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        assert instant >= self._now, f"{instant} is before {self._now}"
        self._now = instant

    def set_to(self, instant: datetime) -> None:
        """Somebody sets the clock, forward or back."""
        self._now = instant

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await event.wait()


class Calendars:
    """The code of the calendar worker in this process, and each calendar read once."""

    async def read(self, request: Request) -> Reading:
        if request.body not in _read_before:
            wide = msgspec.structs.replace(request, begin=DAY - timedelta(days=60), end=DAY + timedelta(days=430))
            _read_before[request.body] = answer(wide, series_seconds=BOUND)
        return _read_before[request.body]

    async def close(self) -> None:
        pass


@dataclass
class Story:
    """One engine's day."""

    url: str
    data: Callable[[], Path]
    company: Path = COMPANY
    clock: SimulatedClock = field(default_factory=lambda: SimulatedClock(DAY + timedelta(hours=8, minutes=50)))
    #: How far the clock jumps at most before the periodic jobs run.
    stride: timedelta = timedelta(minutes=15)
    #: The periodic jobs that run when their time has come; stories about calendars add "calendars".
    jobs: set[str] = field(default_factory=lambda: {"stale alerts", "heartbeats"})
    #: Whether the invariants are checked after every jump; large stories check at their end.
    checking: bool = True
    sms: Provider = field(default_factory=lambda: Provider("sms"))
    voice: Provider = field(default_factory=lambda: Provider("voice"))
    #: Texts about shifts and calendars.
    news: list[str] = field(default_factory=list)
    _engine: Engine | None = None
    _client: TestClient | None = None
    _seen: int = 0
    _unexpected: list[PhoneMessage] = field(default_factory=list)
    _numbers: int = 0
    _ran: dict[str, datetime] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        assert self._engine is not None
        return self._engine

    # -- the engine's life --------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Start the engine."""
        loaded = load(self.company, {})
        assert loaded.directory is not None, [str(p) for p in loaded.problems]
        settings = Settings(database_url=Secret(self.url), data_dir=Path("/nonexistent"))
        engine = wiring.open_engine(loaded.directory, settings, self.clock, config_dir=self.company)
        await engine.calendars.close()
        engine.calendars = Calendars()  # type: ignore[assignment] - the same code without a process of its own
        fakes = {"sms": self.sms, "voice": self.voice}
        engine.notifiers = {**engine.notifiers, **fakes}
        engine.channels = {**engine.channels, **{name: BY_NAME[name] for name in fakes}}
        engine.inbox.start()
        self._engine = engine
        await rotations.refresh(engine)
        self._client = TestClient(TestServer(create_app(engine)))
        await self._client.start_server()

    async def end(self) -> None:
        """Stop the engine; everything it sent must have been expected."""
        await self._stop()
        assert not self._unexpected, "nobody expected:\n" + "\n".join(map(_shown, self._unexpected))

    async def restart(self) -> None:
        """Stop and start again on the same database."""
        await self._stop()
        await self.begin()

    async def _stop(self) -> None:
        if self._client is not None:
            await self._client.close()
        if self._engine is not None:
            await wiring.close(self._engine)
        self._client = self._engine = None

    # -- what happens -------------------------------------------------------------------------------------------

    def at(self, time: str) -> Moment:
        """A time of day, "09:00" or "09:00:30", or one of a later day, "+1d 09:00"."""
        days, _, clock_time = time.rpartition(" ")
        parts = [int(part) for part in clock_time.split(":")]
        instant = DAY + timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2] if len(parts) > 2 else 0)
        return Moment(self, instant + (length(days.lstrip("+")) if days else timedelta(0)))

    async def receive(
        self, body: str | bytes | dict[str, Any], *, integration: str = "production", expect: int = 202
    ) -> Self:
        """Alertmanager posts: the name of a recorded body, or a body. What follows from it happens."""
        await self.post(body, integration=integration, expect=expect)
        await self.settle()
        return self

    async def post(
        self, body: str | bytes | dict[str, Any], *, integration: str = "production", expect: int = 202
    ) -> None:
        """Alertmanager posts, and the engine dies or sleeps before anything follows from it."""
        if isinstance(body, str):
            body = (self.data() / "alertmanager" / body).read_bytes()
        elif isinstance(body, dict):
            body = json.dumps(body).encode()
        assert self._client is not None
        response = await self._client.post(
            f"/api/v1/alertmanager/{KEYS[integration]}", data=body, headers={"Content-Type": "application/json"}
        )
        assert response.status == expect, f"{response.status}: {await response.text()}"

    async def reply(self, person: str, text: str) -> str:
        """Somebody answers a text; what they are answered."""
        return await self._answer(Incoming(id=self._number(), channel="phone", address=person, text=text))

    async def press(self, person: str, digits: str, incident: int) -> str:
        """Somebody presses keys in a call about an incident; what they hear."""
        return await self._answer(
            Incoming(id=self._number(), channel="phone_call", address=person, digits=digits, incident=incident)
        )

    async def _answer(self, incoming: Incoming) -> str:
        said = await replies.handle(self.engine, incoming)
        await self.settle()
        return said

    def _number(self) -> str:
        self._numbers += 1
        return f"reply {self._numbers}"

    # -- what must follow ---------------------------------------------------------------------------------------

    async def expect_text(self, person: str, *, within: str = "2s", saying: str = "") -> PhoneMessage:
        """Somebody's phone shows a text."""
        return await self._expect("text", person, within, saying)

    async def expect_call(self, person: str, *, within: str = "2s", saying: str = "") -> PhoneMessage:
        """Somebody's phone rings."""
        return await self._expect("call", person, within, saying)

    async def expect_quiet(self, *, lasting: str) -> None:
        """No phone shows or rings anything for that long."""
        await self.run_until(self.clock.now() + length(lasting))
        assert not self._unexpected, "nobody expected:\n" + "\n".join(map(_shown, self._unexpected))

    def forget_messages(self, kind: str = "", person: str = "") -> list[str]:
        """What phones showed and no line of the story asked for; a test that is about something else may not care."""
        chosen = [m for m in self._unexpected if kind in {"", m.kind} and person in {"", m.person}]
        self._unexpected = [m for m in self._unexpected if m not in chosen]
        return [message.text for message in chosen]

    async def _expect(self, kind: str, person: str, within: str, saying: str) -> PhoneMessage:
        deadline = self.clock.now() + length(within)
        await self.settle()
        while True:
            for message in self._unexpected:
                if (message.kind, message.person) == (kind, person) and re.search(saying, message.text):
                    self._unexpected.remove(message)
                    return message
            if not await self._jump(deadline):
                break
        there = "\n".join(map(_shown, self._unexpected)) or "nothing"
        raise AssertionError(f"no {kind} to {person} saying {saying!r} by {deadline:%H:%M:%S}; there was\n{there}")

    # -- how things stand ---------------------------------------------------------------------------------------

    async def incidents(self, status: str = "") -> list[Incident]:
        """Incidents, oldest first."""
        async with self.engine.database.read() as tx:
            return list(reversed(await incidents.listed(tx, status=status, limit=1000)))

    async def incident(self) -> Incident:
        """The only incident."""
        (only,) = await self.incidents()
        return only

    async def timeline(self, number: int) -> list[str]:
        """An incident's timeline as "kind: text" lines."""
        async with self.engine.database.read() as tx:
            return [f"{e.kind}: {e.text}" for _, e in await incidents.entries(tx, number, limit=5000)]

    async def pages_of(self, number: int) -> list[pages.Page]:
        """An incident's pages in the order they were planned."""
        async with self.engine.database.read() as tx:
            return await pages.of_incident(tx, number)

    # -- time ---------------------------------------------------------------------------------------------------

    async def run_until(self, instant: datetime) -> None:
        """Let everything happen that is due by then."""
        await self.settle()
        while await self._jump(instant):
            pass

    async def _jump(self, limit: datetime) -> bool:
        """Go to the next due instant, or the limit; False if the clock stands there already."""
        now = self.clock.now()
        if now >= limit:
            return False
        async with self.engine.database.read() as tx:
            due = [await incidents.next_due(tx), await pages.next_due(tx)]
        self.clock.move_to(max(now, min([limit, now + self.stride, *(instant for instant in due if instant)])))
        for job in periodic.JOBS:
            if job.name in self.jobs and self.clock.now() - self._ran.get(job.name, DAY) >= job.every:
                self._ran[job.name] = self.clock.now()
                await periodic.run(self.engine, job)
        await self.settle()
        return True

    async def settle(self) -> None:
        """Let the engine work until nothing is left to do at this instant."""
        while True:
            busy = await intake.process_due(self.engine)
            busy += await escalation.advance_due(self.engine)
            sending = await delivery.send_due(self.engine)
            await asyncio.gather(*sending)
            if not busy and not sending:
                break
        if self.checking:
            await invariants.check(self.engine.database, self.clock.now())
        arrived: list[PhoneMessage] = []
        async with self.engine.database.read() as tx:
            rung = sa.select(phone_message.c.person).where(phone_message.c.id > self._seen).distinct()
            for person in (await tx.execute(rung)).scalars().all():
                new = await phone.of_person(tx, person, after=self._seen, limit=10_000)
                arrived += [message for message in new if not message.inbound]
        arrived.sort(key=lambda message: message.id)
        self.news += [m.text for m in arrived if m.text.startswith(ABOUT_ROTATIONS)]
        self._unexpected += [m for m in arrived if not m.text.startswith(ABOUT_ROTATIONS)]
        self._seen = max([self._seen, *(message.id for message in arrived)])


@dataclass(frozen=True)
class Moment:
    """What happens when the clock has come to an instant."""

    story: Story
    instant: datetime

    async def receive(self, body: str | bytes | dict[str, Any], **how: Any) -> None:
        await self.story.run_until(self.instant)
        await self.story.receive(body, **how)

    async def reply(self, person: str, text: str) -> str:
        await self.story.run_until(self.instant)
        return await self.story.reply(person, text)

    async def press(self, person: str, digits: str, incident: int) -> str:
        await self.story.run_until(self.instant)
        return await self.story.press(person, digits, incident)


def alert(name: str, *, status: str = "firing", starts: str = "08:50", **labels: str) -> dict[str, Any]:
    """One alert as Alertmanager writes it; critical unless the labels say otherwise."""
    labels = {"alertname": name, "severity": "critical", **labels}
    starts_at = f"2026-11-20T{starts}:00Z"
    return {
        "status": status,
        "labels": labels,
        "annotations": {"summary": f"{name} at {labels.get('service', 'nowhere')}"},
        "startsAt": starts_at,
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-20T08:51:00Z",
        "generatorURL": "https://prometheus.example.com/graph",
        "fingerprint": hashlib.blake2b(repr(sorted(labels.items())).encode(), digest_size=8).hexdigest(),
    }


def body(*alerts: dict[str, Any], group: str = "", truncated: int = 0) -> dict[str, Any]:
    """A version 4 webhook with these alerts."""
    firing = any(a["status"] == "firing" for a in alerts)
    name = alerts[0]["labels"]["alertname"]
    return {
        "version": "4",
        "groupKey": group or f'{{}}:{{alertname="{name}"}}',
        "truncatedAlerts": truncated,
        "status": "firing" if firing else "resolved",
        "receiver": "oncall",
        "groupLabels": {"alertname": name},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com",
        "alerts": list(alerts),
    }


def _shown(message: PhoneMessage) -> str:
    return f"{message.at:%H:%M:%S} {message.kind} to {message.person}: {message.text}"
