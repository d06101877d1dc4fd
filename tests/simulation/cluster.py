"""A cluster on one database, an Alertmanager that retries, people who answer, calendars that change, one clock for all."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from notifiers.channels import BY_NAME
from oncall import wiring
from oncall.config import Loaded, Secret, Settings
from oncall.engine import Engine
from oncall.errors import Unavailable
from oncall.jobs import periodic
from oncall.services import delivery, escalation, intake, replies
from oncall.services.replies import Incoming
from oncall.services.rotations import calendars as rotations
from oncall.services.rotations.views import all_schedules
from oncall.store import incidents, pages
from oncall.store.inbox_writer import InboxWriter
from oncall.store.schema import delivery as delivery_rows
from oncall.store.schema import inbox, page, timeline
from tests.acceptance import story
from tests.acceptance.story import DAY, SimulatedClock
from tests.simulation.calendar_files import CalendarFiles
from tests.simulation.faults import Died, Faults, FaultyDatabase, Harm, Outside, Phone

GROUPS = ("ledger", "postgres", "finder")
CHANNELS = ("phone", "phone_call", "sms", "voice")
STAGES = ("intake", "escalation", "delivery")
#: How often Alertmanager sends a group again in which nothing changed, and how far the clock jumps at most.
REPEAT = timedelta(minutes=90)
#: How often the periodic jobs run while nothing else happens: time is simulated, work is not.
JOBS_EVERY = timedelta(minutes=10)

STATE = sa.union_all(
    *(sa.select(sa.literal(t.name), sa.func.count(), sa.literal("")).select_from(t) for t in (timeline, delivery_rows)),
    sa.select(sa.literal("inbox"), sa.func.count(), sa.literal("")).where(inbox.c.processed_at.is_(None)),
    sa.select(page.c.status, sa.func.count(), sa.cast(sa.func.max(page.c.due_at), sa.Text)).group_by(page.c.status),
)


@dataclass
class Node:
    """One engine and its fate."""

    engine: Engine
    faults: Faults


@dataclass
class Sender:
    """One group of one Alertmanager: what its alerts do, and the body that was not taken yet."""

    name: str
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: bytes | None = None
    #: What the last body that was answered with 2xx said of each alert.
    accepted: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """What is flushed now; resolved alerts are sent once and then forgotten."""
        return json.dumps(story.body(*self.alerts.values(), group=self.name)).encode()

    def taken(self, body: bytes) -> None:
        for one in json.loads(body)["alerts"]:
            self.accepted[one["fingerprint"]] = one["status"]


@dataclass
class Cluster:
    """Two nodes and the world around them."""

    url: str
    loaded: Loaded
    calendars: CalendarFiles
    clock: SimulatedClock = field(default_factory=lambda: SimulatedClock(DAY + timedelta(hours=9)))
    outside: Outside = field(default_factory=Outside)
    senders: dict[str, Sender] = field(default_factory=lambda: {name: Sender(name) for name in GROUPS})
    nodes: list[Node] = field(default_factory=list)
    deaths: int = 0
    failures: int = 0
    #: Simulated time that went by.
    lived: timedelta = timedelta(0)
    #: Everybody who ever answered.
    spoke: set[str] = field(default_factory=set)
    _replies: int = 0
    _ran: dict[str, datetime] = field(default_factory=dict)
    _repeated_at: datetime = DAY
    _jobs_at: datetime = DAY
    _turns: int = 0

    # -- nodes --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        self.calendars.restore()
        self.nodes = [self._node() for _ in range(2)]

    def _node(self) -> Node:
        assert self.loaded.directory is not None
        faults = Faults()
        settings = Settings(database_url=Secret(self.url), data_dir=Path("/nonexistent"))
        engine = wiring.open_engine(self.loaded.directory, settings, self.clock, config_dir=story.COMPANY)
        engine.database = FaultyDatabase(self.url, faults)
        engine.inbox = InboxWriter(engine.database)
        engine.calendars = story.Calendars()  # type: ignore[assignment] - the same code without a process of its own
        engine.notifiers = {name: Phone(name, self.outside, faults, self.clock) for name in CHANNELS}
        engine.channels = {name: BY_NAME[name] for name in CHANNELS}
        return Node(engine, faults)

    async def close(self) -> None:
        for node in self.nodes:
            await self._bury(node)

    async def _bury(self, node: Node) -> None:
        if node.engine.inbox._task is not None:
            node.engine.inbox._task.cancel()
            await asyncio.gather(node.engine.inbox._task, return_exceptions=True)
        await node.engine.http.close()
        await node.engine.guarded_http.close()
        await node.engine.database.close()

    async def _live(
        self, number: int, work: Callable[[Node], Coroutine[Any, Any, None]], harm: Harm | None, after: int
    ) -> bool:
        """Let a node do something; True if it was done. A node that dies is replaced by a new one."""
        node = self.nodes[number % len(self.nodes)]
        node.faults.arm(harm, after)
        try:
            await (_dies_at_await(work(node), after) if harm is Harm.AWAIT else work(node))
        except Died:
            self.deaths += 1
            await self._bury(node)
            self.nodes[number % len(self.nodes)] = self._node()
            return False
        except (SQLAlchemyError, OSError, TimeoutError, Unavailable):
            # What the loop and the door do: count, and come again.
            self.failures += 1
            return False
        finally:
            node.faults.arm(None, 0)
        return True

    # -- what may happen ----------------------------------------------------------------------------------------

    def change(self, group: str, number: int, service: str = "") -> None:
        """An alert of a group begins, or ends."""
        sender = self.senders[group]
        now = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        fresh = story.alert(f"{group}-{number % 2}", service=service or group, pod=str(number))
        known = sender.alerts.get(fresh["fingerprint"])
        if known is None or known["status"] == "resolved":
            sender.alerts[fresh["fingerprint"]] = {**fresh, "startsAt": now}
        else:
            sender.alerts[fresh["fingerprint"]] = {**known, "status": "resolved", "endsAt": now}

    async def storm(self, troubles: int, number: int) -> None:
        """Many groups begin at once, and every node takes some of them in."""
        for trouble in range(troubles):
            name = f"storm {trouble % 40}"
            self.senders.setdefault(name, Sender(name))
            service = GROUPS[trouble % len(GROUPS)]
            self.change(name, trouble // 40, service)
            await self.flush(name, number + trouble)

    async def flush(
        self, group: str, number: int, harm: Harm | None = None, after: int = 0, *, anew: bool = False
    ) -> bool:
        """Alertmanager posts a group to a node: the same bytes as before until they are taken, or a new body."""
        sender = self.senders[group]
        if not sender.alerts:
            return True
        body = sender.body() if anew or sender.waiting is None else sender.waiting
        sender.waiting = body
        taken = await self._live(number, lambda node: self._post(node, body), harm, after)
        if taken:
            sender.waiting = None
            sender.taken(body)
        return taken

    async def _post(self, node: Node, body: bytes) -> None:
        if node.engine.inbox._task is None:
            node.engine.inbox.start()
        writer = node.engine.inbox._task
        assert writer is not None
        integration = node.engine.organisation.integrations_by_name["production"]
        request = asyncio.create_task(intake.accept(node.engine, integration, body))
        await asyncio.wait({request, writer}, return_when=asyncio.FIRST_COMPLETED)
        if not request.done():
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)
            writer.result()
        await request

    async def work(self, stage: str, number: int, harm: Harm | None = None, after: int = 0) -> bool:
        """One round of a stage on a node."""
        stages: dict[str, Callable[[Node], Coroutine[Any, Any, None]]] = {
            "intake": self._intake,
            "escalation": self._escalation,
            "delivery": self._delivery,
            "jobs": self._jobs,
            "calendars": self._calendars,
        }
        return await self._live(number, stages[stage], harm, after)

    async def _intake(self, node: Node) -> None:
        await intake.process_due(node.engine)

    async def _escalation(self, node: Node) -> None:
        await escalation.advance_due(node.engine)

    async def _delivery(self, node: Node) -> None:
        results = await asyncio.gather(*await delivery.send_due(node.engine), return_exceptions=True)
        for result in sorted((r for r in results if r is not None), key=lambda r: not isinstance(r, Died)):
            raise result

    async def _jobs(self, node: Node) -> None:
        """What is due of the periodic jobs; calendars have a stage of their own."""
        for job in periodic.JOBS:
            if job.name != "calendars" and self.now() - self._ran.get(job.name, DAY) >= job.every:
                self._ran[job.name] = self.now()
                await periodic.run(node.engine, job)

    async def _calendars(self, node: Node) -> None:
        """One after the other, so that a history can be told again; the real job has eight at once."""
        for team, schedule in all_schedules(node.engine):
            await rotations.refresh_schedule(node.engine, team, schedule)
        self.calendars.was_read()

    async def say(self, person: str, text: str, number: int, harm: Harm | None = None, after: int = 0) -> None:
        """Somebody answers; the provider hands the same answer over again until it gets one."""
        self._replies += 1
        incoming = Incoming(id=f"reply {self._replies}", channel="phone", address=person, text=text)
        answers: list[str] = []
        self.spoke.add(person)

        async def hand_over(node: Node) -> None:
            answers.append(await replies.handle(node.engine, incoming))

        if not await self._live(number, hand_over, harm, after):
            await self._live(number + 1, hand_over, None, 0)
        assert answers, "the reply failed on a healthy node"
        assert answers[-1], "invariant 9: a reply was not answered"
        await self._live(number, hand_over, None, 0)
        assert answers[-1] == answers[-2], "invariant 9: the same reply took effect twice"

    # -- time ---------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now()

    def wait(self, length: timedelta) -> None:
        """The clock moves while every node is busy with something else."""
        self.lived += length
        self.clock.move_to(self.now() + length)

    async def live(self, length: timedelta) -> None:
        """Healthy nodes work for that long, from one due instant to the next, and nobody answers."""
        end = self.now() + length
        while self.now() < end:
            await self._work_all()
            async with self.nodes[0].engine.database.read() as tx:
                due = [await incidents.next_due(tx), await pages.next_due(tx)]
            later = [instant for instant in due if instant is not None and instant > self.now()]
            self.wait(min([end, self.now() + REPEAT, *later]) - self.now())
            if self.now() - self._jobs_at >= JOBS_EVERY:
                self._jobs_at = self.now()
                await self.work("jobs", self._turn())
            if self.now() - self._repeated_at >= REPEAT:
                self._repeated_at = self.now()
                for group in self.senders:
                    await self.flush(group, self._turn())

    async def _work_all(self) -> None:
        for _ in range(50):
            if not await self.busy():
                return
        raise AssertionError("the cluster never comes to rest")

    async def busy(self) -> bool:
        """Let a node work; whether it found anything to do. The nodes take turns."""
        node = self._turn()
        before = await self._state()
        for stage in STAGES:
            assert await self.work(stage, node), f"{stage} fails on a healthy node"
        return await self._state() != before

    def _turn(self) -> int:
        self._turns += 1
        return self._turns

    async def settle(self) -> None:
        """Everything that waits is delivered and worked off by nodes that live."""
        for group in self.senders:
            while self.senders[group].waiting is not None and not await self.flush(group, 0):
                pass
        self.outside.answers.clear()
        # Leases of the dead run out.
        self.wait(timedelta(seconds=31))
        await self._work_all()
        await self._work_all()

    async def _state(self) -> object:
        """Something that changes whenever work was done."""
        async with self.nodes[0].engine.database.read() as tx:
            return sorted(tuple(row) for row in (await tx.execute(STATE)).all())


async def _dies_at_await(work: Coroutine[Any, Any, None], after: int) -> None:
    """Begin, let the loop turn so often, and die wherever the work has come to by then."""
    task = asyncio.ensure_future(work)
    for _ in range(after):
        if task.done():
            break
        await asyncio.sleep(0)
    if not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        raise Died
    await task
