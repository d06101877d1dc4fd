"""A series of events to its single occurrences, over a wide window and on wall-clock time.

recurring-ical-events does the set arithmetic (rules, added and removed dates, single changes, changes from one
instance on). It is handed naive local times of the series' own zone, never instants: that way the rules follow the
wall clock, and no comparison of its own can fall into a change of offset.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import icalendar
import recurring_ical_events
from icalendar.prop import vDDDLists, vDDDTypes, vRecur

from schedules.events import Event
from schedules.lengths import Length, duration
from schedules.problems import BadEvent
from schedules.properties import Property
from schedules.rules import Rule
from schedules.stamps import Moment, moment, moments
from schedules.zones import Zone, Zones

#: How many instances of one series are looked at, from its first to the end of the window.
MAX_INSTANCES = 100_000
#: More than any offset of a zone, and than the difference of two.
_MARGIN = timedelta(days=2)
_INDEX = "X-INDEX"
_FIRST = datetime(1, 1, 3)  # noqa: DTZ001 - wall-clock time


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One instance in UTC, and the event whose text says who it is."""

    start: datetime
    end: datetime
    event: Event


def occurrences(series: Sequence[Event], window: tuple[datetime, datetime], zones: Zones) -> Iterator[Occurrence]:
    """The occurrences of one UID that may touch the window, without the cancelled and the empty ones.

    Raises:
        BadEvent: the rule stands for more instances than any rotation has.
    """
    versions = _current(series)
    master = next((event for event in versions if event.replaces is None), None)
    if master is None or not (master.recurs or len(versions) > 1):
        found: Iterator[Occurrence] = (_single(event) for event in versions)
    else:
        found = _expanded(master, versions, window, zones)
    for occurrence in found:
        if occurrence.start < occurrence.end and not occurrence.event.cancelled:
            yield occurrence


def _current(series: Sequence[Event]) -> list[Event]:
    """The latest version of the master and of each change; later in the file wins a tie."""
    latest: dict[tuple[datetime, bool] | None, Event] = {}
    for event in series:
        key = None if event.replaces is None else (event.replaces.instant, event.this_and_future)
        if key not in latest or event.version >= latest[key].version:
            latest[key] = event
    return list(latest.values())


def _single(event: Event) -> Occurrence:
    start = event.start.instant
    end = event.end.instant if event.end is not None else _end(event.start.stamp.local, event.start.zone, event.length)
    return Occurrence(start, end, event)


def _end(local: datetime, zone: Zone, length: Length) -> datetime:
    return zone.to_utc(local + length.wall) + length.exact


def _expanded(
    master: Event, versions: Sequence[Event], window: tuple[datetime, datetime], zones: Zones
) -> Iterator[Occurrence]:
    zone = master.start.zone
    added, lengths = _added(master, zones)
    longest = max(event.length.about for event in versions)
    longest = max([longest, *(length.about for length in lengths.values())]) + _MARGIN
    first, last = (zone.to_local(instant) for instant in window)
    span = (_earlier(first, longest), last + _MARGIN)
    calendar = icalendar.Calendar()
    for index, event in enumerate(versions):
        calendar.add_component(_floating(index, event, master=master, zones=zones, span=span, added=added))
    for found in recurring_ical_events.of(calendar, skip_bad_series=False).between(*span):
        event = versions[int(found[_INDEX])]
        if event.replaces is not None and not event.this_and_future:
            yield _single(event)
        else:
            local = _naive(found["DTSTART"].dt)
            yield Occurrence(zone.to_utc(local), _end(local, zone, lengths.get(local, event.length)), event)


