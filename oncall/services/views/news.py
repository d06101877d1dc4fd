"""Whether anything changed, for whoever watches: one question to the database however many watch."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from oncall.engine import Engine
from oncall.store import views

log = structlog.get_logger(__name__)

#: How often the database is asked while somebody watches, in seconds. Another node's changes show this late.
EVERY = 1.0


class Mark(msgspec.Struct, frozen=True):
    """How far somebody has seen: the newest timeline line and the newest phone message."""

    line: int = 0
    message: int = 0


class News:
    """Asks while anybody watches, and wakes them when there is something new."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = asyncio.Condition()
        self._watchers = 0
        self._anybody = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.mark = Mark()
        self.over = False

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look(), name="news")

    async def stop(self) -> None:
        """End, and let everybody who waits go."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.close()

    async def close(self) -> None:
        """Nobody need wait any longer."""
        self.over = True
        async with self._changed:
            self._changed.notify_all()

    @contextlib.asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """Somebody watches inside this block."""
        self._watchers += 1
        self._anybody.set()
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._anybody.clear()

    async def after(self, seen: Mark, patience: float) -> Mark:
        """The newest mark, at once if it is beyond `seen`, else when it is or after `patience` seconds."""
        async with self._changed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._changed.wait_for(lambda: self.over or self.mark != seen)
        return self.mark

    async def _look(self) -> None:
        while True:
            await self._anybody.wait()
            try:
                found = await latest(self._engine)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("news could not be read", error=type(error).__name__)
            else:
                if found != self.mark:
                    self.mark = found
                    async with self._changed:
                        self._changed.notify_all()
            await asyncio.sleep(EVERY)


async def latest(engine: Engine) -> Mark:
    """How far it has come by now."""
    async with engine.database.read() as tx:
        return Mark(*await views.changed_up_to(tx))


async def concerns(engine: Engine, seen: Mark, now: Mark, *, incident: int | None, person: str | None) -> bool:
    """Whether what came between two marks concerns somebody who watches one incident, one phone, or everything."""
    if incident is None and person is None:
        return now.line != seen.line
    async with engine.database.read() as tx:
        if incident is not None:
            return now.line != seen.line and await views.line_between(tx, incident, seen.line, now.line)
        return now.message != seen.message and await views.message_between(tx, person or "", seen.message, now.message)
