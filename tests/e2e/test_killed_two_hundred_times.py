"""kill -9 at random, two hundred times on each database, while alerts come in and steps fall due: `make soak`.

`SOAK_KILLS=5` tries it for a shorter time.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web

from oncall.store.database import Database
from oncall.store.schema import alert, delivery, involvement, page, timeline
from tests.acceptance import invariants, story
from tests.e2e.conftest import Neighbour
from tests.e2e.processes import Node, eventually
from tests.e2e.waiting import calendars_read, nothing_waits

KILLS, SEEDS = int(os.environ.get("SOAK_KILLS", "50")), range(4)
SERVICES = ("ledger", "checkout", "postgres", "unowned")
#: Groups of Alertmanager's. Every tenth body is of a new one, in a cluster of its own, and so opens an incident.
GROUPS = 60
#: Seconds between two bodies of the burst.
PACE = 0.1
#: One death in four comes while the node starts, so many seconds after it was launched at most; the others, so many
#: after it was ready.
STARTING, WORKING = 1.5, 1.5
#: Seconds that a step waits at least, by the configuration below.
SHORTEST_WAIT = 2.0
SECRET = "whsec_" + "A" * 32


@dataclass
class Receiver:
    """Where pages go: the provider's own count of what it was sent."""

    seen: Counter[str] = field(default_factory=Counter)

    async def take(self, request: web.Request) -> web.Response:
        self.seen[request.headers["webhook-id"]] += 1
        return web.Response()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def hurried(node: Node, receiver: Receiver, neighbour: Neighbour) -> Node:
    """A node whose steps wait for seconds and whose people are reached through the receiver."""
    port = await neighbour(receiver.take)
    for team in (node.directory / "teams").glob("*.yaml"):
        team.write_text(_in_seconds(team.read_text()))
    people = node.directory / "people.yaml"
    reached = f'contact: {{webhook: "http://127.0.0.1:{port}/", '
    people.write_text(people.read_text().replace("contact: {", reached))
    main = node.directory / "oncall.yaml"
    main.write_text(main.read_text().replace("{via: phone}", "{via: webhook}"))
    node.settings |= {"ONCALL_WEBHOOK_SECRET": SECRET, "ONCALL_WEBHOOK_ALLOW_PRIVATE": "true"}
    return node


def _in_seconds(team: str) -> str:
    """A team's file with its steps three times over, seconds apart. A policy that repeats may not be so quick."""
    head, steps = team.split("  steps:\n")
    head = "".join(line for line in head.splitlines(keepends=True) if "repeat:" not in line)
    return f"{head}  steps:\n" + steps.replace("5m", "2s").replace("10m", "3s") * 3


