from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import counters
from oncall.store.database import Database


async def test_counting_begins_at_one(tx: AsyncConnection) -> None:
    assert await counters.read(tx, "incident") == 0
    assert await counters.take(tx, "incident") == 1
    assert await counters.read(tx, "incident") == 1


async def test_a_span_of_numbers_is_handed_out_whole(tx: AsyncConnection) -> None:
    assert await counters.take(tx, "alert", 100) == 1
    assert await counters.take(tx, "alert", 3) == 101
    assert await counters.take(tx, "incident") == 1


async def test_nobody_gets_a_number_twice(database: Database) -> None:
    async def take() -> int:
        async with database.write() as tx:
            return await counters.take(tx, "incident", 2)

    taken = await asyncio.gather(*(take() for _ in range(20)))
    assert sorted(taken) == list(range(1, 41, 2))
