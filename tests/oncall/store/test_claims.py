"""Several nodes at one database: on PostgreSQL one skips what another has locked, on SQLite it waits and looks again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from oncall.incident import Due, Incident, Involvement, due
from oncall.store import incidents, pages
from oncall.store.database import Database
from oncall.store.pages import Page, PageStatus

MINUTE = timedelta(minutes=1)


async def test_invariant_3_two_nodes_do_not_take_the_same_step(
    database: Database,
    incident: Callable[..., Incident],
    involvement: Callable[..., Involvement],
    nine: datetime,
) -> None:
    async with database.write() as tx:
        await incidents.save(tx, [incident(n) for n in range(1, 5)], [], nine)

    async def advance() -> list[int]:
        async with database.write() as tx:
            numbers = await incidents.due(tx, nine, 2)
            found = await incidents.get(tx, numbers, lock=True, skip_locked=True)
            still_due = [i for i in found.values() if due(i.lead, nine) is Due.STEP]
            await asyncio.sleep(0)
            later = involvement(next_due_at=nine + 5 * MINUTE)
            await incidents.save(tx, [replace(i, involvements=(later,)) for i in still_due], [], nine)
            return [i.id for i in still_due]

    advanced = [number for part in await asyncio.gather(*(advance() for _ in range(4))) for number in part]
    assert len(advanced) == len(set(advanced)) > 0


async def test_invariant_4_two_nodes_do_not_claim_the_same_page(
    database: Database, incident: Callable[..., Incident], page: Callable[..., Page], nine: datetime
) -> None:
    async with database.write() as tx:
        await incidents.save(tx, [incident()], [], nine)
        await pages.add(tx, [page() for _ in range(9)])

    async def claim(node: str) -> list[str]:
        async with database.write() as tx:
            found = await pages.due(tx, nine, 3)
            await asyncio.sleep(0)
            leased = [replace(p, status=PageStatus.SENDING, leased_by=node, leased_until=nine + MINUTE) for p in found]
            await pages.update(tx, leased)
            return [p.id for p in found]

    claimed = [number for part in await asyncio.gather(*(claim(str(n)) for n in range(4))) for number in part]
    assert len(claimed) == len(set(claimed)) > 0
