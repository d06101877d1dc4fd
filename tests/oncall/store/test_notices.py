"""A body that one node takes in wakes the others."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from oncall.store import notices
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


async def test_whoever_listens_is_woken_when_the_transaction_has_committed(database, ears):
    async with database.write() as tx:
        await notices.tell(tx)
        await asyncio.sleep(0)
        assert not ears.event.is_set()
    await ears.hears()


async def test_what_is_rolled_back_wakes_nobody(database, ears):
    with contextlib.suppress(ZeroDivisionError):
        async with database.write() as tx:
            await notices.tell(tx)
            raise ZeroDivisionError
    async with database.write() as tx:
        await notices.tell(tx)
    await ears.hears()
    assert ears.count == 2
