"""One VEVENT to a value, with the repairs that calendars in the wild need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from schedules.components import Component
from schedules.lengths import MAX_LENGTH, Length, duration
from schedules.problems import BadEvent
from schedules.properties import Property, properties
from schedules.rules import Rule, rule
from schedules.stamps import Moment, moment, stamp
from schedules.zones import Zones

_WANTED = frozenset(
    {
        "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
        "STATUS", "SEQUENCE", "LAST-MODIFIED", "SUMMARY", "ATTENDEE",
    }
)  # fmt: skip

#: Of a summary; no name is longer.
LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Event:
    """What matters of one VEVENT."""

    uid: str
    start: Moment
    #: The end of this very event; None where only the length is known.
    end: Moment | None
    length: Length
    rules: tuple[Rule, ...]
    added: tuple[Property, ...]
    removed: tuple[Property, ...]
    replaces: Moment | None
    this_and_future: bool
    cancelled: bool
    #: SEQUENCE, then LAST-MODIFIED: of two versions of one thing the greater counts.
    version: tuple[int, str]
    summary: str
    attendees: tuple[Property, ...]

    @property
    def recurs(self) -> bool:
        """Whether it stands for several shifts."""
        return bool(self.rules or self.added)


def uid_of(block: Component) -> str:
    """The UID a block carries, or an empty string; never fails."""
    found, _ = properties(block.lines, {"UID"})
    return found[0].value if found else ""


def event(block: Component, zones: Zones) -> tuple[Event, list[str]]:
    """The event of a VEVENT block, and what had to be repaired.

    Raises:
        BadEvent: the event cannot be used.
    """
    found, unreadable = properties(block.lines, _WANTED)
    if unreadable:
        raise BadEvent(f"the line {unreadable[0][:60]!r} cannot be read")
    first = {prop.name: prop for prop in reversed(found)}
    if "DTSTART" not in first:
        raise BadEvent("there is no DTSTART")
    start = moment(first["DTSTART"].value, first["DTSTART"], zones)
    end, length, remarks = _extent(first, start, zones)
    replaced = first.get("RECURRENCE-ID")
    read = Event(
        uid=first["UID"].value if "UID" in first else "",
        start=start,
        end=end,
        length=length,
        # Equal rules, as some programs write them twice, would only be expanded twice.
        rules=() if replaced else tuple(rule(text) for text in dict.fromkeys(_values(found, "RRULE"))),
        added=() if replaced else _dates(found, "RDATE", remarks),
        removed=_dates(found, "EXDATE", remarks),
        replaces=moment(replaced.value, replaced, zones) if replaced else None,
        this_and_future=replaced is not None and replaced.params.get("RANGE", "").upper() == "THISANDFUTURE",
        cancelled=_value(first, "STATUS").upper() == "CANCELLED",
        version=(_number(_value(first, "SEQUENCE")), _value(first, "LAST-MODIFIED")),
        summary=_value(first, "SUMMARY")[:LONGEST_TEXT],
        attendees=tuple(prop for prop in found if prop.name == "ATTENDEE"),
    )
    return read, remarks


def _extent(first: dict[str, Property], start: Moment, zones: Zones) -> tuple[Moment | None, Length, list[str]]:
    """The end and the length. DTEND wins over DURATION: Thunderbird writes both, with a zero DURATION."""
    if (end_prop := first.get("DTEND")) is not None:
        end = moment(end_prop.value, end_prop, zones)
        length = Length(wall=end.local_in(start.zone) - start.stamp.local)
        if end.instant <= start.instant and length.wall <= timedelta(0):
            return None, Length(), ["its DTEND is not after its DTSTART: it puts nobody on call"]
        if length.wall > MAX_LENGTH:
            raise BadEvent("it is longer than ten years")
        return end, length, []
    if "DURATION" in first:
        length = duration(first["DURATION"].value)
        if length.about > MAX_LENGTH:
            raise BadEvent("it is longer than ten years")
        return None, length, []
    return None, Length(wall=timedelta(days=1 if start.stamp.is_date else 0)), []


def _dates(found: Sequence[Property], name: str, remarks: list[str]) -> tuple[Property, ...]:
    """The properties of that name without the values that cannot be read: one slip must not cost a whole series."""
    kept = []
    for prop in found:
        if prop.name == name:
            good = [value for value in prop.value.split(",") if _readable(value, name, remarks)]
            kept.append(Property(prop.name, prop.params, ",".join(good)))
    return tuple(kept)


def _readable(value: str, name: str, remarks: list[str]) -> bool:
    begin, _, rest = value.strip().partition("/")
    try:
        stamp(begin)
        if rest and rest[:1] in "Pp+-":
            duration(rest)
        elif rest:
            stamp(rest)
    except BadEvent as wrong:
        if value.strip():
            remarks.append(f"one {name} is ignored: {wrong}")
        return False
    return True


def _values(found: Sequence[Property], name: str) -> list[str]:
    return [prop.value for prop in found if prop.name == name]


def _value(first: dict[str, Property], name: str) -> str:
    return first[name].value if name in first else ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
