"""What the catalog has beside the files: entries that pipelines pushed, and sources that were fetched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import counters
from oncall.store.schema import catalog_entry, catalog_feed

#: Grows with each change, so that every node notices.
VERSION = "catalog"


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as a pipeline gave it; `entry` is its JSON."""

    source: str
    name: str
    entry: dict[str, Any]
    pushed_at: datetime
    by: str


class FetchedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """One source behind an address; `body` is the last good text."""

    source: str
    url: str
    etag: str = ""
    body: str | None = None
    read_at: datetime | None = None
    next_at: datetime
    failures: int = 0
    error: str = ""


async def version(tx: AsyncConnection) -> int:
    """How often the catalog was changed beside the files."""
    return await counters.read(tx, VERSION)


async def changed(tx: AsyncConnection) -> None:
    """Tell every node that the catalog is another."""
    await counters.take(tx, VERSION)


async def pushed(tx: AsyncConnection) -> list[Pushed]:
    """Every pushed entry, by source and name."""
    query = sa.select(catalog_entry).order_by(catalog_entry.c.source, catalog_entry.c.name)
    return [Pushed(**row._mapping) for row in (await tx.execute(query)).all()]  # noqa: SLF001 - SQLAlchemy's public name


async def count_pushed(tx: AsyncConnection) -> int:
    """How many entries were pushed."""
    return int((await tx.execute(sa.select(sa.func.count()).select_from(catalog_entry))).scalar_one())


async def push(tx: AsyncConnection, value: Pushed) -> None:
    """Write an entry in the place of the one of its name."""
    row = msgspec.structs.asdict(value)
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    keys = ["source", "name"]
    kept = {name: row[name] for name in row if name not in keys}
    await tx.execute(insert(catalog_entry).values(row).on_conflict_do_update(index_elements=keys, set_=kept))
    await changed(tx)


async def withdraw(tx: AsyncConnection, source: str, name: str) -> bool:
    """Delete an entry; False if there was none."""
    where = (catalog_entry.c.source == source, catalog_entry.c.name == name)
    gone = (await tx.execute(sa.delete(catalog_entry).where(*where))).rowcount > 0
    if gone:
        await changed(tx)
    return gone


async def feeds(tx: AsyncConnection) -> dict[str, FetchedFeed]:
    """Every fetched source, by name."""
    rows = (await tx.execute(sa.select(catalog_feed))).all()
    return {row.source: FetchedFeed(**row._mapping) for row in rows}  # noqa: SLF001 - SQLAlchemy's public name


async def save_feed(tx: AsyncConnection, value: FetchedFeed) -> None:
    """Write what is known of a source."""
    row = msgspec.structs.asdict(value)
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    kept = {name: row[name] for name in row if name != "source"}
    await tx.execute(insert(catalog_feed).values(row).on_conflict_do_update(index_elements=["source"], set_=kept))


async def forget_feed(tx: AsyncConnection, source: str) -> None:
    """Drop a source that the files no longer name."""
    await tx.execute(sa.delete(catalog_feed).where(catalog_feed.c.source == source))
