"""Whether one more body of an integration is taken: nobody's flood may use up what the others need.

Memory and queue are shared by a dynamic threshold: an integration may hold as much as is still free. One that floods
alone gets half and the rest stays free for everybody else; several share. An integration may also have a rate of its
own. Whatever is refused gets a 503, which Alertmanager retries within seconds and rebuilds at its next flush, so that
holding off delays an alert and never drops it.

Sources: Choudhury and Hahne, Dynamic Queue Length Thresholds for Shared-Memory Packet Switches, 1998.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from oncall.directory import Integration
from oncall.errors import Unavailable

#: Bytes of bodies that may wait in memory for their commit.
MOST_BYTES = 256_000_000
#: Bodies that may wait on disk to be worked off.
MOST_BODIES = 500_000
#: A rate may be saved up for this long, in seconds: alerts come in bursts.
BURST_SECONDS = 60.0


class Admission:
    """What each integration holds on this node."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, most_bodies: int = MOST_BODIES) -> None:
        self._most_bytes = most_bytes
        self._most_bodies = most_bodies
        self._bytes: Counter[str] = Counter()
        self._bodies: Counter[str] = Counter()
        self._saved: dict[str, tuple[float, datetime]] = {}
        self._refused: dict[str, str] = {}

    @contextmanager
    def hold(self, integration: Integration, size: int, now: datetime) -> Iterator[None]:
        """Room for a body of that many bytes until it is written.

        Raises:
            Unavailable: there is none; the sender should try again.
        """
        name = integration.name
        why = self._refusal(integration, size, now)
        if why:
            self._refused[name] = why
            raise Unavailable(why, "Try again in a moment; what was accepted before is safe.")
        self._bytes[name] += size
        self._bodies[name] += 1
        try:
            yield
        finally:
            self._bytes[name] -= size

    def measured(self, waiting: Mapping[str, int]) -> None:
        """Bodies that wait on disk by integration, as they were just counted."""
        self._bodies = Counter(waiting)

    def take_refused(self) -> dict[str, str]:
        """Who was refused since the last call, and why."""
        refused, self._refused = self._refused, {}
        return refused

    def _refusal(self, integration: Integration, size: int, now: datetime) -> str:
        name = integration.name
        if self._bytes[name] + size > self._most_bytes - self._bytes.total():
            return f"{name} has {self._bytes[name] // 1_000_000} MB of bodies waiting to be written"
        if self._bodies[name] >= self._most_bodies - self._bodies.total():
            return f"{name} has {self._bodies[name]} bodies waiting to be worked off"
        if integration.limit is not None and not self._within(integration, integration.limit, now):
            return f"{name} sends more than its limit of {integration.limit} bodies a second"
        return ""

    def _within(self, integration: Integration, limit: int, now: datetime) -> bool:
        saved, at = self._saved.get(integration.name, (limit * BURST_SECONDS, now))
        saved = min(limit * BURST_SECONDS, saved + max(0.0, (now - at).total_seconds()) * limit)
        within = saved >= 1
        self._saved[integration.name] = (saved - within, now)
        return within
