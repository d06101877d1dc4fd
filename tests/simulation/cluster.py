"""Two nodes on one database: what is done with them, what befalls them, and what the world is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from notifiers.channels import BY_NAME
from notifiers.outcome import Outcome
from oncall import wiring
from oncall.config import Loaded, Secret, Settings
from oncall.engine import Engine
from oncall.errors import Unavailable
from oncall.jobs import periodic
from oncall.services import escalation
from oncall.services.answers import replies
from oncall.services.answers.replies import Incoming
from oncall.services.delivery import delivery, reports
from oncall.services.intake import intake
from oncall.services.rotations import calendars as rotations
from oncall.services.rotations.views import all_schedules
from oncall.store.inbox_writer import InboxWriter
from oncall.store.pages import PageStatus
from oncall.store.schema import page
from tests.acceptance import story
from tests.acceptance.story import DAY, SimulatedClock
from tests.simulation.alertmanager import Sender
from tests.simulation.calendar_files import CalendarFiles
from tests.simulation.faults import Died, Faults, FaultyDatabase, Harm, on_behalf_of
from tests.simulation.outside import ListedPhone, Outside, Phone

GROUPS = ("ledger", "postgres", "finder")
#: Groups of a storm; a greater one has several alerts in each.
STORMY = 40
CHANNELS = {"phone": Phone, "phone_call": Phone, "sms": ListedPhone, "voice": ListedPhone}
STAGES = ("intake", "escalation", "delivery")
#: A lease of a node that died or stands still keeps the others waiting no longer than this.
LEASE = timedelta(seconds=31)


@dataclass
class Node:
    """One engine and its fate."""

    engine: Engine
    faults: Faults


@dataclass
class Cluster:
    """Two nodes and the world around them."""

    url: str
    loaded: Loaded
    calendars: CalendarFiles
    clock: SimulatedClock = field(default_factory=lambda: SimulatedClock(DAY + timedelta(hours=9)))
    outside: Outside = field(default_factory=Outside)
    senders: dict[str, Sender] = field(default_factory=lambda: {name: Sender(name, name) for name in GROUPS})
    nodes: list[Node] = field(default_factory=list)
    deaths: int = 0
    failures: int = 0
    #: Simulated time that went by.
    lived: timedelta = timedelta(0)
    #: Everybody who ever answered.
    spoke: set[str] = field(default_factory=set)
    _replies: int = 0
    _ran: dict[str, datetime] = field(default_factory=dict)
    _turns: int = 0

    # -- nodes --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """The calendars are as at the beginning, and two nodes run."""
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

        async def report(channel: str, page_id: str, outcome: Outcome) -> bool:
            return await reports.report(engine, channel=channel, page_id=page_id, outcome=outcome)

        engine.notifiers = {
            name: kind(name, self.outside, faults, self.clock, report) for name, kind in CHANNELS.items()
        }
        engine.channels = {name: BY_NAME[name] for name in CHANNELS}
        return Node(engine, faults)

    async def close(self) -> None:
        """Both nodes end."""
        for node in self.nodes:
            await self._bury(node)

    async def _bury(self, node: Node) -> None:
        await node.faults.end_tasks()
        await node.engine.http.close()
        await node.engine.guarded_http.close()
        await node.engine.database.close()

    async def _live(
        self, number: int, work: Callable[[Node], Coroutine[Any, Any, None]], harm: Harm | None, after: int
    ) -> bool:
        """Let a node do something; True if it was done and said so. A node that dies is replaced by a new one."""
        place = number % len(self.nodes)
        node, done = self.nodes[place], False
        node.faults.arm(harm, after)
        node.faults.meanwhile = lambda: self._without(number)
        try:
            await on_behalf_of(node.faults, work(node))
            done = True
        except (SQLAlchemyError, OSError, TimeoutError, Unavailable):
            # What the loop and the door do: count, and come again.
            self.failures += 1
        except (Died, Exception):
            # Of a node that is dead nobody hears what else went wrong.
            if not node.faults.dead:
                raise
        finally:
            node.faults.arm(None, 0)
        if node.faults.dead:
            self.deaths += 1
            assert isinstance(node.engine.database, FaultyDatabase)
            node.engine.database.hang_up()
            await self._bury(node)
            self.nodes[place] = self._node()
        return done and not node.faults.dead

    async def _without(self, number: int) -> None:
        """A node stands still: what it had a lease on is free again, and the other one works."""
        async with self.nodes[number % len(self.nodes)].engine.database.read() as tx:
            sending = sa.select(sa.func.count()).where(page.c.status == PageStatus.SENDING.value)
            self.outside.raced += (await tx.execute(sending)).scalar_one()
        self.wait(LEASE)
        for stage in STAGES:
            await self.work(stage, number + 1)

    def turn(self) -> int:
        """The nodes take turns."""
        self._turns += 1
        return self._turns

    # -- what may happen ----------------------------------------------------------------------------------------

    def change(self, group: str, number: int) -> None:
        """An alert of a group begins, or ends."""
        self.senders[group].change(number, self.now())

    async def storm(self, troubles: int, number: int) -> None:
        """Many groups begin at once, and every node takes some of them in."""
        for trouble in range(troubles):
            name = f"storm {trouble % STORMY}"
            self.senders.setdefault(name, Sender(name, GROUPS[trouble % len(GROUPS)]))
            self.change(name, trouble // STORMY)
            await self.flush(name, number + trouble)

    async def all_is_over(self, number: int) -> None:
        """Whatever was wrong is mended, and every group says so."""
        for group, sender in self.senders.items():
            sender.end_all(self.now())
            await self.flush(group, number, anew=True)

    async def flush(
        self, group: str, number: int, harm: Harm | None = None, after: int = 0, *, anew: bool = False
    ) -> bool:
        """Alertmanager posts a group to a node: the same bytes as before until they are taken, or a new body."""
        sender = self.senders[group]
        body = sender.body(anew=anew)
        if body is None:
            return True
        taken = await self._live(number, lambda node: self._post(node, body), harm, after)
        if taken:
            sender.taken(body)
        return taken

    async def _post(self, node: Node, body: bytes) -> None:
        """Through the door; a node whose inbox writer dies is dead."""
        if node.engine.inbox._task is None:
            node.engine.inbox.start()
        writer = node.engine.inbox._task
        assert writer is not None
        integration = node.engine.organisation.integrations_by_name["production"]
        request = asyncio.create_task(intake.accept(node.engine, integration, body))
        await asyncio.wait({request, writer}, return_when=asyncio.FIRST_COMPLETED)
        if not request.done():
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
        # One node sends what it has just planned at once, as the loop does; the other leaves it to the next stage.
        worked = await intake.work_off(node.engine, send=node is self.nodes[0])
        await self._recorded(worked.sending)

    async def _escalation(self, node: Node) -> None:
        await escalation.advance_due(node.engine)

    async def _delivery(self, node: Node) -> None:
        await self._recorded(await delivery.send_due(node.engine))

    async def _recorded(self, sending: Iterable[asyncio.Task[None]]) -> None:
        results = await asyncio.gather(*sending, return_exceptions=True)
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
        channel, address = self._texts_to(person)
        incoming = Incoming(id=f"reply {self._replies}", channel=channel, address=address, text=text)
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

    def _texts_to(self, person: str) -> tuple[str, str]:
        """The channel and address by which somebody gets texts, and answers."""
        assert self.loaded.directory is not None
        known = self.loaded.directory.people[person]
        channel = known.important[0].channel
        return channel, known.address(channel) or ""

    def person_at(self, address: str) -> str:
        """Whose address that is."""
        assert self.loaded.directory is not None
        people = self.loaded.directory.people.values()
        return next(one.id for one in people if address in {method.address for method in one.methods})

    # -- time ---------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now()

    def wait(self, length: timedelta) -> None:
        """The clock moves while every node is busy with something else."""
        self.lived += length
        self.clock.move_to(self.now() + length)
