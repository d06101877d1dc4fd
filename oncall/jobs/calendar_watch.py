"""Calendar files are read the moment they are written, not only when their turn comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from pathlib import Path

import structlog

from oncall.engine import Engine
from oncall.services.rotations import calendars as rotations
from oncall.services.rotations.views import all_schedules
from schedules.sources.file import written

log = structlog.get_logger(__name__)

#: How often it is checked whether a reload named other files.
CHECK = 5.0


class CalendarWatch:
    """Watches the files that the directory in force names, on this node."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="calendar files")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            files = self._files()
            stop = asyncio.Event()
            follow = asyncio.create_task(self._follow(files, stop))
            try:
                while self._files() == files and not follow.done():
                    await asyncio.wait([follow], timeout=CHECK)
            finally:
                stop.set()
                await follow

    async def _follow(self, files: Collection[Path], stop: asyncio.Event) -> None:
        try:
            async for touched in written(files, stop):
                await self._refresh(touched)
        except OSError as error:
            # The minute's job reads them all the same.
            log.warning("calendar files cannot be watched", error=str(error))
            await stop.wait()

    async def _refresh(self, touched: Collection[Path]) -> None:
        for team, schedule in all_schedules(self._engine):
            if any(_path(source.location) in touched for source in schedule.sources):
                await rotations.refresh_schedule(self._engine, team, schedule)

    def _files(self) -> frozenset[Path]:
        found = (_path(source.location) for _, one in all_schedules(self._engine) for source in one.sources)
        return frozenset(path for path in found if path is not None)


def _path(location: str) -> Path | None:
    return None if "://" in location else Path(location).resolve()
