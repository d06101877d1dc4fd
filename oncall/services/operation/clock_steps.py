"""A clock that was wrong and was set right: nothing may wait for an hour that is now to come a second time."""

from __future__ import annotations

from datetime import timedelta

import structlog

from oncall.engine import Engine
from oncall.store import clock_steps

log = structlog.get_logger(__name__)

#: Clocks of a cluster may differ by this much.
TOLERANCE = timedelta(minutes=1)


async def mend(engine: Engine) -> int:
    """Bring what was written in the future back to now; how many pages, incidents and heartbeats.

    A clock that was set forward needs nothing: what falls due early is early, and loud.
    """
    now = engine.clock.now()
    beyond = now + TOLERANCE
    async with engine.database.write() as tx:
        incidents = await clock_steps.pull_incidents(tx, now, beyond)
    # Apart, because whoever records a page locks it before its incident.
    async with engine.database.write() as tx:
        pages = await clock_steps.pull_pages(tx, now, beyond)
        heartbeats = await clock_steps.pull_heartbeats(tx, now, beyond)
    found = incidents + pages + heartbeats
    if found:
        log.warning("a clock was set back; what it had planned is due again", incidents=incidents, pages=pages)
        engine.wake.all()
    return found
