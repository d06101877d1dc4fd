"""An SQLite connection that leaves the event loop only for what may wait: the lock, the flush, and reading at length.

A statement inside a write transaction takes microseconds: the lock is held and the pages are in memory. Handing each
to a thread and back costs ten times that, and more where the loop is busy; so they run where they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

_T = TypeVar("_T")

#: What takes the write lock, and so may wait for another process.
BEGIN_WRITING = "begin immediate"
#: Calls that touch no file.
_LIGHT = frozenset({"cursor", "close", "rollback"})


def connect(file: str | Path, *, timeout: float) -> SqliteConnection:
    """A connection to be awaited; `timeout` is the longest wait for a lock, in seconds."""
    opening = partial(sqlite3.connect, str(file), timeout=timeout, check_same_thread=False)
    connection = SqliteConnection(opening, iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for connections it opens itself
    return connection


class SqliteConnection(aiosqlite.Connection):
    """What SQLAlchemy drives through its aiosqlite dialect. One transaction at a time uses it."""

    _writing = False

    async def _execute(self, fn: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        if self._connection is None:
            raise ValueError("no active connection")
        name = getattr(fn, "__name__", "")
        if name in {"commit", "rollback"}:
            elsewhere, self._writing = self._writing and name == "commit", False
        elif name == "execute" and args[0] == BEGIN_WRITING:
            elsewhere = True
        else:
            elsewhere = not self._writing and (name not in _LIGHT or fn == self._connection.close)
        if not elsewhere:
            return fn(*args, **kwargs)
        found: _T = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        self._writing = self._writing or (name == "execute" and args[0] == BEGIN_WRITING)
        return found
