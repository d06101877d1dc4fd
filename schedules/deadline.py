"""A bound on the processor time one series may take, for processes that read calendars in their main thread."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

#: What one series may take: years of daily shifts take a tenth of it.
SERIES_SECONDS = 0.5
#: The signal comes again after so long: Python drops what is raised while it calls a finalizer.
AGAIN = 0.02


class TookTooLong(Exception):
    """The series was stopped."""


def cpu_deadline(seconds: float) -> Callable[[], AbstractContextManager[None]]:
    """A context to enter around each series; it counts processor time, so that a busy machine fails nobody.

    Only the main thread may use it: it is the one that gets the signal.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TookTooLong(f"it took more than {seconds:g} s of processor time")

    @contextmanager
    def bounded() -> Iterator[None]:
        before = signal.signal(signal.SIGVTALRM, stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)

    return bounded
