"""Half-open spans of time and the arithmetic everything that counts hours shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from schedules.shift import Segment

#: [start, end), aware instants.
Span = tuple[datetime, datetime]
NOTHING = timedelta(0)


def length(spans: Iterable[Span]) -> timedelta:
    """The sum of the lengths."""
    return sum((end - start for start, end in spans), NOTHING)


def hours(spans: Iterable[Span]) -> float:
    """The sum of the lengths in hours."""
    return length(spans) / timedelta(hours=1)


def union(spans: Iterable[Span]) -> list[Span]:
    """Sorted, without overlap, adjacent ones joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return joined


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What two unions share."""
    shared: list[Span] = []
    left, right = 0, 0
    while left < len(one) and right < len(other):
        start, end = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        if start < end:
            shared.append((start, end))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return shared


def without(one: Iterable[Span], other: Iterable[Span]) -> list[Span]:
    """What of the first is not in the second, as a union."""
    left: list[Span] = []
    gone = union(other)
    for start, end in union(one):
        since = start
        for begin, stop in gone:
            if stop <= since or begin >= end:
                continue
            if begin > since:
                left.append((since, begin))
            since = max(since, stop)
        if since < end:
            left.append((since, end))
    return left


def stretches(segments: Iterable[Segment], begin: datetime, end: datetime) -> dict[str, list[Span]]:
    """Each person's uninterrupted spans on call within [begin, end), whatever their roles."""
    found: dict[str, list[Span]] = {}
    for segment in segments:
        start, stop = max(segment.start, begin), min(segment.end, end)
        if start >= stop:
            continue
        for person in {who.person for who in segment.on_call}:
            mine = found.setdefault(person, [])
            if mine and mine[-1][1] == start:
                mine[-1] = (mine[-1][0], stop)
            else:
                mine.append((start, stop))
    return found
