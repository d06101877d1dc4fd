"""A cluster on one database, an Alertmanager that retries, people who answer, and one clock for all of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from notifiers.channels import BY_NAME
from oncall import wiring
from oncall.config import Secret, Settings, load
from oncall.engine import Engine
from oncall.errors import Unavailable
from oncall.jobs import periodic
from oncall.services import delivery, escalation, intake, replies
from oncall.services.replies import Incoming
from oncall.store.inbox_writer import InboxWriter
from oncall.store.schema import alert
from tests.acceptance import invariants, story
from tests.acceptance.story import DAY, SimulatedClock
from tests.simulation.faults import Died, Faults, FaultyDatabase, Harm, Outside, Phone

LOADED = load(story.COMPANY, {})
GROUPS = ("ledger", "postgres", "finder")
CHANNELS = ("phone", "phone_call", "sms", "voice")


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
    clock: SimulatedClock = field(default_factory=lambda: SimulatedClock(DAY + timedelta(hours=9)))
    outside: Outside = field(default_factory=Outside)
    senders: dict[str, Sender] = field(default_factory=lambda: {name: Sender(name) for name in GROUPS})
    nodes: list[Node] = field(default_factory=list)
    deaths: int = 0
    failures: int = 0
    _replies: int = 0

    # -- nodes --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        self.nodes = [self._node() for _ in range(2)]

    def _node(self) -> Node:
        assert LOADED.directory is not None
        faults = Faults()
        settings = Settings(database_url=Secret(self.url), data_dir=Path("/nonexistent"))
        engine = wiring.open_engine(LOADED.directory, settings, self.clock, config_dir=story.COMPANY)
        engine.database = FaultyDatabase(self.url, faults)
        engine.inbox = InboxWriter(engine.database)
        engine.calendars = story.Calendars()  # type: ignore[assignment] - the same code without a process of its own
        engine.notifiers = {name: Phone(name, self.outside, faults) for name in CHANNELS}
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

    async def _live(self, number: int, work: Callable[[Node], Awaitable[None]], harm: Harm | None, after: int) -> bool:
        """Let a node do something; True if it was done. A node that dies is replaced by a new one."""
        node = self.nodes[number % len(self.nodes)]
        node.faults.arm(harm, after)
        try:
            await work(node)
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

    def change(self, group: str, number: int) -> None:
        """An alert of a group begins, or ends."""
        sender = self.senders[group]
        now = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        fresh = story.alert(f"{group}-{number % 2}", service=group, pod=str(number))
        known = sender.alerts.get(fresh["fingerprint"])
        if known is None or known["status"] == "resolved":
            sender.alerts[fresh["fingerprint"]] = {**fresh, "startsAt": now}
        else:
            sender.alerts[fresh["fingerprint"]] = {**known, "status": "resolved", "endsAt": now}

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
        stages: dict[str, Callable[[Node], Awaitable[None]]] = {
            "intake": self._intake,
            "escalation": self._escalation,
            "delivery": self._delivery,
            "jobs": self._jobs,
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
        for job in periodic.JOBS:
            if job.name != "calendars":
                await periodic.run(node.engine, job)

    async def say(self, person: str, text: str, number: int, harm: Harm | None = None, after: int = 0) -> None:
        """Somebody answers; the provider hands the same answer over again until it gets one."""
        self._replies += 1
        incoming = Incoming(id=f"reply {self._replies}", channel="phone", address=person, text=text)
        answers: list[str] = []

        async def hand_over(node: Node) -> None:
            answers.append(await replies.handle(node.engine, incoming))

        if not await self._live(number, hand_over, harm, after):
            await self._live(number + 1, hand_over, None, 0)
        assert answers, "the reply failed on a healthy node"
        assert answers[-1], "invariant 9: a reply was not answered"

    # -- what must hold -----------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Everything that waits is delivered and worked off by nodes that live."""
        for group in GROUPS:
            while self.senders[group].waiting is not None and not await self.flush(group, 0):
                pass
        self.outside.answers.clear()
        # Leases of the dead run out.
        self.clock.move_to(self.clock.now() + timedelta(seconds=31))
        for _ in range(50):
            if not await self._busy():
                return
        raise AssertionError("the cluster never comes to rest")

    async def _busy(self) -> bool:
        before = await self._fingerprint()
        for stage in ("intake", "escalation", "delivery"):
            for number in range(len(self.nodes)):
                assert await self.work(stage, number), f"{stage} fails on a healthy node"
        return await self._fingerprint() != before

    async def _fingerprint(self) -> object:
        """Something that changes whenever work was done."""
        async with self.nodes[0].engine.database.read() as tx:
            tables = ("inbox", "timeline", "page", "delivery", "involvement")
            counts = [(await tx.execute(sa.text(f"select count(*) from {table}"))).scalar() for table in tables]
            states = (await tx.execute(sa.text("select id, status, due_at from page order by id"))).all()
            done = (await tx.execute(sa.text("select count(*) from inbox where processed_at is null"))).scalar()
        return counts, [tuple(row) for row in states], done

    async def check_now(self) -> None:
        """What holds at every moment, also while work waits."""
        await invariants.check_always(self.nodes[0].engine.database)
        sent = [page for page, _ in self.outside.sent]
        excuses = self.deaths + self.failures + self.outside.excused
        doubled = len(sent) - len(set(sent))
        assert doubled <= excuses, f"invariant 4: {doubled} messages twice, with {excuses} excuses"

    async def check_at_rest(self) -> None:
        """What holds once everything is worked off."""
        await self.check_now()
        await invariants.check(self.nodes[0].engine.database, self.clock.now())
        expected: dict[str, str] = {}
        for sender in self.senders.values():
            expected |= sender.accepted
        async with self.nodes[0].engine.database.read() as tx:
            rows = (await tx.execute(sa.select(alert))).all()
        running = {row.fingerprint for row in rows if row.ended_at is None}
        assert {row.fingerprint for row in rows} == set(expected), "invariant 1: an accepted alert is nowhere"
        assert running == {f for f, status in expected.items() if status == "firing"}, "invariant 12"

    def now(self) -> datetime:
        return self.clock.now()
