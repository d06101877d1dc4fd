"""Which statements leave the event loop, and that every outcome is SQLite's own."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import aiosqlite
import pytest

from oncall.store.sqlite_connection import connect


@pytest.fixture
async def connection(tmp_path: Path):
    opened = await connect(tmp_path / "x.db", timeout=5)
    opened.isolation_level = None
    await opened.execute("create table t (n integer primary key)")
    yield opened
    await opened.close()


def note_threads(connection) -> list[str]:
    seen: list[str] = []
    connection._conn.create_function("here", 0, lambda: seen.append(threading.current_thread().name) or 1)
    return seen


async def run(connection, sql: str) -> None:
    cursor = await connection.cursor()
    await cursor.execute(sql)
    await cursor.close()


async def test_statements_of_a_write_transaction_run_where_they_are_asked(connection):
    seen = note_threads(connection)
    await connection.begin(writing=True)
    await run(connection, "insert into t select here()")
    await connection.commit()
    assert seen == [threading.current_thread().name]


async def test_reading_never_holds_the_event_loop_up(connection):
    seen = note_threads(connection)
    await connection.begin(writing=False)
    await run(connection, "select here()")
    await connection.rollback()
    assert seen
    assert threading.current_thread().name not in seen


async def test_work_with_the_driver_is_done_where_statements_are(connection):
    here = threading.current_thread().name
    assert await connection.call(lambda _: threading.current_thread().name) != here
    await connection.begin(writing=True)
    assert await connection.call(lambda _: threading.current_thread().name) == here
    await connection.rollback()
    assert await connection.call(lambda _: threading.current_thread().name) != here


async def test_only_a_commit_that_has_something_to_flush_leaves_the_event_loop(connection, monkeypatch):
    left: list[str] = []
    elsewhere = aiosqlite.Connection._execute

    async def noted(self, fn, *args, **kwargs):
        left.append(fn.__name__)
        return await elsewhere(self, fn, *args, **kwargs)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noted)
    for statement in ("select 1", "insert into t values (1)"):
        await connection.begin(writing=True)
        await run(connection, statement)
        await connection.commit()
    assert left == ["commit"]
    assert await connection.execute_fetchall("select * from t") == [(1,)]


async def test_after_a_write_transaction_reading_is_elsewhere_again(connection):
    seen = note_threads(connection)
    await connection.begin(writing=True)
    await connection.rollback()
    await run(connection, "select here()")
    assert threading.current_thread().name not in seen


async def test_a_rolled_back_transaction_leaves_nothing(connection):
    await connection.begin(writing=True)
    await run(connection, "insert into t values (1)")
    await connection.rollback()
    assert not await connection.execute_fetchall("select * from t")


async def test_waiting_for_another_writer_leaves_the_loop_free(connection, tmp_path):
    other = await connect(tmp_path / "x.db", timeout=5)
    other.isolation_level = None
    await connection.begin(writing=True)
    waiting = asyncio.create_task(other.begin(writing=True))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    await connection.commit()
    await waiting
    await other.rollback()
    await other.close()


async def test_a_broken_statement_raises_where_it_stands(connection):
    await connection.begin(writing=True)
    with pytest.raises(aiosqlite.OperationalError):
        await run(connection, "insert into nowhere values (1)")
    await connection.rollback()


async def test_a_closed_connection_says_so(tmp_path):
    opened = await connect(tmp_path / "y.db", timeout=5)
    await opened.close()
    with pytest.raises(ValueError, match="no active connection"):
        await opened.commit()
