from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from oncall.errors import Unavailable
from oncall.store import inbox
from oncall.store.database import Database
from oncall.store.inbox import Received
from oncall.store.inbox_writer import InboxWriter

Body = Callable[..., Received]


class FullDisk(Database):
    """A real database whose next inserts fail as told, and which counts them."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.errors: list[Exception] = []
        self.transactions = 0

    async def insert(self, statement: str, rows: Sequence[Any]) -> None:
        self.transactions += 1
        if self.errors:
            raise self.errors.pop(0)
        await super().insert(statement, rows)


@pytest.fixture
async def disk(database_url: str) -> AsyncIterator[FullDisk]:
    made = FullDisk(database_url)
    yield made
    await made.close()


@pytest.fixture
async def writer(disk: FullDisk) -> AsyncIterator[InboxWriter]:
    made = InboxWriter(disk)
    made.start()
    yield made
    await made.stop()


async def _depth(disk: FullDisk) -> int:
    async with disk.read() as tx:
        return await inbox.depth(tx)


async def test_invariant_1_put_returns_when_the_body_is_on_disk(
    writer: InboxWriter, disk: FullDisk, body: Body
) -> None:
    await writer.put(body())
    assert await _depth(disk) == 1


async def test_bodies_that_arrive_together_share_one_commit(writer: InboxWriter, disk: FullDisk, body: Body) -> None:
    await asyncio.gather(*(writer.put(body()) for _ in range(50)))
    assert await _depth(disk) == 50
    assert disk.transactions == 1


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.OperationalError("database or disk is full"),
        OperationalError("insert", {}, Exception("connection lost")),
        OSError("gone"),
        ValueError("a fault of ours"),
    ],
)
async def test_whoever_waits_for_a_commit_that_fails_is_told_to_try_again_and_the_next_body_is_written(
    writer: InboxWriter, disk: FullDisk, body: Body, error: Exception
) -> None:
    disk.errors.append(error)
    with pytest.raises(Unavailable):
        async with asyncio.timeout(5):
            await writer.put(body())
    async with asyncio.timeout(5):
        await writer.put(body())
    assert await _depth(disk) == 1


async def test_a_sender_that_hangs_up_does_not_tear_the_batch_of_others(
    writer: InboxWriter, disk: FullDisk, body: Body
) -> None:
    gone = asyncio.create_task(writer.put(body()))
    stays = asyncio.create_task(writer.put(body()))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert await _depth(disk) == 2


async def test_stopping_writes_what_waits(writer: InboxWriter, disk: FullDisk, body: Body) -> None:
    waiting = [asyncio.create_task(writer.put(body())) for _ in range(3)]
    await asyncio.sleep(0)
    await writer.stop()
    await asyncio.gather(*waiting)
    assert await _depth(disk) == 3
