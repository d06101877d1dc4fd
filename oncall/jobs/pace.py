"""How the inbox is worked off while bodies still arrive: whoever posts waits for an answer, so answers come first.

One process does both, and on SQLite both need the one write lock. Under a flood of bodies a batch is kept brief and
followed by a rest; nothing is lost by it, for what was accepted is on disk, and critical bodies lead every batch.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Alerts of one batch, at most and at least.
MOST, LEAST = 256, 16
#: Bodies a second from which taking them in comes first, and how many are a flood however long the batch took: senders
#: that wait for their answer send nothing more meanwhile.
FLOOD, MANY, FEW = 200.0, 16, 3
#: How long one batch may hold the write lock during a flood, in seconds.
BRIEF = 0.03
#: During a flood, the rest after a batch as a multiple of its length, and at most so many seconds.
REST, LONGEST_REST = 4.0, 0.5


@dataclass(slots=True)
class Pace:
    """The size of the next batch, and the rest before it."""

    size: int = MOST

    def after(self, *, seconds: float, arrived: int, alerts: int) -> float:
        """A batch of that many alerts took that long and so many bodies arrived meanwhile: how long to rest now."""
        if not seconds or arrived < min(MANY, max(FEW, FLOOD * seconds)):
            self.size = min(MOST, self.size * 2)
            return 0.0
        # By what it cost an alert, not by the size that was allowed: the first batch of a flood is a small one.
        self.size = max(LEAST, min(MOST, int(alerts * BRIEF / seconds)))
        return min(seconds * REST, LONGEST_REST)
