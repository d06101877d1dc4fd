"""Calendars read without a process of their own; `tests/schedules/test_worker.py` is about that process."""

from __future__ import annotations

import msgspec

from schedules.frames import Request
from schedules.shift import Reading
from schedules.worker import answer

#: A test process has more on its heap than the worker, and its collector's time counts, too.
BOUND = 10.0


class ReadHere:
    """What the calendar worker answers, through the same two encodings."""

    async def read(self, request: Request) -> Reading:
        sent = msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=Request)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(answer(sent, series_seconds=BOUND)), type=Reading)

    async def close(self) -> None:
        """Nothing is held."""
