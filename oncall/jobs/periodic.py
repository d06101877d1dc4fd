"""The periodic jobs, each run by one node of the cluster at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from oncall.engine import Engine
from oncall.errors import Unavailable
from oncall.services.answers import receipts
from oncall.services.catalog import feeds as catalog_feeds
from oncall.services.catalog import runbooks as runbook_check
from oncall.services.catalog import sources as catalog_sources
from oncall.services.delivery import lost_answers
from oncall.services.grouping import model as grouping_model
from oncall.services.insight import tallying, weekly
from oncall.services.operation import clock_steps, history, outage, watch
from oncall.services.people import preferences
from oncall.services.practice import drills, game_days
from oncall.services.record import actions
from oncall.services.rotations import away, handoffs, shift_checks
from oncall.services.rotations import calendars as rotations
from oncall.services.rotations import digest as rotation_digest
from oncall.services.rotations import views as rotation_views
from oncall.services.slack import groups as slack_groups
from oncall.store import leases

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often. `everywhere`: on each node, not once per cluster."""

    name: str
    every: timedelta
    run: Callable[[Engine], Awaitable[object]]
    everywhere: bool = False


JOBS: tuple[Job, ...] = (
    Job("calendars", timedelta(minutes=1), rotations.refresh),
    Job("absences", timedelta(minutes=5), away.ask_for_cover),
    Job("handoffs", timedelta(minutes=1), handoffs.tell),
    Job("checks before shifts", timedelta(minutes=5), shift_checks.check),
    Job("rotation health", timedelta(hours=1), rotation_views.snapshot_all),
    Job("rotation digest", timedelta(minutes=15), rotation_digest.send_due),
    Job("weekly digest", timedelta(minutes=15), weekly.send_due),
    Job("stale alerts", timedelta(minutes=1), watch.mark_stale),
    Job("action items", timedelta(minutes=15), actions.remind_due),
    Job("drills", timedelta(seconds=30), drills.end_due),
    Job("game days", timedelta(seconds=10), game_days.begin_due),
    Job("heartbeats", timedelta(seconds=15), watch.check_heartbeats),
    Job("catalog sources", timedelta(seconds=30), catalog_feeds.fetch_due),
    Job("runbooks", timedelta(minutes=1), runbook_check.try_runbooks),
    Job("catalog", timedelta(seconds=5), catalog_sources.keep_up, everywhere=True),
    Job("contact preferences", timedelta(seconds=5), preferences.keep_up, everywhere=True),
    Job("slack groups", timedelta(seconds=20), slack_groups.sync),
    Job("receipts", timedelta(seconds=10), receipts.ask),
    Job("lost answers", timedelta(seconds=10), lost_answers.ask),
    Job("held-off senders", timedelta(seconds=15), watch.tell_held_off, everywhere=True),
    Job("outage", timedelta(seconds=5), outage.look, everywhere=True),
    Job("clock steps", timedelta(minutes=1), clock_steps.mend),
    Job("gauges", timedelta(seconds=15), watch.measure, everywhere=True),
    Job("grouping model", timedelta(hours=1), grouping_model.train_due),
    Job("history", timedelta(hours=1), history.trim),
    Job("tallies", timedelta(minutes=1), tallying.keep_up),
    Job("clean-up", timedelta(hours=1), watch.forget_old),
)


async def run(engine: Engine, job: Job) -> bool:
    """Run a job now if no other node does; True if it ran. A failure is logged and counted, and the job comes again."""
    try:
        if not job.everywhere and not await _mine(engine, job):
            return False
        await job.run(engine)
    except (SQLAlchemyError, OSError, TimeoutError, Unavailable) as error:
        engine.metrics.loop_failures.labels(job.name).inc()
        why = engine.database.fault or type(error).__name__
        log.warning("a periodic job failed; it will come again", job=job.name, why=why)
        return False
    except asyncio.CancelledError:
        # The engine stops; the scheduler's executor would log this as a failure, with a traceback at each restart.
        return False
    return True


def schedule(engine: Engine) -> AsyncIOScheduler:
    """A scheduler with every job; it only ticks, all state is in the database."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    for job in (*JOBS, Job("outside heartbeat", engine.settings.heartbeat_every, watch.call_outside, everywhere=True)):
        scheduler.add_job(
            run,
            "interval",
            seconds=job.every.total_seconds(),
            args=(engine, job),
            id=job.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    return scheduler


async def _mine(engine: Engine, job: Job) -> bool:
    async with engine.database.write() as tx:
        # Held for a little more than one interval: a node that dies is replaced at the next but one.
        length = job.every * 1.5
        return await leases.hold(tx, f"job:{job.name}", engine.node, engine.clock.now(), length) is not None
