"""What grouping remembers, kept as the rows it names."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Answer, StateRow
from oncall.store.schema import grouping_state
from oncall.store.statements import upsert

#: The part that holds what people said and grouping has not heard yet.
SAID = "said"


async def load(tx: AsyncConnection) -> list[StateRow]:
    """Every row."""
    rows = (await tx.execute(sa.select(grouping_state))).all()
    return [StateRow(table=row.part, key=row.key, value=row.value) for row in rows]


async def save(tx: AsyncConnection, rows: Sequence[StateRow]) -> None:
    """Write changed rows; those without a value are deleted."""
    gone = [{"old_part": row.table, "old_key": row.key} for row in rows if row.value is None]
    kept = [{"part": row.table, "key": row.key, "value": row.value} for row in rows if row.value is not None]
    if gone:
        await tx.execute(_DELETE, gone)
    if kept:
        await tx.execute(_SAVE[tx.dialect.name], kept)


async def say(tx: AsyncConnection, answer: Answer) -> None:
    """Keep what a person said for the node that groups; it takes it before the next alert."""
    value = msgspec.json.encode(answer).decode()
    await save(tx, [StateRow(table=SAID, key=uuid4().hex, value=value)])


async def take_said(tx: AsyncConnection) -> list[Answer]:
    """What people said since the last call, once."""
    rows = (await tx.execute(_SAID)).scalars().all()
    if rows:
        await tx.execute(sa.delete(grouping_state).where(grouping_state.c.part == SAID))
    return [msgspec.json.decode(value, type=Answer) for value in rows]


_SAVE = upsert(grouping_state, ["part", "key"])
_DELETE = sa.delete(grouping_state).where(
    grouping_state.c.part == sa.bindparam("old_part"), grouping_state.c.key == sa.bindparam("old_key")
)
_SAID = sa.select(grouping_state.c.value).where(grouping_state.c.part == SAID)
