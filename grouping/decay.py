"""Counts that fade: what happened a month ago weighs half of what happens now.

Counts are kept "inflated": an event at time t adds 2^((t - EPOCH) / HALF_LIFE), and reading divides by today's weight.
So nothing has to be walked for time to pass, and a row says the same whenever it was written.
"""

from __future__ import annotations

import math

HALF_LIFE = 30 * 86400.0
#: 2026-01-01T00:00:00Z. Floats hold the weights for 84 years from here.
EPOCH = 1767225600.0
#: Two alerts happen together when they begin within this many seconds of one another.
WINDOW = 300.0
#: The second look at things: slow burns and backlogs begin within this long.
SLOW_WINDOW = 3600.0
#: Up to here the fast window's relations are scored, beyond it the slow one's.
FAST_REACH = 600.0


def weight_at(at: float) -> float:
    """What one event at this instant (seconds since the epoch) adds to an inflated count."""
    return float(2.0 ** ((at - EPOCH) / HALF_LIFE))


def observed_seconds(since: float, now: float) -> float:
    """The decayed length of the time watched; at least a quarter of a day, so that early rates stay modest."""
    faded: float = 2.0 ** (-(now - since) / HALF_LIFE)
    return max(HALF_LIFE / math.log(2) * (1 - faded), 21600.0)
