"""DATE and DATE-TIME values, also as calendars in the wild write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from schedules.problems import BadEvent
from schedules.properties import Property
from schedules.zones import UTC_ZONE, Zone, Zones

_STAMP = re.compile(r"(?P<date>\d{8})(?:T(?P<time>\d{6})(?P<utc>Z?))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A wall-clock time; a DATE is its midnight."""

    local: datetime
    is_date: bool
    utc: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A stamp in its zone."""

    stamp: Stamp
    zone: Zone

    @property
    def instant(self) -> datetime:
        """Aware, UTC."""
        return self.zone.to_utc(self.stamp.local)

    def local_in(self, zone: Zone) -> datetime:
        """The wall-clock time in another zone, naive; a DATE stays that date."""
        if zone is self.zone or self.stamp.is_date:
            return self.stamp.local
        return zone.to_local(self.instant)


def stamp(text: str) -> Stamp:
    """A DATE or DATE-TIME value; VALUE=DATE may be missing.

    Raises:
        BadEvent: it is malformed, or there is no such day.
    """
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        raise BadEvent(f"{text[:40]!r} is no date")
    day, clock = match["date"], match["time"] or "000000"
    try:
        # A leap second is read as the second before it, which every clock has.
        local = datetime(  # noqa: DTZ001 - wall-clock time
            int(day[:4]), int(day[4:6]), int(day[6:]), int(clock[:2]), int(clock[2:4]), min(int(clock[4:]), 59)
        )
    except ValueError:
        raise BadEvent(f"{text[:40]!r} is no date") from None
    return Stamp(local, match["time"] is None, bool(match["utc"]))


def moments(prop: Property, zones: Zones) -> list[Moment]:
    """The values of a property that names dates: one, or several separated by commas."""
    return [moment(value, prop, zones) for value in prop.value.split(",") if value.strip()]


def moment(text: str, prop: Property, zones: Zones) -> Moment:
    """One value of a property, in the zone its TZID names."""
    read = stamp(text)
    if prop.params.get("VALUE", "").upper() == "DATE":
        midnight = read.local.replace(hour=0, minute=0, second=0)
        return Moment(Stamp(midnight, is_date=True, utc=False), zones.default)
    if read.utc:
        return Moment(read, UTC_ZONE)
    tzid = prop.params.get("TZID")
    return Moment(read, zones.zone(tzid) if tzid and not read.is_date else zones.default)
