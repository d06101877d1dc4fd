"""The loop: intake, escalation and delivery, each woken by the one before and otherwise every second."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from oncall.engine import Engine
from oncall.jobs.pace import Pace
from oncall.services import escalation
from oncall.services.delivery import delivery, incident_posts
from oncall.services.intake import intake

log = structlog.get_logger(__name__)

#: The safety net: no stage sleeps longer.
TICK = 1.0
#: How long it takes at most to write a request that has begun, in seconds.
SETTING_OUT = 0.005
#: Pages on their way beyond which no more are claimed.
MOST_IN_FLIGHT = 400


class Loop:
    """Runs one node's stages until stopped. Everything they do is in the database; stopping loses nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tasks: list[asyncio.Task[None]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._pace = Pace()

    def start(self) -> None:
        """Begin."""
        wake = self._engine.wake
        stages = (
            ("intake", wake.intake, self._intake),
            ("escalation", wake.escalation, self._escalation),
            ("delivery", wake.delivery, self._delivery),
            ("posts", wake.posts, self._posts),
        )
        self._tasks = [asyncio.create_task(self._stage(*stage), name=stage[0]) for stage in stages]
        self._tasks.append(asyncio.create_task(self._watch_lag(), name="lag"))
        if not self._engine.database.sqlite:
            from oncall.store import notices  # noqa: PLC0415 - PostgreSQL's driver, which nobody else needs

            listening = notices.listen(self._engine.database, wake.intake.set)
            self._tasks.append(asyncio.create_task(listening, name="notices"))

    async def stop(self) -> None:
        """End the stages; what is being sent is sent to the end."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._sending:
            await asyncio.wait(self._sending)
        with contextlib.suppress(SQLAlchemyError, OSError):  # another node then waits until the lease runs out
            await intake.hand_over(self._engine)

    async def _stage(self, name: str, event: asyncio.Event, work: Callable[[], Awaitable[int]]) -> None:
        while True:
            event.clear()
            try:
                busy = await work()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                self._engine.metrics.loop_failures.labels(name).inc()
                why = self._engine.database.fault or type(error).__name__
                log.warning("the loop could not work on its database", stage=name, why=why)
                busy = 0
                event.clear()
            except Exception:
                self._engine.metrics.loop_failures.labels(name).inc()
                log.exception("a round of the loop failed", stage=name)
                busy = 0
                event.clear()
            if not busy:
                await self._engine.clock.wait(event, TICK)

    async def _intake(self) -> int:
        loop, taken = asyncio.get_running_loop(), self._engine.inbox.taken
        began = loop.time()
        room = len(self._sending) < MOST_IN_FLIGHT
        worked = await intake.work_off(self._engine, most_alerts=self._pace.size, send=room)
        self._follow(worked.sending)
        if worked.bodies:
            arrived = self._engine.inbox.taken - taken
            # At least a moment, in which pages that were planned get in line for the write lock before the next batch.
            await asyncio.sleep(self._pace.after(seconds=loop.time() - began, arrived=arrived, alerts=worked.alerts))
        return 0  # where more waits, the stage is awake

    async def _escalation(self) -> int:
        return await escalation.advance_due(self._engine)

    async def _delivery(self) -> int:
        if len(self._sending) >= MOST_IN_FLIGHT:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        if self._engine.departures.standing:
            # To look for more would hold up what is claimed already.
            await self._engine.departures.all_gone()
            await asyncio.sleep(SETTING_OUT)
        begun = await delivery.send_due(self._engine)
        self._follow(begun)
        if not begun:
            await self._wake_for_next_page()
        return len(begun)

    def _follow(self, sending: Iterable[asyncio.Task[None]]) -> None:
        for task in sending:
            self._sending.add(task)
            task.add_done_callback(self._sent)

    async def _wake_for_next_page(self) -> None:
        """A page that is due before the next tick is not kept waiting for it."""
        due = await delivery.next_due(self._engine)
        wait = (due - self._engine.clock.now()).total_seconds() if due is not None else TICK
        if wait < TICK:
            # Never at once: a page that another node is just claiming looks due, too.
            asyncio.get_running_loop().call_later(max(wait, 0.01), self._engine.wake.delivery.set)

    async def _posts(self) -> int:
        return await incident_posts.show_due(self._engine)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # The lease runs out and the page is carried again.
            self._engine.metrics.loop_failures.labels("record").inc()
            log.error("a page could not be recorded", error=type(task.exception()).__name__)

    async def _watch_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(TICK)
            self._engine.metrics.loop_lag.set(max(0.0, loop.time() - before - TICK))
