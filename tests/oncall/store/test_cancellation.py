"""Handlers whose client hangs up and nodes that stop are cancelled at any await; the connection they had serves on."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from oncall.store.database import Database
from oncall.store.schema import counter
from oncall.store.statements import Prepared

#: More awaits than one call has.
MANY = 200
INSERT: dict[str, tuple[str, list[Any]]] = {
    "sqlite": ("insert into counter (name, value) values (?, ?)", [("a", 1), ("b", 2)]),
    "postgresql": ("insert into counter select * from unnest($1::text[], $2::bigint[])", [["a", "b"], [1, 2]]),
}
PREPARED = Prepared(sa.select(counter))
Call = Callable[[Database], Coroutine[Any, Any, None]]


@dataclass
class CancelledAt:
    """A call that is cancelled when it awaits something for the nth time, as `Task.cancel` does it."""

    call: Coroutine[Any, Any, None]
    number: int
    struck: bool = False

    def __await__(self) -> Generator[Any, Any, None]:
        step, value = self.call.send, None
        for passed in itertools.count():
            try:
                awaited = step(value)
            except StopIteration:
                return
            if passed == self.number:
                task = asyncio.current_task()
                assert task is not None
                self.struck = task.cancel()
            try:
                step, value = self.call.send, (yield awaited)
            except BaseException as error:  # noqa: BLE001 - the cancellation itself
                step, value = self.call.throw, error


async def _run(call: CancelledAt) -> None:
    await call


async def _write(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(sa.select(counter))
        await tx.execute(sa.insert(counter).values(name="a", value=1))
        await asyncio.sleep(0)
        await tx.execute(sa.insert(counter), [{"name": "b", "value": 1}, {"name": "c", "value": 1}])
        await PREPARED.rows(tx)
        await tx.execute(sa.delete(counter).where(counter.c.name == "c"))


async def _write_and_fail(database: Database) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with database.write() as tx:
            await tx.execute(sa.insert(counter).values(name="a", value=1))
            raise ZeroDivisionError


async def _read(database: Database) -> None:
    async with database.read() as tx:
        await tx.execute(sa.select(counter))
        await asyncio.sleep(0)
        await PREPARED.rows(tx)
        await tx.execute(sa.select(counter))


async def _read_what_is_prepared(database: Database) -> None:
    async with database.read() as tx:
        await PREPARED.rows(tx)
        await PREPARED.rows(tx)


async def _insert(database: Database) -> None:
    await database.insert(*INSERT["sqlite" if database.sqlite else "postgresql"])


@pytest.mark.parametrize("call", [_write, _write_and_fail, _read, _read_what_is_prepared, _insert, Database.maintain])
async def test_a_call_that_is_cancelled_at_any_await_is_done_or_not_and_leaves_its_connection_fit(
    database_url: str, call: Call
) -> None:
    database = Database(database_url, pool_size=1)  # so that what a call leaves behind is met by the next
    try:
        for number in range(MANY):
            one = CancelledAt(call(database), number)
            (ended,) = await asyncio.gather(asyncio.create_task(_run(one)), return_exceptions=True)
            assert isinstance(ended, asyncio.CancelledError) == one.struck, "a cancellation was swallowed"
            async with asyncio.timeout(5), database.write() as tx:
                names = set((await tx.execute(sa.select(counter.c.name))).scalars())
                assert names in (set(), {"a", "b"}), f"cancelled at await {number}, it is half done"
                await tx.execute(sa.insert(counter).values(name="next", value=1))
            async with database.read() as tx:
                assert "next" in (await tx.execute(sa.select(counter.c.name))).scalars().all(), "a commit was none"
            async with database.write() as tx:
                await tx.execute(sa.delete(counter))
            if not one.struck:
                break
        assert 0 < number < MANY - 1, "it never awaits anything, or for ever"
    finally:
        await database.close()
