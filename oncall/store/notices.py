"""Waking the other nodes on PostgreSQL: whoever holds the inbox's lease hears at once that a body came in elsewhere.

Only ever a hint. A notice that is lost costs a second, for every stage looks by itself that often; databases that
speak PostgreSQL without LISTEN and NOTIFY work the same, a second later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from asyncpg.exceptions import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from oncall.store.database import Database

log = structlog.get_logger(__name__)

#: The channel's name, which the inbox's insert notifies without a payload, so that a burst of notices is one.
CHANNEL = "oncall_inbox"
#: How long to wait before listening again after the connection broke, in seconds.
AGAIN = 5.0


async def listen(database: Database, woken: Callable[[], None]) -> None:
    """Call `woken` at every notice, until cancelled. Holds one connection of the pool."""
    while True:
        try:
            await _listen(database, woken)
        except (SQLAlchemyError, PostgresError, OSError, TimeoutError) as error:
            log.info("notices of other nodes are not heard for now", error=type(error).__name__)
        await asyncio.sleep(AGAIN)


async def _listen(database: Database, woken: Callable[[], None]) -> None:
    broken = asyncio.Event()

    def heard(*_notice: object) -> None:
        woken()

    def ended(_connection: object) -> None:
        broken.set()

    async with database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        driver.add_termination_listener(ended)
        await driver.add_listener(CHANNEL, heard)
        woken()  # for what came in before
        try:
            await broken.wait()
        finally:
            driver.remove_termination_listener(ended)
            if not driver.is_closed():
                await driver.remove_listener(CHANNEL, heard)
            else:
                await connection.invalidate()
