"""Small builders for segments and calendars, shared by the tests of this package."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from schedules.shift import Segment, Shift
from schedules.tiling import tile

#: A Monday.
MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return MIDNIGHT + hours * HOUR


def shift(begin: float, end: float, person: str, role: str | None = None, **more) -> Shift:
    return Shift(start=at(begin), end=at(end), person=person, role=role, **more)


def tiled(shifts: Iterable[Shift], begin: float = 0, end: float = 24 * 28) -> tuple[Segment, ...]:
    return tile(shifts, (at(begin), at(end)))


def weekly(*people: str, weeks: int = 4) -> list[Shift]:
    return [shift(168 * week, 168 * (week + 1), people[week % len(people)], uid=str(week)) for week in range(weeks)]


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar of events given as their lines, separated by blanks or line ends."""
    blocks = [f"BEGIN:VEVENT\nUID:e{number}\n{event.strip()}\nEND:VEVENT" for number, event in enumerate(events)]
    return "\n".join(filter(None, ["BEGIN:VCALENDAR", head.strip(), *blocks, "END:VCALENDAR"])).encode()
