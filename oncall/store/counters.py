"""Numbers handed out inside a transaction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import counter
from oncall.store.statements import Prepared


async def take(tx: AsyncConnection, name: str, count: int = 1) -> int:
    """The first of `count` numbers nobody else gets; counting begins at 1."""
    last = await _TAKE.scalar(tx, {"name": name, "value": count})
    return int(last) - count + 1


async def read(tx: AsyncConnection, name: str) -> int:
    """The last number handed out, 0 if none was."""
    value = (await tx.execute(sa.select(counter.c.value).where(counter.c.name == name))).scalar()
    return int(value or 0)


async def give_back(tx: AsyncConnection, name: str, first: int) -> None:
    """Return the numbers from `first` on, all taken in this transaction, so that people see no hole."""
    await _GIVE_BACK.run(tx, {"counter": name, "first": first, "last": first - 1})


def _take(insert: Any) -> sa.Executable:
    fresh = insert(counter)
    raised = fresh.on_conflict_do_update(
        index_elements=["name"], set_={"value": counter.c.value + fresh.excluded.value}
    )
    returning: sa.Executable = raised.returning(counter.c.value)
    return returning


_TAKE = Prepared(_take)
_GIVE_BACK = Prepared(
    sa.update(counter)
    .where(counter.c.name == sa.bindparam("counter"), counter.c.value >= sa.bindparam("first"))
    .values(value=sa.bindparam("last"))
)
