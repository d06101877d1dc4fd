"""What a new calendar changes for each person: segments are compared, not events or sequence numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from schedules.shift import Segment
from schedules.spans import Span


class ChangeKind(StrEnum):
    """What happened to a span."""

    APPEARED = "appeared"
    MOVED = "moved"
    VANISHED = "vanished"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One person's span in one role, before and after."""

    person: str
    role: str | None
    kind: ChangeKind
    before: Span | None = None
    after: Span | None = None


def changes(before: Sequence[Segment], after: Sequence[Segment], now: datetime) -> tuple[Change, ...]:
    """The changes from `now` on, as far as both know, ordered by person and time."""
    end = min(before[-1].end, after[-1].end) if before and after else now
    old, new = _spans(before, now, end), _spans(after, now, end)
    found: list[Change] = []
    for person, role in old.keys() | new.keys():
        gone, come = _difference(old.get((person, role), ()), new.get((person, role), ()))
        found.extend(_paired(person, role, gone, come))
    return tuple(sorted(found, key=lambda change: (change.person, change.after or change.before, change.role or "")))


def by_person(found: Iterable[Change]) -> dict[str, tuple[Change, ...]]:
    """One bundle per person, so that a refresh sends each of them one notice."""
    bundles: dict[str, list[Change]] = {}
    for change in found:
        bundles.setdefault(change.person, []).append(change)
    return {person: tuple(bundle) for person, bundle in bundles.items()}


def _spans(segments: Iterable[Segment], begin: datetime, end: datetime) -> dict[tuple[str, str | None], list[Span]]:
    found: dict[tuple[str, str | None], list[Span]] = {}
    for segment in segments:
        start, stop = max(segment.start, begin), min(segment.end, end)
        if start >= stop:
            continue
        for person, role in {(who.person, who.role) for who in segment.on_call}:
            mine = found.setdefault((person, role), [])
            if mine and mine[-1][1] == start:
                mine[-1] = (mine[-1][0], stop)
            else:
                mine.append((start, stop))
    return found


def _difference(old: Sequence[Span], new: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    same = set(old) & set(new)
    return [span for span in old if span not in same], [span for span in new if span not in same]


def _paired(person: str, role: str | None, gone: list[Span], come: list[Span]) -> Iterable[Change]:
    for old in gone:
        # A span moved if the new one overlaps the old, else if it has the same length: the nearest such.
        likely = [new for new in come if _overlap(old, new) or new[1] - new[0] == old[1] - old[0]]
        new = min(likely, key=lambda span: (not _overlap(old, span), abs(span[0] - old[0])), default=None)
        if new is None:
            yield Change(person=person, role=role, kind=ChangeKind.VANISHED, before=old)
        else:
            come.remove(new)
            yield Change(person=person, role=role, kind=ChangeKind.MOVED, before=old, after=new)
    for new in come:
        yield Change(person=person, role=role, kind=ChangeKind.APPEARED, after=new)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
