"""kill -9 at random, two hundred times on each database, while alerts come in and steps fall due: `make soak`."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web

from oncall.store.database import Database
from oncall.store.schema import alert, delivery, inbox, page
from tests.acceptance import invariants, story
from tests.e2e.processes import Node, company, eventually, free_port

KILLS, SEEDS = 50, range(4)
SERVICES = ("ledger", "checkout", "postgres", "unowned")
GROUPS = 60
#: Seconds between two bodies of the burst; a node lives this long at least and at most.
PACE, SHORTEST, LONGEST = 0.1, 0.4, 2.5
SECRET = "whsec_" + "A" * 32


@dataclass
class Receiver:
    """Where pages go: the provider's own count of what it was sent."""

    port: int = field(default_factory=free_port)
    seen: Counter[str] = field(default_factory=Counter)

    async def take(self, request: web.Request) -> web.Response:
        self.seen[request.headers["webhook-id"]] += 1
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    yield made
    await runner.cleanup()


@pytest.fixture
async def hurried(database_url: str, tmp_path: Path, receiver: Receiver) -> AsyncIterator[Node]:
    """A node whose steps wait for seconds and whose people are reached through the receiver."""
    directory = company(tmp_path)
    for team in (directory / "teams").glob("*.yaml"):
        team.write_text(team.read_text().replace("wait: 5m", "wait: 2s").replace("wait: 10m", "wait: 3s"))
    people = directory / "people.yaml"
    reached = f'contact: {{webhook: "http://127.0.0.1:{receiver.port}/", '
    people.write_text(people.read_text().replace("contact: {", reached))
    main = directory / "oncall.yaml"
    main.write_text(main.read_text().replace("{via: phone}", "{via: webhook}"))
    settings = {"ONCALL_WEBHOOK_SECRET": SECRET, "ONCALL_WEBHOOK_ALLOW_PRIVATE": "true"}
    node = Node(directory, database_url, tmp_path, settings=settings)
    yield node
    await node.stop()


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
        group = self._sent % GROUPS
        alerts = [
            story.alert(f"Kind{group % 20}", service=SERVICES[group % len(SERVICES)], pod=f"{self._sent}-{n}")
            for n in range(3)
        ]
        # Kept truncated: what a body leaves out is not gone.
        return json.dumps(story.body(*alerts, group=str(group), truncated=1)).encode()

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
    hurried: Node, receiver: Receiver, database_url: str, seed: int, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(seed)
    over = asyncio.Event()
    await hurried.start()
    burst = Burst(hurried.door)
    sending = asyncio.create_task(burst.run(over))
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(SHORTEST, LONGEST))
        await hurried.kill()
        await hurried.launch()
    over.set()
    await sending
    database = Database(database_url)
    await eventually(lambda: _all_done(database), within=240)
    await hurried.stop()

    await invariants.check_always(database)
    async with database.read() as tx:
        fingerprints = list((await tx.execute(sa.select(alert.c.fingerprint))).scalars())
        pages = (await tx.execute(sa.select(page).where(page.c.kind == "page"))).all()
        deliveries = (await tx.execute(sa.select(delivery.c.page_id, delivery.c.outcome))).all()
    await database.close()
    assert set(fingerprints) == burst.accepted, "invariant 1: an accepted alert is missing, or one came from nowhere"
    assert len(fingerprints) == len(set(fingerprints)), "invariant 1: an alert is there twice"
    attempted = {one.page_id for one in deliveries}
    assert not [p.id for p in pages if p.status != "cancelled" and p.id not in attempted], (
        "invariant 4: never attempted"
    )
    recorded = Counter(one.page_id for one in deliveries if one.outcome == "accepted")
    assert max(recorded.values()) == 1, "invariant 4: a page whose sending was recorded went out again"
    lost = {p.id: p.attempts - 1 for p in pages}
    too_often = {i: times for i, times in receiver.seen.items() if times > 1 + lost.get(i, KILLS)}
    assert not too_often, "invariant 4: more messages than nodes that died on the way"
    twice = sum(times > 1 for times in receiver.seen.values())
    writer = request.config.get_terminal_writer()
    writer.line(f" {KILLS} kills, {len(fingerprints)} alerts, {len(pages)} pages, {twice} of them sent twice")


async def _all_done(database: Database) -> bool:
    waiting = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.processed_at.is_(None))
    unsent = sa.select(sa.func.count()).select_from(page).where(page.c.status.in_(["planned", "sending"]))
    async with database.read() as tx:
        return not any([(await tx.execute(query)).scalar() for query in (waiting, unsent)])
