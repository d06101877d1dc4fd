"""A calendar's bytes to shifts and segments: the whole way, without IO."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext

from schedules.components import Component, calendars
from schedules.decoding import content_lines
from schedules.events import Event, event, uid_of
from schedules.expansion import Occurrence, occurrences
from schedules.file_zone import file_zone
from schedules.identity import Identity
from schedules.problems import BadEvent, FeedRefused
from schedules.properties import properties
from schedules.shift import Reading, Shift
from schedules.tiling import Window, tile
from schedules.zones import Zone, Zones, named_zone

#: Bounds the time one series may take; reading itself knows no clock.
Deadline = Callable[[], AbstractContextManager[object]]


def read(
    body: bytes,
    window: Window,
    *,
    default_tz: str = "UTC",
    timezone: str | None = None,
    identity: Identity,
    tz_aliases: Mapping[str, str] | None = None,
    source: str = "",
    deadline: Deadline = nullcontext,
) -> Reading:
    """The shifts that touch the half-open window of aware instants, and the segments that tile it.

    A broken event costs that event and gives a warning that names it. Recurring ends follow the wall clock.

    Args:
        body: the calendar as it came.
        window: [begin, end).
        default_tz: zone of floating and all-day events where the calendar has no X-WR-TIMEZONE.
        timezone: their zone whatever the calendar says.
        identity: how names are read.
        tz_aliases: what a TZID means that the calendar does not describe.
        source: the calendar's name, carried along on every shift.
        deadline: entered around each series; an exception it raises costs that series.

    Raises:
        ValueError: `default_tz` or `timezone` is no zone.
    """
    default, forced = _zone(default_tz), _zone(timezone) if timezone else None
    warnings: list[str] = []
    shifts: list[Shift] = []
    try:
        blocks = calendars(content_lines(body))
    except FeedRefused as refused:
        return Reading(refused=str(refused))
    for block in blocks:
        zones = _zones(block, (default, forced), tz_aliases or {}, deadline, warnings)
        for found in _occurrences(block, window, zones, deadline, warnings):
            if not identity.ignores(found.event):
                shifts.extend(_shifts(found, identity, source, warnings))
        warnings.extend(f"time zone {tzid!r} is unknown: the default zone is used" for tzid in sorted(zones.unknown))
    shifts = [shift for shift in shifts if shift.start < window[1] and shift.end > window[0]]
    shifts.sort(key=lambda shift: (shift.start, shift.end, shift.person))
    return Reading(shifts=tuple(shifts), segments=tile(shifts, window), warnings=tuple(dict.fromkeys(warnings)))


def _zone(name: str) -> Zone:
    found = named_zone(name)
    if found is None:
        raise ValueError(f"{name!r} is no time zone: use an IANA name such as Europe/Berlin")
    return found


def _zones(
    block: Component,
    chosen: tuple[Zone, Zone | None],
    aliases: Mapping[str, str],
    deadline: Deadline,
    warnings: list[str],
) -> Zones:
    default, forced = chosen
    in_file: dict[str, Zone] = {}
    for part in block.named("VTIMEZONE"):
        found, _ = properties(part.lines, {"TZID"})
        tzid = found[0].value if found else ""
        try:
            with deadline():
                in_file[tzid] = file_zone(part)
        except Exception as wrong:  # noqa: BLE001 - whatever a block provokes in a library costs that block, and is told
            warnings.append(f"time zone {tzid!r}: {wrong}; its name is used instead")
    zones = Zones(in_file, aliases, default)
    named, _ = properties(block.lines, {"X-WR-TIMEZONE"})
    if forced is not None:
        zones.default = forced
    elif named:
        zones.default = zones.zone(named[0].value)
    return zones


def _occurrences(
    block: Component, window: Window, zones: Zones, deadline: Deadline, warnings: list[str]
) -> Iterator[Occurrence]:
    for uid, parts in _by_uid(block):
        series: list[Event] = []
        for part in parts:
            try:
                read_event, remarks = event(part, zones)
            except (BadEvent, ValueError, OverflowError) as wrong:
                warnings.append(f"event {uid!r} is left out: {wrong}")
                continue
            series.append(read_event)
            warnings.extend(f"event {uid!r}: {remark}" for remark in remarks)
        try:
            with deadline():
                found = list(occurrences(series, window, zones)) if series else []
        except Exception as wrong:  # noqa: BLE001 - whatever a series provokes in a library costs that series, and is told
            warnings.append(f"event {uid!r} is left out: {str(wrong) or type(wrong).__name__}")
            continue
        yield from found


def _by_uid(block: Component) -> Iterator[tuple[str, list[Component]]]:
    """Events by UID in file order; those without one stand alone."""
    series: dict[str, list[Component]] = {}
    for index, part in enumerate(block.named("VEVENT")):
        series.setdefault(uid_of(part) or f"(no UID, number {index + 1})", []).append(part)
    yield from series.items()


def _shifts(found: Occurrence, identity: Identity, source: str, warnings: list[str]) -> Iterator[Shift]:
    names = identity.names(found.event)
    if not names:
        warnings.append(f"event {found.event.uid!r} names nobody: write who is on call into it")
    for named in names:
        yield Shift(
            start=found.start,
            end=found.end,
            person=named.person,
            role=named.role,
            source=source,
            uid=found.event.uid,
            raw=named.raw,
            version=found.event.version,
        )
