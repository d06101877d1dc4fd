"""What a day is likely to bring, from the same weekdays before it, and what is far beyond that. Pure.

The expectation is the median of the same weekday in the eight weeks before, so that one bad day does not raise it. The
spread is the median distance from it (times 1.4826, which makes it a standard deviation where days scatter evenly), but
at least the square root of the expectation, by which counts scatter anyway, and at least one. Beyond three spreads a
day is unusual. No trend, no holidays: simple enough to check by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

#: Weeks looked back, and how many of them there must be.
WEEKS = 8
LEAST = 3
#: Standard deviation over median distance, of a normal distribution.
_SCALE = 1.4826
#: Spreads beyond which a day is unusual.
FAR = 3.0
_BACK = tuple(timedelta(weeks=week) for week in range(1, WEEKS + 1))


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """How many are to be expected, and the range that is not unusual."""

    day: date
    value: float
    low: float
    high: float


def expected_on(series: Mapping[date, int], day: date) -> Expected | None:
    """What that day is likely to bring; None with fewer than three such weekdays in the eight weeks before.

    `series` has the days that were counted; a day that is not in it is not known, which is not zero.
    """
    same = [series[at] for back in _BACK if (at := day - back) in series] if series else []
    if len(same) < LEAST:
        return None
    value = _middle(same)
    reach = FAR * _spread(same, value)
    return Expected(day=day, value=value, low=round(max(value - reach, 0.0), 1), high=round(value + reach, 1))


def forecast(series: Mapping[date, int], today: date, days: int) -> tuple[Expected, ...]:
    """The days after today, as far as anything is to be said of them."""
    ahead = [expected_on(series, today + timedelta(days=number)) for number in range(1, days + 1)]
    return tuple(one for one in ahead if one is not None)


def unusual(count: int, expected: Expected | None) -> bool:
    """Whether that many are far beyond what was to be expected; too few are no trouble."""
    return expected is not None and count > expected.high


def _middle(values: Sequence[float]) -> float:
    """The median; a year of days asks for it thousands of times, of at most eight values."""
    ordered, half = sorted(values), len(values) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _spread(same: Sequence[int], value: float) -> float:
    distance = _middle([abs(count - value) for count in same])
    return max(_SCALE * distance, math.sqrt(value), 1.0)
