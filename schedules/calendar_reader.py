"""Calendars are read in a process of their own, which can be killed: a hostile feed cannot slow the paging loop.

This is the engine's end. `schedules.worker` is the other one, and alone loads what reads calendars.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import Self

import msgspec

from schedules.frames import LENGTH, Request
from schedules.shift import Reading

#: Reads before the process is replaced, so that memory it holds on to is given back.
_READS = 500
#: Without anything to read for so long, in seconds, the process ends: most calendars rarely change.
_IDLE = 20.0


class CalendarReader:
    """Reads calendars in one worker process, started when needed and ended when it has had nothing to do for a while."""

    def __init__(self, *, seconds: float = 30.0, megabytes: int = 600, idle: float = _IDLE) -> None:
        """`seconds` bounds one read, `megabytes` the worker's address space, `idle` its life without work in seconds."""
        self._seconds = seconds
        self._megabytes = megabytes
        self._idle = idle
        self._end_when_idle: asyncio.TimerHandle | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._reads = 0

    async def __aenter__(self) -> Self:
        """The process starts with the first read."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends the process."""
        await self.close()

    async def read(self, request: Request) -> Reading:
        """What the calendar says; refused when reading it took too long or ended the worker."""
        async with self._turn:
            self._keep()
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._ask(request)
            except TimeoutError:
                await self.close()
                return Reading(refused=f"reading it took more than {self._seconds:g} s")
            except (asyncio.IncompleteReadError, ConnectionError):
                await self.close()
                return Reading(refused=f"reading it needed more than {self._megabytes} MB, or ended the reader")
            except asyncio.CancelledError:
                # Half an answer in the pipe would be taken for the answer to the next request.
                await self.close()
                raise
            finally:
                self._end_when_idle = asyncio.get_running_loop().call_later(self._idle, self._end)

    async def close(self) -> None:
        """End the worker; the next read starts another."""
        process = self._process
        self._keep()
        self._end()
        if process is not None:
            await process.wait()

    @property
    def running(self) -> bool:
        """Whether there is a worker now."""
        return self._process is not None

    def _keep(self) -> None:
        if self._end_when_idle is not None:
            self._end_when_idle.cancel()
            self._end_when_idle = None

    def _end(self) -> None:
        process, self._process = self._process, None
        self._reads = 0
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        # Without this the pipe to the dead process stays open until the garbage collector finds it.
        if process.stdin is not None:
            process.stdin.close()

    async def _ask(self, request: Request) -> Reading:
        if self._reads >= _READS:
            await self.close()
        if self._process is None:
            self._process = await self._start()
        self._reads += 1
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        frame = msgspec.msgpack.encode(request)
        stdin.write(LENGTH.pack(len(frame)) + frame)
        await stdin.drain()
        (size,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        return msgspec.msgpack.decode(await stdout.readexactly(size), type=Reading)

    async def _start(self) -> asyncio.subprocess.Process:
        arguments = (sys.executable, "-m", "schedules.worker", str(self._megabytes))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        return await asyncio.create_subprocess_exec(
            *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment
        )
