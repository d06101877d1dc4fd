"""A body that one node takes in wakes the others."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from oncall.store import inbox, notices
from oncall.store.database import Database


class Ears:
    """Counts what it hears."""

    def __init__(self) -> None:
        self.count = 0
        self.event = asyncio.Event()

    def __call__(self) -> None:
        self.count += 1
        self.event.set()

    async def hears(self) -> None:
        async with asyncio.timeout(10):
            await self.event.wait()
        self.event.clear()


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
async def ears(database: Database):
    listening = Ears()
    task = asyncio.create_task(notices.listen(database, listening))
    await listening.hears()  # once at the beginning, for what came before
    yield listening
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_whoever_listens_is_woken_when_bodies_are_committed(database, ears, body):
    await database.insert(*inbox.insertion(inbox.pack([body()]), sqlite=False))
    await ears.hears()
    async with database.read() as tx:
        assert await inbox.depth(tx) == 1


async def test_what_is_rolled_back_wakes_nobody(database, ears, body):
    statement, columns = inbox.insertion(inbox.pack([body()]), sqlite=False)
    with contextlib.suppress(ZeroDivisionError):
        async with database.write() as tx:
            await tx.exec_driver_sql(statement, tuple(columns))
            raise ZeroDivisionError
    await database.insert(statement, columns)
    await ears.hears()
    assert ears.count == 2
