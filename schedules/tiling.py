"""Shifts to segments that tile a window: no overlap, no hole, no two equal neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from schedules.shift import OnCall, Segment, Shift

Window = tuple[datetime, datetime]


def tile(shifts: Iterable[Shift], window: Window) -> tuple[Segment, ...]:
    """The segments of the half-open window. A person in two overlapping shifts of one role counts once."""
    begin, end = window
    changes: dict[datetime, list[tuple[OnCall, int]]] = {begin: []}
    for shift in shifts:
        start, stop = max(shift.start, begin), min(shift.end, end)
        if start < stop:
            who = OnCall(person=shift.person, role=shift.role, source=shift.source)
            changes.setdefault(start, []).append((who, 1))
            changes.setdefault(stop, []).append((who, -1))
    segments: list[Segment] = []
    present: Counter[OnCall] = Counter()
    instants = sorted(instant for instant in changes if instant < end)
    for instant, following in zip(instants, [*instants[1:], end], strict=True):
        for who, step in changes[instant]:
            present[who] += step
        add(segments, Segment(start=instant, end=following, on_call=people(present)))
    return tuple(segments)


def people(present: Counter[OnCall]) -> tuple[OnCall, ...]:
    """Those counted at least once, in a fixed order."""
    return tuple(sorted((who for who, count in present.items() if count > 0), key=_order))


def add(segments: list[Segment], segment: Segment) -> None:
    """Append, or lengthen the last one if the same people are on call."""
    if segments and segments[-1].on_call == segment.on_call and segments[-1].end == segment.start:
        segment = Segment(start=segments.pop().start, end=segment.end, on_call=segment.on_call)
    segments.append(segment)


def _order(who: OnCall) -> tuple[str, str, str]:
    return who.person, who.role or "", who.source
