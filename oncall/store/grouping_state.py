"""What grouping remembers, kept as the rows it names."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import StateRow
from oncall.store.schema import grouping_state


async def load(tx: AsyncConnection) -> list[StateRow]:
    """Every row."""
    rows = (await tx.execute(sa.select(grouping_state))).all()
    return [StateRow(table=row.part, key=row.key, value=row.value) for row in rows]


async def save(tx: AsyncConnection, rows: Sequence[StateRow]) -> None:
    """Write changed rows; those without a value are deleted."""
    gone = [{"old_part": row.table, "old_key": row.key} for row in rows if row.value is None]
    kept = [{"part": row.table, "key": row.key, "value": row.value} for row in rows if row.value is not None]
    if gone:
        await tx.execute(
            sa.delete(grouping_state).where(
                grouping_state.c.part == sa.bindparam("old_part"), grouping_state.c.key == sa.bindparam("old_key")
            ),
            gone,
        )
    if kept:
        insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        statement = insert(grouping_state)
        await tx.execute(
            statement.on_conflict_do_update(index_elements=["part", "key"], set_={"value": statement.excluded.value}),
            kept,
        )
