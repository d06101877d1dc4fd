"""Numbers handed out inside a transaction."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import counter


async def take(tx: AsyncConnection, name: str, count: int = 1) -> int:
    """The first of `count` numbers nobody else gets; counting begins at 1."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(counter)
        .values(name=name, value=count)
        .on_conflict_do_update(index_elements=["name"], set_={"value": counter.c.value + count})
        .returning(counter.c.value)
    )
    last = (await tx.execute(statement)).scalar_one()
    return int(last) - count + 1


async def read(tx: AsyncConnection, name: str) -> int:
    """The last number handed out, 0 if none was."""
    value = (await tx.execute(sa.select(counter.c.value).where(counter.c.name == name))).scalar()
    return int(value or 0)


async def give_back(tx: AsyncConnection, name: str, first: int) -> None:
    """Return the numbers from `first` on, all taken in this transaction, so that people see no hole."""
    await tx.execute(sa.update(counter).where(counter.c.name == name, counter.c.value >= first).values(value=first - 1))
