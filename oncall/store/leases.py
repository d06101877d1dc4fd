"""Row leases: who does work that must not be done twice at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import lease
from oncall.store.statements import Prepared


async def hold(tx: AsyncConnection, name: str, node: str, now: datetime, length: timedelta) -> int | None:
    """Take or extend a lease: its version if this node has it now, None while another one does.

    The row stays locked until the transaction ends, so whatever it writes is written by the holder alone. A lease
    that ends later than anybody could have asked for was taken before a clock was set back, and counts for nothing.
    """
    # Nearly always this node has it already, and one statement says so.
    mine = await _EXTEND.scalar(tx, {"lease": name, "holder": node, "end": now + length})
    if mine is not None:
        return int(mine)
    await _FIRST.run(tx, {"name": name, "node": node, "until": now, "version": 0})
    row = await _LOOK.first(tx, {"lease": name})
    if row is None or (row.node != node and now < row.until <= now + length * 2):
        return None
    version = int(row.version) + int(row.node != node)
    await tx.execute(
        sa.update(lease).where(lease.c.name == name).values(node=node, until=now + length, version=version)
    )
    return version


async def let_go(tx: AsyncConnection, name: str, node: str, now: datetime) -> None:
    """Give a lease back, so that another node need not wait for it to run out."""
    await tx.execute(sa.update(lease).where(lease.c.name == name, lease.c.node == node).values(until=now))


async def let_go_all(tx: AsyncConnection, node: str, now: datetime) -> int:
    """Free every lease that a dead node still holds; how many."""
    held = sa.update(lease).where(lease.c.node == node, lease.c.until > now).values(until=now)
    return (await tx.execute(held)).rowcount


_EXTEND = Prepared(
    sa.update(lease)
    .where(lease.c.name == sa.bindparam("lease"), lease.c.node == sa.bindparam("holder"))
    .values(until=sa.bindparam("end"))
    .returning(lease.c.version)
)
_FIRST = Prepared(lambda insert: insert(lease).on_conflict_do_nothing(index_elements=["name"]))
_LOOK = Prepared(
    sa.select(lease.c.node, lease.c.until, lease.c.version)
    .where(lease.c.name == sa.bindparam("lease"))
    .with_for_update(skip_locked=True)
)
