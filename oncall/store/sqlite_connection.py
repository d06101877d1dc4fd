"""An SQLite connection that leaves the event loop only for what may wait: a lock, the flush, and reading at length.

A statement inside a write transaction takes microseconds: the lock is held and the pages are in memory. Handing each
to a thread and back costs ten times that, and more where the loop is busy; so they run where they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

_T = TypeVar("_T")

#: What takes the write lock, and so may wait for another process.
BEGIN_WRITING = "begin immediate"
#: Calls that touch no file.
_LIGHT = frozenset({"cursor", "close", "rollback"})


def prepare(connection: Any, timeout: float) -> None:
    """The same promises on every connection: a commit is on disk, references hold, a lock is waited for."""
    cursor = connection.cursor()
    # The mode is the file's own: where another connection has it locked to switch it, this one follows.
    with contextlib.suppress(sqlite3.OperationalError):
        cursor.execute("pragma journal_mode=wal")
    for pragma in ("synchronous=full", "foreign_keys=on", f"busy_timeout={int(timeout * 1000)}"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


class Appender:
    """One statement for many rows, a transaction of its own, one call into a thread of its own: nothing costs less.

    Opened with the first call. The caller keeps other writers of this process out.
    """

    def __init__(self, file: str | Path, *, timeout: float) -> None:
        self._file = file
        self._timeout = timeout
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="appender")
        self._connection: sqlite3.Connection | None = None

    async def insert(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Return when the rows are on disk."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._insert, statement, rows)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    def _insert(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if self._connection is None:
            self._connection = sqlite3.connect(str(self._file), timeout=self._timeout, isolation_level=None)
            prepare(self._connection, self._timeout)
        connection = self._connection
        connection.execute(BEGIN_WRITING)
        try:
            connection.executemany(statement, rows)
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:  # a full disk has ended it already
                connection.execute("rollback")
            raise


def connect(file: str | Path, *, timeout: float) -> SqliteConnection:
    """A connection to be awaited; `timeout` is the longest wait for a lock, in seconds."""
    opening = partial(sqlite3.connect, str(file), timeout=timeout, check_same_thread=False)
    connection = SqliteConnection(opening, iter_chunk_size=64)
    connection.patience = int(timeout * 1000)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for connections it opens itself
    return connection


class SqliteConnection(aiosqlite.Connection):
    """What SQLAlchemy drives through its aiosqlite dialect. One transaction at a time uses it."""

    _writing = False
    #: Rows changed before the transaction began: one that changed none has nothing to flush.
    _changes = 0
    #: Longest wait for a lock, in milliseconds.
    patience = 0

    async def begin(self, *, writing: bool) -> None:
        """Begin a transaction; one that writes has the write lock from the beginning."""
        connection = self._conn
        if not writing:
            connection.execute("begin")  # takes no lock yet
            return
        if not self._lock_was_free(connection):
            await super()._execute(connection.execute, BEGIN_WRITING)  # type: ignore[no-untyped-call]
        self._writing, self._changes = True, connection.total_changes

    async def call(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What comes of some work with the driver, which is done where any statement would be."""
        if self._writing:
            return work(self._conn)
        found: _T = await super()._execute(work, self._conn)  # type: ignore[no-untyped-call]
        return found

    async def _execute(self, fn: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        connection, name = self._conn, getattr(fn, "__name__", "")
        if name in {"commit", "rollback"}:
            changed = self._writing and connection.total_changes != self._changes
            elsewhere, self._writing = changed and name == "commit", False
        else:
            elsewhere = not self._writing and (name not in _LIGHT or fn == connection.close)
        if not elsewhere:
            return fn(*args, **kwargs)
        found: _T = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return found

    def _lock_was_free(self, connection: sqlite3.Connection) -> bool:
        """Take the write lock if nobody has it; usually so, for the writers of this process take turns."""
        connection.execute("pragma busy_timeout=0")
        try:
            connection.execute(BEGIN_WRITING)
        except sqlite3.OperationalError:
            return False
        finally:
            connection.execute(f"pragma busy_timeout={self.patience}")
        return True
