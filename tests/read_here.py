"""Calendars read without a process of their own; `tests/schedules/test_worker.py` is about that process."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from schedules.frames import Request
from schedules.shift import Reading
from schedules.worker import answer

#: A test process has more on its heap than the worker, and its collector's time counts, too.
BOUND = 10.0


@lru_cache(maxsize=1000)
def _answered(sent: bytes) -> bytes:
    """The answer depends on nothing but the request, and most tests begin with the same calendars at the same time."""
    return msgspec.msgpack.encode(answer(msgspec.msgpack.decode(sent, type=Request), series_seconds=BOUND))


class ReadHere:
    """What the calendar worker answers, through the same two encodings."""

    async def read(self, request: Request) -> Reading:
        return msgspec.msgpack.decode(_answered(msgspec.msgpack.encode(request)), type=Reading)

    async def close(self) -> None:
        """Nothing is held."""
