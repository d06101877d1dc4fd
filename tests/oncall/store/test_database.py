from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.database import Database
from oncall.store.schema import counter, heartbeat
from oncall.store.sqlite_connection import prepare
from oncall.store.types import Instant


async def test_sqlite_survives_a_crash_of_the_machine(database: Database, backend: str) -> None:
    """A 2xx promises that the body is on disk, so every commit is synced and readers never block the writer."""
    if backend != "sqlite":
        pytest.skip("PostgreSQL syncs commits unless told otherwise")
    async with database.read() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"pragma {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_many_writers_wait_for_one_another(database: Database) -> None:
    async def add(number: int) -> None:
        async with database.write() as tx:
            await tx.execute(sa.select(counter))  # a reader that becomes a writer is what SQLite refuses when late
            await tx.execute(sa.insert(counter).values(name=str(number), value=1))

    await asyncio.gather(*(add(number) for number in range(30)))
    async with database.read() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(counter))).scalar() == 30


async def test_two_nodes_on_one_database_wait_for_one_another(database: Database, database_url: str) -> None:
    async def add(node: Database, number: int) -> None:
        async with node.write() as tx:
            await tx.execute(sa.insert(counter).values(name=str(number), value=1))

    other = Database(database_url)
    await asyncio.gather(*(add(node, n) for n, node in enumerate([database, other] * 10)))
    async with other.read() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(counter))).scalar() == 20
    await other.close()


async def test_reading_goes_on_while_somebody_writes(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(sa.insert(counter).values(name="x", value=1))
        async with database.read() as connection:
            assert (await connection.execute(sa.select(counter))).all() == []


async def test_a_cancelled_writer_leaves_the_way_free(database: Database) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with database.write() as tx:
            await tx.execute(sa.insert(counter).values(name="x", value=1))
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with database.write() as tx:
        assert (await tx.execute(sa.select(counter))).all() == []


async def test_an_instant_without_a_zone_is_refused(tx: AsyncConnection) -> None:
    with pytest.raises(StatementError, match="naive"):
        await tx.execute(sa.insert(heartbeat).values(integration="a", last_seen_at=datetime(2026, 3, 1)))


async def test_an_instant_comes_back_exactly_and_in_utc(tx: AsyncConnection) -> None:
    there = datetime(2026, 3, 1, 9, 0, 0, 123457, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    await tx.execute(sa.insert(heartbeat).values(integration="a", last_seen_at=there))
    back = (await tx.execute(sa.select(heartbeat.c.last_seen_at))).scalar_one()
    assert back == there
    assert back.utcoffset() == timedelta(0)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_instants_keep_their_order_in_the_column(one: datetime, other: datetime) -> None:
    """Comparisons are made by the database, so the column must sort as time does."""
    kind = Instant()
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        first, second = kind.process_bind_param(one, dialect), kind.process_bind_param(other, dialect)
        assert (first < second) == (one < other)
        assert kind.process_result_value(first, dialect) == one


ADD = {
    "sqlite": ("insert into counter (name, value) values (?, ?)", [("a", 1), ("b", 2)]),
    "postgresql": ("insert into counter select * from unnest($1::text[], $2::bigint[])", [["a", "b"], [1, 2]]),
}


async def _counters(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(counter))).scalar_one())


async def test_rows_inserted_on_their_own_are_there_when_it_returns(database: Database, backend: str) -> None:
    await database.insert(*ADD[backend])
    assert await _counters(database) == 2


async def test_an_insert_that_fails_leaves_nothing_behind_and_the_next_is_written(
    database: Database, backend: str
) -> None:
    async with database.write() as tx:
        await tx.execute(sa.insert(counter).values(name="b", value=7))
    with pytest.raises((sqlite3.IntegrityError, IntegrityError)):
        await database.insert(*ADD[backend])
    assert await _counters(database) == 1
    async with database.write() as tx:
        await tx.execute(sa.delete(counter))
    await database.insert(*ADD[backend])
    assert await _counters(database) == 2


async def test_an_insert_takes_its_turn_among_transactions(database: Database, backend: str) -> None:
    async with database.write() as tx:
        await tx.execute(sa.insert(counter).values(name="c", value=1))
        inserting = asyncio.create_task(database.insert(*ADD[backend]))
        await asyncio.sleep(0)
        await tx.execute(sa.insert(counter).values(name="d", value=1))
    await inserting
    assert await _counters(database) == 4


def test_every_connection_to_sqlite_syncs_its_commits_and_keeps_references() -> None:
    connection = sqlite3.connect(":memory:")
    prepare(connection, 10.0)
    found = {
        name: connection.execute(f"pragma {name}").fetchone()[0]
        for name in ("synchronous", "foreign_keys", "busy_timeout")
    }
    connection.close()
    assert found == {"synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
