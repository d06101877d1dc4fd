"""Jobs when the engine stops."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import cast

from oncall.engine import Engine
from oncall.jobs import periodic
from oncall.jobs.periodic import Job


async def test_a_job_that_is_stopped_with_the_engine_is_no_failure():
    """Its scheduler tells of everything that is raised with a traceback, which alarms whoever restarts an engine."""
    begun = asyncio.Event()

    async def lasts(_engine: Engine) -> int:
        begun.set()
        await asyncio.Event().wait()
        return 0

    job = Job("lasts", timedelta(minutes=1), lasts, everywhere=True)
    running = asyncio.create_task(periodic.run(cast("Engine", None), job))
    await begun.wait()
    running.cancel()
    assert await running is False
