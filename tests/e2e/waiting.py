"""What a real node still has to do, read from its database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from oncall.store.database import Database
from oncall.store.schema import feed, inbox, page


async def inbox_empty(database: Database) -> bool:
    """Whether every body that was accepted has been worked off."""
    return not await _count(database, inbox, inbox.c.processed_at.is_(None))


async def nothing_waits(database: Database) -> bool:
    """Whether the inbox is empty, and every page that was planned has come to an end."""
    return await inbox_empty(database) and not await _count(database, page, page.c.status.in_(["planned", "sending"]))


async def calendars_read(database: Database, count: int) -> bool:
    """Whether so many calendars were read once; until then a node that starts gives them ten seconds before it pages."""
    return await _count(database, feed, feed.c.read_at.is_not(None)) >= count


async def _count(database: Database, table: sa.Table, which: sa.ColumnElement[Any]) -> int:
    async with database.read() as tx:
        return (await tx.execute(sa.select(sa.func.count()).select_from(table).where(which))).scalar_one()