@dataclass
class Burst:
    """Alertmanager without end: a body is sent again until it is taken."""

    door: str
    accepted: set[str] = field(default_factory=set)
    _sent: int = 0

    async def run(self, over: asyncio.Event) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session, asyncio.TaskGroup() as on:
            while not over.is_set():
                on.create_task(self._deliver(session, self._body()))
                await asyncio.sleep(PACE)

    def _body(self) -> bytes:
        self._sent += 1
        group, where = f"{self._sent % GROUPS}", "everywhere"
        if self._sent % 10 == 0:
            group = where = f"cluster-{self._sent}"
        name, service = f"Kind{self._sent % 20}", SERVICES[self._sent % len(SERVICES)]
        alerts = [story.alert(name, service=service, cluster=where, pod=f"{self._sent}-{n}") for n in range(3)]
        # Kept truncated: what a body leaves out is not gone.
        return json.dumps(story.body(*alerts, group=group, truncated=1)).encode()

    async def _deliver(self, session: aiohttp.ClientSession, body: bytes) -> None:
        while True:
            try:
                async with session.post(self.door, data=body) as response:
                    if response.status == 202:
                        self.accepted |= {one["fingerprint"] for one in json.loads(body)["alerts"]}
                        return
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(0.2)


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
async def test_invariants_1_to_4_hold_whenever_the_process_dies(
    hurried: Node, receiver: Receiver, database: Database, seed: int, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(seed)
    over = asyncio.Event()
    await hurried.start()
    # Else every node would die before it had begun to page.
    calendars = len(list((hurried.directory / "calendars").iterdir()))
    await eventually(lambda: calendars_read(database, calendars), within=120)
    burst = Burst(hurried.door)
    sending = asyncio.create_task(burst.run(over))
    for _ in range(KILLS):
        if chance.random() < 0.25:
            await asyncio.sleep(chance.uniform(0, STARTING))
        else:
            await hurried.ready()
            await asyncio.sleep(chance.uniform(0, WORKING))
        await hurried.kill()
        await hurried.launch()
    over.set()
    await sending
    await eventually(lambda: nothing_waits(database), within=600)
    now = datetime.now(UTC)
    await hurried.stop()

    # What fell due in the last moments may still wait.
    await invariants.check(database, now - timedelta(seconds=10))
    async with database.read() as tx:
        fingerprints = list((await tx.execute(sa.select(alert.c.fingerprint))).scalars())
        pages = (await tx.execute(sa.select(page))).all()
        deliveries = (await tx.execute(sa.select(delivery.c.page_id, delivery.c.outcome))).all()
        involvements = (await tx.execute(sa.select(involvement))).all()
        entries = (await tx.execute(sa.select(timeline))).all()
    assert set(fingerprints) == burst.accepted, "invariant 1: an accepted alert is missing, or one came from nowhere"
    assert len(fingerprints) == len(set(fingerprints)), "invariant 1: an alert is there twice"
    no_step_was_taken_twice(pages, involvements, entries)
    no_page_was_lost_or_repeated_without_need(pages, deliveries, receiver)
    twice = sum(times > 1 for times in receiver.seen.values())
    writer = request.config.get_terminal_writer()
    writer.line(
        f" {KILLS} kills, {len(fingerprints)} alerts, {len(involvements)} involvements, "
        f"{len(pages)} pages, {twice} of them sent twice"
    )


def no_step_was_taken_twice(pages: Sequence[sa.Row], involvements: Sequence[sa.Row], entries: Sequence[sa.Row]) -> None:
    """Each walk of a policy asks for each step once, and no step comes before the one before it has waited."""
    ran_out = Counter((one.incident_id, one.team) for one in entries if one.kind == "exhausted")
    taken: dict[tuple[int, str], set[tuple[datetime, int]]] = defaultdict(set)
    for one in pages:
        if one.kind == "page":
            taken[one.incident_id, one.team].add((one.planned_at, one.step))
    for part in involvements:
        steps = sorted(taken[part.incident_id, part.team])
        most = max(Counter(number for _, number in steps).values(), default=0)
        where = f"#{part.incident_id}, {part.team}: {steps}"
        walks = (1 + part.policy["repeats"]) * (1 + ran_out[part.incident_id, part.team])
        assert most <= walks, f"invariant 3: a step was taken too often in {where}"
        apart = [(after[0] - before[0]).total_seconds() for before, after in itertools.pairwise(steps)]
        assert min(apart, default=SHORTEST_WAIT) >= SHORTEST_WAIT, f"invariant 3: steps follow at once in {where}"


def no_page_was_lost_or_repeated_without_need(
    pages: Sequence[sa.Row], deliveries: Sequence[sa.Row], receiver: Receiver
) -> None:
    """Invariant 4: attempted once at least, and again only where a node died between sending and recording."""
    attempted = {one.page_id for one in deliveries}
    forgotten = [p.id for p in pages if p.status != "cancelled" and not {p.id, p.bundled_into} & attempted]
    assert not forgotten, "invariant 4: never attempted"
    recorded = Counter(one.page_id for one in deliveries if one.outcome == "accepted")
    assert max(recorded.values()) == 1, "invariant 4: a page whose sending was recorded went out again"
    claims = {p.id: p.attempts for p in pages}
    too_often = {i: times for i, times in receiver.seen.items() if times > claims[i]}
    assert not too_often, "invariant 4: more messages than nodes that died on the way"
