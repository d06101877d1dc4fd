from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from oncall.engine import Engine, Wake
from oncall.jobs.clock_watch import ClockWatch
from oncall.metrics import Metrics
from tests.acceptance.story import SimulatedClock

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def _nothing() -> None:
    pass


@pytest.fixture
async def scheduler() -> AsyncIterator[AsyncIOScheduler]:
    """One whose only job comes in an hour."""
    made = AsyncIOScheduler(timezone="UTC")
    made.start(paused=True)
    made.add_job(_nothing, "interval", hours=1, next_run_time=NINE + timedelta(hours=1))
    yield made
    made.shutdown(wait=False)


@pytest.fixture
def engine() -> Engine:
    return cast("Engine", SimpleNamespace(clock=SimulatedClock(NINE), metrics=Metrics(), wake=Wake()))


def _next(scheduler: AsyncIOScheduler) -> datetime:
    (job,) = scheduler.get_jobs()
    return job.next_run_time


@pytest.mark.parametrize("step", [timedelta(hours=1), -timedelta(hours=1)])
def test_when_the_clock_is_set_every_job_runs_and_every_stage_looks(
    engine: Engine, scheduler: AsyncIOScheduler, step: timedelta
) -> None:
    watch = ClockWatch(engine, scheduler)
    assert not watch.look(passed=100.0)
    engine.clock.set_to(NINE + step + timedelta(seconds=1))
    assert watch.look(passed=101.0) == step
    assert _next(scheduler) == engine.clock.now()
    assert engine.wake.delivery.is_set()
    assert engine.metrics.registry.get_sample_value("oncall_clock_steps_total") == 1


@pytest.mark.parametrize("drift", [0.0, 1.5, -4.0])
def test_a_clock_that_is_disciplined_or_a_loop_that_is_late_is_no_step(
    engine: Engine, scheduler: AsyncIOScheduler, drift: float
) -> None:
    watch = ClockWatch(engine, scheduler)
    watch.look(passed=100.0)
    engine.clock.set_to(NINE + timedelta(seconds=30 + drift))
    assert not watch.look(passed=130.0)
    assert _next(scheduler) == NINE + timedelta(hours=1)
    assert engine.metrics.registry.get_sample_value("oncall_clock_steps_total") == 0


def test_after_a_step_the_new_time_is_the_measure(engine: Engine, scheduler: AsyncIOScheduler) -> None:
    watch = ClockWatch(engine, scheduler)
    watch.look(passed=100.0)
    engine.clock.set_to(NINE - timedelta(hours=1))
    assert watch.look(passed=100.0)
    engine.clock.set_to(NINE - timedelta(hours=1) + timedelta(seconds=1))
    assert not watch.look(passed=101.0)
