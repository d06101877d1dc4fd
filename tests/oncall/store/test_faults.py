from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from oncall.store.database import Database
from oncall.store.faults import fault
from oncall.store.schema import counter


async def _count(database: Database, name: str = "a") -> None:
    async with database.write() as tx:
        await tx.execute(sa.insert(counter).values(name=name, value=1))


def _at_begin(database: Database, sqlite: str, postgresql: str) -> None:
    statement = sqlite if database.sqlite else postgresql
    sa.event.listen(database.engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(statement))


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_database_that_can_only_be_read_says_so_until_it_can_be_written(database: Database) -> None:
    """As a standby does that is not yet promoted."""
    reading = {"on": True}

    def only_read(connection: sa.Connection) -> None:
        if reading["on"]:
            connection.exec_driver_sql("set transaction read only")

    sa.event.listen(database.engine.sync_engine, "begin", only_read)
    with pytest.raises(DBAPIError):
        await _count(database)
    assert database.fault == "it can only be read"
    reading["on"] = False
    await _count(database)
    assert not database.fault


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_full_disk_is_called_that(database: Database) -> None:
    """`max_page_count` makes SQLite give the very error of a disk that is full."""
    _at_begin(database, "pragma max_page_count=1", "")
    with pytest.raises(OperationalError):
        await _count(database, "x" * 1_000_000)
    assert database.fault == "its disk is full"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_small_write_that_still_finds_room_does_not_make_a_full_disk_well(database: Database) -> None:
    _at_begin(database, "pragma max_page_count=1", "")
    with pytest.raises(OperationalError):
        await _count(database, "x" * 1_000_000)
    await _count(database)
    assert database.fault == "its disk is full"
    await database.insert("insert into counter (name, value) values (?, ?)", [("b", 1)])
    assert not database.fault


async def test_a_row_that_is_there_already_is_no_fault_of_the_database(database: Database) -> None:
    await _count(database)
    with pytest.raises(IntegrityError):
        await _count(database)
    assert not database.fault


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_server_that_is_gone_cannot_be_reached(database: Database) -> None:
    nowhere = Database("postgresql+asyncpg://postgres@127.0.0.1:9/oncall")
    with pytest.raises(OSError):
        await _count(nowhere)
    assert nowhere.fault.startswith("it cannot be reached (")
    await nowhere.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationalError("x", {}, Exception("database is locked")), "another program has it locked"),
        (OperationalError("x", {}, Exception("attempt to write a readonly database")), "it can only be read"),
        (OperationalError("x", {}, Exception("disk I/O error")), "its disk fails"),
        (OperationalError("x", {}, Exception("database disk image is malformed")), "its file is damaged"),
        (DBAPIError("x", {}, type("DiskFullError", (Exception,), {})("could not extend file")), "its disk is full"),
        (DBAPIError("x", {}, type("CannotConnectNowError", (Exception,), {})("starting")), "it is being restarted"),
        (DBAPIError("x", {}, type("DeadlockDetectedError", (Exception,), {})("deadlock detected")), ""),
        (sqlite3.OperationalError("database or disk is full"), "its disk is full"),
        (sqlite3.IntegrityError("UNIQUE constraint failed"), ""),
        (ConnectionRefusedError("no"), "it cannot be reached (ConnectionRefusedError)"),
        (TimeoutError(), "it cannot be reached (TimeoutError)"),
        (KeyError("an error of ours"), ""),
    ],
)
def test_what_drivers_say_is_put_into_words(error: Exception, words: str) -> None:
    assert fault(error) == words
