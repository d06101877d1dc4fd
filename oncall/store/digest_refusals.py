"""Who does not want the weekly digest."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import digest_refusal


async def refused(tx: AsyncConnection) -> set[str]:
    """Persons' ids, and teams as "team:ID"."""
    return set((await tx.execute(sa.select(digest_refusal.c.who))).scalars())


async def refuse(tx: AsyncConnection, who: str, *, by: str, at: datetime) -> None:
    """No more of them; twice is the same."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(digest_refusal).values(who=who, at=at, by=by)
    await tx.execute(statement.on_conflict_do_nothing(index_elements=["who"]))


async def want(tx: AsyncConnection, who: str) -> None:
    """Again."""
    await tx.execute(sa.delete(digest_refusal).where(digest_refusal.c.who == who))
