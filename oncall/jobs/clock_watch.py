"""Notices when the machine's clock is set: what runs by it would otherwise sleep through the hour that comes again."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from oncall.engine import Engine

log = structlog.get_logger(__name__)

#: How often the two clocks are compared, in seconds.
CHECK = 1.0
#: By less than this a clock is disciplined, not set.
STEP = timedelta(seconds=5)


class ClockWatch:
    """Compares the clock on the wall with the one that only goes forward."""

    def __init__(self, engine: Engine, scheduler: AsyncIOScheduler) -> None:
        self._engine = engine
        self._scheduler = scheduler
        self._seen: tuple[datetime, float] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="clock")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def look(self, passed: float) -> timedelta:
        """By how much the clock was set since the last look; `passed` is a clock that only goes forward, in seconds."""
        now = self._engine.clock.now()
        before, self._seen = self._seen, (now, passed)
        if before is None:
            return timedelta(0)
        step = now - before[0] - timedelta(seconds=passed - before[1])
        if abs(step) < STEP:
            return timedelta(0)
        log.warning("the clock was set; every periodic job runs now", by_seconds=round(step.total_seconds()))
        self._engine.metrics.clock_steps.inc()
        for job in self._scheduler.get_jobs():
            # Their next turn was worked out by the old clock: after a step back it may be an hour away.
            job.modify(next_run_time=now)
        self._engine.wake.all()
        return step

    async def _run(self) -> None:
        while True:
            self.look(asyncio.get_running_loop().time())
            await asyncio.sleep(CHECK)
