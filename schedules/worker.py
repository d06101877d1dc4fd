"""The calendar worker: `python -m schedules.worker` answers one framed request after the other.

`schedules.calendar_reader` is its other end.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import BinaryIO

import msgspec

from schedules.deadline import SERIES_SECONDS, cpu_deadline
from schedules.frames import LENGTH, Request
from schedules.identity import identity
from schedules.reading import read
from schedules.shift import Reading


def answer(request: Request, series_seconds: float = SERIES_SECONDS) -> Reading:
    """One request read in this process."""
    return read(
        request.body,
        (request.begin, request.end),
        default_tz=request.default_tz,
        identity=identity(request.identity),
        tz_aliases=request.tz_aliases,
        source=request.source,
        deadline=cpu_deadline(series_seconds),
    )


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer frames until there are no more."""
    while len(head := requests.read(LENGTH.size)) == LENGTH.size:
        request = msgspec.msgpack.decode(requests.read(*LENGTH.unpack(head)), type=Request)
        try:
            found = answer(request)
        except ValueError as wrong:
            found = Reading(refused=str(wrong))
        frame = msgspec.msgpack.encode(found)
        answers.write(LENGTH.pack(len(frame)) + frame)
        answers.flush()


def _main(megabytes: int) -> None:
    limit = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # The engine pages first, calendars are read with what is left.
    os.nice(10)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not end up between two answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
