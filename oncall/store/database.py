"""Connections and transactions on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from oncall.store.faults import FULL, FULL_LASTS, fault
from oncall.store.sqlite_connection import Appender, SqliteConnection, connect, prepare

#: Longest wait for a lock or a connection, in seconds.
TIMEOUT = 10.0


class Database:
    """One engine on one database.

    `write()` is a transaction that may change things: on SQLite it takes the write lock at once (waiting in turn
    inside this process, so that none starves), on PostgreSQL it is an ordinary one. `read()` sees one snapshot.
    The address names its async driver: `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.sqlite = url.startswith("sqlite")
        self.engine: AsyncEngine = create_async_engine(
            url,
            json_serializer=_to_json,
            json_deserializer=msgspec.json.decode,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=TIMEOUT,
            **(_sqlite(url) if self.sqlite else {"connect_args": {"timeout": TIMEOUT, "command_timeout": 60}}),
        )
        self._writer = asyncio.Lock()
        self._writing = self.engine.execution_options(oncall_write=True)
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._appender = Appender(sa.make_url(url).database or "", timeout=TIMEOUT)
        #: Why the latest transaction that was to change something failed for the database's sake; "" when it did not.
        self.fault = ""
        self._failed_at = 0.0
        if self.sqlite:
            sa.event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits at the end of the block, or rolls back on any exception."""
        with self._noted():
            async with self._transaction() as connection:
                yield connection
        if self.fault != FULL or time.monotonic() - self._failed_at > FULL_LASTS:
            self.fault = ""

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        if not self.sqlite:
            async with self.engine.begin() as connection:
                yield connection
            return
        async with self._writer, self._writing.begin() as connection:
            yield connection

    async def insert(self, statement: str, rows: Sequence[Any]) -> None:
        """Return when the rows are on disk, by one statement in the driver's own words and a transaction of its own.

        For what senders wait for: on SQLite the statement is run for each row, on PostgreSQL once with all of `rows`.
        """
        with self._noted():
            if self.sqlite:
                async with self._writer:
                    await self._appender.insert(statement, rows)
            else:
                async with self._autocommit.connect() as connection:
                    await connection.exec_driver_sql(statement, tuple(rows))
        self.fault = ""

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        """Remember what keeps the database from its work."""
        try:
            yield
        except Exception as error:
            if found := fault(error):
                self.fault, self._failed_at = found, time.monotonic()
            raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading."""
        async with self.engine.connect() as connection:
            if self.sqlite:
                await connection.begin()  # a statement that is prepared begins nothing by itself
            yield connection

    async def ping(self) -> None:
        """Return when the database has answered a question."""
        async with self.engine.connect() as connection:
            await connection.execute(sa.text("select 1"))

    async def maintain(self) -> None:
        """Give space of deleted rows back and bring the planner's statistics up to date; other nodes may run."""
        statements = ("pragma wal_checkpoint(truncate)", "vacuum", "analyze") if self.sqlite else ("vacuum (analyze)",)
        async with self.engine.connect() as connection:
            if not self.sqlite:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            assert driver is not None
            run = driver.execute_fetchall if self.sqlite else driver.execute
            for statement in statements:
                await run(statement)

    async def close(self) -> None:
        """Close every connection."""
        await self._appender.close()
        await self.engine.dispose()


def _sqlite(url: str) -> dict[str, Any]:
    file = sa.make_url(url).database or ""

    def creator(*_args: Any, **_kwargs: Any) -> SqliteConnection:
        return connect(file, timeout=TIMEOUT)  # awaited by SQLAlchemy

    return {"async_creator": creator}


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by hand, see _begin_sqlite
    prepare(connection, TIMEOUT)


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that begins as a reader and writes later can fail with SQLITE_BUSY at any statement;
    # taking the lock at the beginning makes waiting the only outcome.
    write = connection.get_execution_options().get("oncall_write")
    connection.connection.run_async(lambda driver: driver.begin(writing=bool(write)))
