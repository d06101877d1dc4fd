"""kill -9 in the middle of two thousand alerts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import sqlalchemy as sa

from oncall.store.database import Database
from oncall.store.schema import alert, delivery, incident, page
from tests.acceptance import story
from tests.e2e.processes import Node, eventually
from tests.e2e.waiting import nothing_waits

ALERTS, GROUPS = 2000, 100
SERVICES = ("ledger", "checkout", "postgres", "unowned")


def _bodies() -> list[bytes]:
    per_group = ALERTS // GROUPS
    made: list[dict[str, Any]] = []
    for group in range(GROUPS):
        service = SERVICES[group % len(SERVICES)]
        alerts = [story.alert(f"Kind{group}", service=service, pod=f"pod-{group}-{n}") for n in range(per_group)]
        made.append(story.body(*alerts))
    return [json.dumps(body).encode() for body in made]


async def _deliver(session: aiohttp.ClientSession, door: str, body: bytes, turn: asyncio.Semaphore) -> int:
    """Post until it is taken, as Alertmanager does: the same bytes again; how often it took."""
    for attempt in range(1, 500):
        try:
            async with turn, session.post(door, data=body) as response:
                if response.status == 202:
                    return attempt
        except (aiohttp.ClientError, ConnectionError):
            pass
        await asyncio.sleep(0.1)
    raise AssertionError("never taken")


async def test_invariants_1_and_4_every_alert_is_in_one_incident_and_every_planned_page_was_attempted(
    node: Node, database_url: str
) -> None:
    await node.start()
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        turn = asyncio.Semaphore(4)  # else one group commit may take them all before the first kill
        deliveries = [asyncio.create_task(_deliver(session, node.door, body, turn)) for body in _bodies()]
        for dies_after in (10, 50):
            await _until(deliveries, dies_after)
            await node.kill()
            await node.start()
        attempts = await asyncio.gather(*deliveries)
    assert max(attempts) > 1, "the kills came too late to prove anything"

    database = Database(database_url)
    await eventually(lambda: _all_done(database), within=120)
    await node.stop()
    async with database.read() as tx:
        rows = {t: (await tx.execute(sa.select(t))).all() for t in (alert, incident, page, delivery)}
    await database.close()

    assert len(rows[alert]) == ALERTS
    assert len({a.fingerprint for a in rows[alert]}) == ALERTS
    assert {a.incident_id for a in rows[alert]} == {i.id for i in rows[incident]}
    attempted = {d.page_id for d in rows[delivery]}
    unattempted = [p.id for p in rows[page] if p.kind == "page" and not {p.id, p.bundled_into} & attempted]
    assert not unattempted
    paged = {p.incident_id for p in rows[page] if p.kind == "page"}
    assert paged == {i.id for i in rows[incident]}


async def _until(deliveries: list[asyncio.Task[int]], count: int) -> None:
    while sum(task.done() for task in deliveries) < count:
        await asyncio.wait([task for task in deliveries if not task.done()], return_when=asyncio.FIRST_COMPLETED)


async def _all_done(database: Database) -> bool:
    silent = sa.select(sa.func.count()).select_from(incident).where(incident.c.id.not_in(sa.select(page.c.incident_id)))
    async with database.read() as tx:
        if (await tx.execute(silent)).scalar():
            return False
    return await nothing_waits(database)
