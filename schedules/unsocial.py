"""Nights, weekends and public holidays, in the zone of the person who is on call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.holiday_calendar import public_holidays
from schedules.spans import Span, union

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(7)
_DAY = timedelta(days=1)


def nights(timezone: str, begin: datetime, end: datetime) -> tuple[Span, ...]:
    """22:00 to 07:00 of every night that touches [begin, end)."""
    return _nights(timezone, begin.date(), end.date())


def free_days(timezone: str, holidays: str, begin: datetime, end: datetime) -> tuple[Span, ...]:
    """Saturdays, Sundays and public holidays that touch [begin, end), adjacent ones joined."""
    return _free_days(timezone, holidays, begin.date(), end.date())


def unsocial(timezone: str, holidays: str, begin: datetime, end: datetime) -> tuple[Span, ...]:
    """Nights and free days together, without overlap."""
    return _unsocial(timezone, holidays, begin.date(), end.date())


# People of one place share these, and so do all schedules that are judged on one day, hence the caches.


@lru_cache(maxsize=512)
def _nights(timezone: str, first: date, last: date) -> tuple[Span, ...]:
    zone = ZoneInfo(timezone)
    return tuple(
        (_instant(day, NIGHT_BEGINS, zone), _instant(day + _DAY, NIGHT_ENDS, zone)) for day in _days(first, last)
    )


@lru_cache(maxsize=512)
def _free_days(timezone: str, holidays: str, first: date, last: date) -> tuple[Span, ...]:
    zone = ZoneInfo(timezone)
    free = (day for day in _days(first, last) if day.weekday() >= 5 or day in public_holidays(holidays, day.year))
    return tuple(union((_instant(day, time(), zone), _instant(day + _DAY, time(), zone)) for day in free))


@lru_cache(maxsize=512)
def _unsocial(timezone: str, holidays: str, first: date, last: date) -> tuple[Span, ...]:
    return tuple(union((*_nights(timezone, first, last), *_free_days(timezone, holidays, first, last))))


def _days(first: date, last: date) -> Iterator[date]:
    # Local dates differ from those of UTC by up to a day on either side, and a night begins the day before.
    day = first - 2 * _DAY
    while day <= last + 2 * _DAY:
        yield day
        day += _DAY


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
