"""A zone as a calendar's own VTIMEZONE describes it (RFC 5545 3.6.5)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise

from dateutil.rrule import rrulestr

from schedules.components import Component
from schedules.problems import BadEvent
from schedules.properties import Property, properties
from schedules.rules import rule
from schedules.stamps import stamp

_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)(?::?(?P<seconds>\d\d))?")
_WANTED = frozenset({"DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"})
#: Changes of offset are worked out up to here; the last offset holds from then on.
_LAST_YEAR = 2060
#: Outlook lets its rules begin in 1601; nobody changes the clocks more than a few times a year.
MOST_ONSETS = 2000


@dataclass(frozen=True, slots=True, order=True)
class _Change:
    at: datetime  # naive UTC
    before: timedelta
    after: timedelta


class FileZone:
    """Offsets by instant, from a sorted list of changes."""

    def __init__(self, changes: Sequence[_Change]) -> None:
        first = changes[0].before
        self._instants = [change.at for change in changes]
        self._offsets = [first, *(change.after for change in changes)]
        # In a gap the earlier offset holds up to the end of the gap, in a fold up to the end of the first pass.
        self._locals = [
            change.at + max(before, after)
            for change, (before, after) in zip(changes, pairwise(self._offsets), strict=True)
        ]

    def to_utc(self, local: datetime) -> datetime:
        """The instant of a naive local time, aware in UTC."""
        return (local - self._offsets[bisect_right(self._locals, local)]).replace(tzinfo=UTC)

    def to_local(self, instant: datetime) -> datetime:
        """The naive local time at an aware instant."""
        at = instant.astimezone(UTC).replace(tzinfo=None)
        return at + self._offsets[bisect_right(self._instants, at)]


def file_zone(block: Component) -> FileZone:
    """The zone of a VTIMEZONE block.

    Raises:
        BadEvent: it names no offset, or a rule no zone can have.
    """
    observances = block.named("STANDARD") + block.named("DAYLIGHT")
    return _file_zone(tuple(tuple(observance.lines) for observance in observances))


@lru_cache(maxsize=512)
def _file_zone(observances: tuple[tuple[str, ...], ...]) -> FileZone:
    # Every calendar of one vendor repeats the same blocks, hence the cache.
    changes = sorted({change for lines in observances for change in _changes(lines)})
    if not changes:
        raise BadEvent("the VTIMEZONE names no offset")
    return FileZone(changes)


def _changes(lines: Sequence[str]) -> Iterator[_Change]:
    found, _ = properties(lines, _WANTED)
    first = {prop.name: prop for prop in reversed(found)}
    if missing := {"DTSTART", "TZOFFSETTO"} - first.keys():
        raise BadEvent(f"the VTIMEZONE lacks {min(missing)}")
    after = _offset(first["TZOFFSETTO"].value)
    before = _offset(first["TZOFFSETFROM"].value) if "TZOFFSETFROM" in first else after
    start = stamp(first["DTSTART"].value).local
    onsets = {start}
    for prop in found:
        onsets.update(_onsets(prop, start, before))
    return (_Change(onset - before, before, after) for onset in onsets)


def _onsets(prop: Property, start: datetime, before: timedelta) -> Iterator[datetime]:
    if prop.name == "RDATE":
        yield from (stamp(value).local for value in prop.value.split(","))
    elif prop.name == "RRULE":
        checked = rule(prop.value)
        if checked.freq not in {"MONTHLY", "YEARLY"}:
            raise BadEvent(f"the VTIMEZONE changes {checked.freq.lower()}")
        until = stamp(checked.until) if checked.until else None
        last = None if until is None else until.local + before if until.utc else until.local
        text = checked.text(f"{min(last or datetime.max, datetime(_LAST_YEAR, 1, 1)):%Y%m%dT%H%M%S}")  # noqa: DTZ001,DTZ901 - naive local
        onsets = list(islice(rrulestr(text, dtstart=start), MOST_ONSETS + 1))
        if len(onsets) > MOST_ONSETS:
            raise BadEvent("the VTIMEZONE changes more often than any clock does")
        yield from onsets


def _offset(text: str) -> timedelta:
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        raise BadEvent(f"the VTIMEZONE offset {text[:20]!r} cannot be read")
    size = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]), seconds=int(match["seconds"] or 0))
    return -size if match["sign"] == "-" else size
