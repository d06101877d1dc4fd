"""Why a database does not do its work, in words that a person can act on."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: What drivers say (SQLite's result codes, PostgreSQL's classes 25, 53 and 57, the names asyncpg gives them), and what
#: it means. https://www.sqlite.org/rescode.html, https://www.postgresql.org/docs/current/errcodes-appendix.html
FULL = "its disk is full"
SIGNS = (
    (("is full", "diskfull", "no space left"), FULL),
    (("readonly", "read-only"), "it can only be read"),
    (("disk i/o",), "its disk fails"),
    (("is locked",), "another program has it locked"),
    (("malformed", "not a database"), "its file is damaged"),
    (("toomanyconnections",), "it has no connection left"),
    (("shutdown", "cannotconnectnow", "connectiondoesnotexist", "connection is closed"), "it is being restarted"),
)
#: While a disk is full a small transaction may still find room where a body does not: for so long, in seconds, it does
#: not count as well again.
FULL_LASTS = 60.0
#: Two transactions were in each other's way: the next attempt goes through.
PASSING = ("deadlock", "serialization")


def fault(error: Exception) -> str:
    """What keeps the database from its work; "" where the statement itself, or another transaction, is to blame."""
    if isinstance(error, (IntegrityError, ProgrammingError, DataError, sqlite3.IntegrityError)):
        return ""
    if not isinstance(error, (DBAPIError, sqlite3.DatabaseError, PoolTimeout, OSError)):
        return ""
    cause = getattr(error, "orig", None) or error
    cause = cause.__cause__ or cause
    said = f"{type(cause).__name__} {cause}".lower()
    if any(sign in said for sign in PASSING):
        return ""
    for signs, words in SIGNS:
        if any(sign in said for sign in signs):
            return words
    return f"it cannot be reached ({type(cause).__name__})"
