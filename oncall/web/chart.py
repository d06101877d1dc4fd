"""Charts as SVG, made here: no script, no style, readable in dark and light through the stylesheet's classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from oncall.services.views.insights import Day, PersonWeek

WIDTH, HEIGHT, FLOOR = 640, 160, 140
#: More bars than this nobody can tell apart, let alone hit.
MOST_DAYS = 120
#: So many days have room for the date of every seventh on a phone, too.
FEW_DAYS = 35


@dataclass(frozen=True, slots=True)
class Bar:
    """One day or week: where its bar stands, how high, where the expectation lies, and what it says."""

    x: float
    y: float
    width: float
    height: float
    expected_y: float | None
    says: str
    label: str
    #: Its label has no room on a phone.
    minor: bool
    unusual: bool
    #: The day it stands for, as an address has it; empty for a week.
    day: str


def by_week(days: Sequence[Day]) -> bool:
    """Whether there are so many days that only their weeks can be told apart."""
    return len(days) > MOST_DAYS


def bars(days: Sequence[Day]) -> list[Bar]:
    """The days as bars, every seventh with its date below; the weeks where there are too many days."""
    return _weeks(days) if by_week(days) else _days(days)


def _weeks(days: Sequence[Day]) -> list[Bar]:
    """Whole weeks back from the last day; nothing is marked, since in a week there is always an odd day."""
    parts = [days[max(end - 7, 0) : end] for end in range(len(days), 0, -7)][::-1]
    sums = [sum(day.incidents for day in part) for part in parts]
    step, most = WIDTH / len(parts), max([1, *sums])
    found = []
    for place, (part, incidents) in enumerate(zip(parts, sums, strict=True)):
        height = FLOOR * 0.92 * incidents / most
        alerts = sum(day.alerts for day in part)
        found.append(
            Bar(
                x=round(place * step + step * 0.15, 1),
                y=round(FLOOR - height, 1),
                width=round(step * 0.7, 1),
                height=round(height, 1),
                expected_y=None,
                says=f"{part[0].day:%d %b} to {part[-1].day:%d %b}: {incidents} incidents; {alerts} alerts",
                label=f"{part[0].day.day} {part[0].day:%b}" if (len(parts) - 1 - place) % 7 == 3 else "",
                minor=(len(parts) - 1 - place) % 14 != 3,
                unusual=False,
                day="",
            )
        )
    return found


def _days(days: Sequence[Day]) -> list[Bar]:
    most = max([1.0, *(day.incidents for day in days), *(day.expected or 0 for day in days)])
    step = WIDTH / max(len(days), 1)
    found = []
    for place, day in enumerate(days):
        height = FLOOR * 0.92 * day.incidents / most
        expected = f", {day.expected:g} expected" if day.expected is not None else ""
        found.append(
            Bar(
                x=round(place * step + step * 0.15, 1),
                y=round(FLOOR - height, 1),
                width=round(step * 0.7, 1),
                height=round(height, 1),
                expected_y=round(FLOOR - FLOOR * 0.92 * day.expected / most, 1) if day.expected is not None else None,
                says=_says(day, expected),
                label=f"{day.day.day} {day.day:%b}" if (len(days) - 1 - place) % 7 == 0 else "",
                minor=len(days) > FEW_DAYS and (len(days) - 1 - place) % 21 != 0,
                unusual=day.unusual or day.unusual_alerts,
                day=day.day.isoformat(),
            )
        )
    return found


def _says(day: Day, expected: str) -> str:
    of_alerts = f", {day.expected_alerts:g} expected" if day.expected_alerts is not None else ""
    odd = [name for name, is_odd in (("incidents", day.unusual), ("alerts", day.unusual_alerts)) if is_odd]
    marked = f"; unusually many {' and '.join(odd)}" if odd else ""
    return f"{day.day:%a %d %b}: {day.incidents} incidents{expected}; {day.alerts} alerts{of_alerts}{marked}"


@dataclass(frozen=True, slots=True)
class Warmth:
    """One person's weeks, each with how warm it was: 0 for none, up to 4 for the busiest of all."""

    person: str
    name: str
    weeks: tuple[tuple[int, PersonWeek | None], ...]

    @property
    def cells(self) -> Markup:
        """The row's cells: hundreds of them in a view, all made of numbers."""
        return Markup("").join(_cell(warm, one) for warm, one in self.weeks)


def _cell(warm: int, one: PersonWeek | None) -> Markup:
    nights = one.nights if one is not None else 0
    broken = f'<span class="small" title="{nights} night{"" if nights == 1 else "s"} broken"> ☾{nights}</span>'
    said = f"{one.pages}{broken if nights else ''}" if one is not None and one.pages else ""
    return Markup(f'<td class="numbers warm-{warm}">{said}</td>')  # noqa: S704 - numbers alone


def heat(weeks: Sequence[PersonWeek], mondays: Sequence[date]) -> list[Warmth]:
    """Who had how many pages in which week, the most paged first."""
    by_person: dict[str, dict[date, PersonWeek]] = {}
    for one in weeks:
        by_person.setdefault(one.person, {})[one.week] = one
    most = max((one.pages for one in weeks), default=0)
    rows = [
        Warmth(
            person=person,
            name=next(iter(found.values())).name,
            weeks=tuple((_warm(found[day].pages, most) if day in found else 0, found.get(day)) for day in mondays),
        )
        for person, found in by_person.items()
        if any(one.pages for one in found.values())
    ]
    return sorted(rows, key=lambda row: (-sum(one.pages for _, one in row.weeks if one), row.name))


def _warm(pages: int, most: int) -> int:
    return min(4, 1 + 4 * (pages - 1) // max(most, 1)) if pages else 0