def _floating(
    index: int,
    event: Event,
    *,
    master: Event,
    zones: Zones,
    span: tuple[datetime, datetime],
    added: Sequence[datetime],
) -> Any:
    """The event as recurring-ical-events gets it: wall-clock times of the master's zone, and our index."""
    zone = master.start.zone
    start = event.start.local_in(zone)
    if event is master:
        start = _fast_forward(event, start, span)
    made: Any = icalendar.Event()
    made["UID"] = "series"
    made[_INDEX] = str(index)
    made["DTSTART"] = vDDDTypes(start)
    made["DTEND"] = vDDDTypes(start + event.length.about)
    if event.replaces is not None:
        made["RECURRENCE-ID"] = vDDDTypes(_on_series_clock(event.replaces, master))
        if event.this_and_future:
            made["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
        return made
    made["RRULE"] = [vRecur.from_ical(_rule_text(rule, event, zones, span)) for rule in event.rules]
    if added:
        made["RDATE"] = vDDDLists(list(added))
    removed = [gone for prop in event.removed for value in moments(prop, zones) for gone in _removed(value, event)]
    if removed:
        made["EXDATE"] = vDDDLists(removed)
    return made


def _fast_forward(master: Event, start: datetime, span: tuple[datetime, datetime]) -> datetime:
    """A later start with the same instances inside the span, so that years of history are not walked through.

    Raises:
        BadEvent: what is left to walk is more than any rotation has.
    """
    if len(master.rules) == 1 and (period := master.rules[0].period) is not None:
        start += max(0, (span[0] - _MARGIN - start) // period) * period
    days = max(0, (span[1] - start).days)
    for rule in master.rules:
        limit = min(rule.instances(days), rule.count or MAX_INSTANCES + 1)
        if limit > MAX_INSTANCES:
            raise BadEvent(f"RRULE stands for more than {MAX_INSTANCES} instances")
    return start


def _rule_text(rule: Rule, master: Event, zones: Zones, span: tuple[datetime, datetime]) -> str:
    """The rule with its UNTIL on the series' own wall clock, never beyond the span, so that it always ends."""
    last = span[1]
    if rule.until:
        until = moment(rule.until, Property("UNTIL", {}, rule.until), zones)
        # Without a Z an UNTIL is local time of the series (RFC 5545 wants the Z; many calendars forget it).
        local = master.start.zone.to_local(until.instant) if until.stamp.utc else until.stamp.local
        last = min(last, local)
    return rule.text(f"{last:%Y%m%dT%H%M%S}".zfill(15))


def _added(master: Event, zones: Zones) -> tuple[list[datetime], dict[datetime, Length]]:
    """RDATE starts on the series' wall clock, and the lengths of those given as periods."""
    starts: list[datetime] = []
    lengths: dict[datetime, Length] = {}
    for prop in master.added:
        for value in filter(None, prop.value.split(",")):
            begin, _, rest = value.partition("/")
            when = moment(begin, prop, zones)
            local = _on_series_clock(when, master)
            starts.append(local)
            if rest.strip().upper().startswith(("P", "+P")):
                lengths[local] = duration(rest)
            elif rest:
                end = moment(rest, prop, zones)
                lengths[local] = Length(exact=end.instant - when.instant)
    return starts, lengths


def _on_series_clock(value: Moment, master: Event) -> datetime:
    """The local time in the series' zone of the instance that a DATE or DATE-TIME names."""
    start = master.start
    if start.stamp.is_date:
        # Outlook names the days of an all-day series by date-times; their local date counts.
        local = start.zone.to_local(value.instant) if value.stamp.utc else value.stamp.local
        return local.replace(hour=0, minute=0, second=0)
    if value.stamp.is_date:
        return datetime.combine(value.stamp.local.date(), start.stamp.local.time())
    if value.zone is start.zone:
        return value.stamp.local
    names = _names_of(value.instant, start.zone)
    return next((name for name in names if name.time() == start.stamp.local.time()), names[0])


def _removed(value: Moment, master: Event) -> list[date]:
    if value.stamp.is_date and not master.start.stamp.is_date:
        return [value.stamp.local.date()]
    if master.start.stamp.is_date or value.zone is master.start.zone:
        return [_on_series_clock(value, master)]
    return list(_names_of(value.instant, master.start.zone))


def _names_of(instant: datetime, zone: Zone) -> list[datetime]:
    """The local times that mean this instant: two where one of them falls into a gap, itself being read later."""
    local = zone.to_local(instant)
    skipped = [local - timedelta(minutes=minutes) for minutes in (30, 60, 120)]
    return [local, *(name for name in skipped if zone.to_utc(name) == instant)]


def _naive(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _earlier(local: datetime, by: timedelta) -> datetime:
    return local - by if local - _FIRST > by else _FIRST
