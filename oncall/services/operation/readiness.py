"""Whether this node can do its work now."""

from __future__ import annotations

import asyncio

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from oncall.engine import Engine

#: Longest wait for the database's answer, in seconds.
PATIENCE = 2.0
#: An event loop that wakes later than this, in seconds, holds pages up.
WORST_LAG = 2.0


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What was found; `lag_seconds` is how late the event loop woke last."""

    ready: bool
    database: str
    lag_seconds: float


async def ready(engine: Engine) -> Readiness:
    """Ask the database, and look at the loop's lag."""
    answer = "ok"
    try:
        async with asyncio.timeout(PATIENCE):
            await engine.database.ping()
    except TimeoutError:
        answer = f"no answer within {PATIENCE:.0f} s"
    except (SQLAlchemyError, OSError) as error:
        answer = f"cannot be reached: {type(error).__name__}"
    else:
        # The loop tries to write every second, so this is as fresh as the last one.
        if engine.database.fault:
            answer = f"cannot be written: {engine.database.fault}"
    (metric,) = engine.metrics.loop_lag.collect()
    lag = metric.samples[0].value
    return Readiness(ready=answer == "ok" and lag < WORST_LAG, database=answer, lag_seconds=lag)
