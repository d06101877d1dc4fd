"""Charts as SVG, made here: no script, no style, readable in dark and light through the stylesheet's classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oncall.services.views.insights import Day

WIDTH, HEIGHT, FLOOR = 640, 160, 140


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: where its bar stands, how high, where the expectation lies, and what it says."""

    x: float
    y: float
    width: float
    height: float
    expected_y: float | None
    says: str
    label: str
    unusual: bool


def bars(days: Sequence[Day]) -> list[Bar]:
    """The days as bars; every seventh has its date below."""
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
                says=f"{day.day:%a %d %b}: {day.incidents} incidents{expected}{', unusual' if day.unusual else ''}",
                label=f"{day.day.day} {day.day:%b}" if (len(days) - 1 - place) % 7 == 0 else "",
                unusual=day.unusual,
            )
        )
    return found
