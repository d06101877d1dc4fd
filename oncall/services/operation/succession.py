"""A node that died and was started again takes back what it held, where others would wait for the leases to run out."""

from __future__ import annotations

import structlog

from oncall.engine import Engine
from oncall.store import leases, pages

log = structlog.get_logger(__name__)


async def inherit(engine: Engine, predecessor: str) -> None:
    """Free the leases of a node that is known to be dead, and the pages it was sending; any node may take them now.

    A page that it had sent and not recorded goes out a second time, as it would after its lease.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        freed = await leases.let_go_all(tx, predecessor, now)
        again = await pages.let_go(tx, predecessor, now)
    if freed or again:
        log.info("the node before this one died at work, which goes on at once", leases=freed, pages=again)
