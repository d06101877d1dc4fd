"""What a TZID means: the calendar's own VTIMEZONE first, then aliases, IANA, Windows and vendor names.

Local times that do not exist use the offset before the gap, ambiguous ones are the first occurrence
(RFC 5545 3.3.5), with every kind of zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_MICROSOFT = re.compile(r"tzone://Microsoft/(?P<name>.+)", re.IGNORECASE)
_DISPLAY = re.compile(r"\((?:UTC|GMT)(?:[+-]\d\d:\d\d)?\)\s*(?P<places>.+)", re.IGNORECASE)


class Zone(Protocol):
    """Local wall-clock time to instants and back."""

    def to_utc(self, local: datetime) -> datetime:
        """The instant of a naive local time, aware in UTC."""
        ...

    def to_local(self, instant: datetime) -> datetime:
        """The naive local time at an aware instant."""
        ...


class NamedZone:
    """A zone the tz database knows."""

    def __init__(self, info: ZoneInfo) -> None:
        self._info = info

    def to_utc(self, local: datetime) -> datetime:
        """The instant of a naive local time, aware in UTC."""
        return local.replace(tzinfo=self._info, fold=0).astimezone(UTC)

    def to_local(self, instant: datetime) -> datetime:
        """The naive local time at an aware instant."""
        return instant.astimezone(self._info).replace(tzinfo=None, fold=0)


class UtcZone:
    """UTC itself, whose conversions cost next to nothing."""

    def to_utc(self, local: datetime) -> datetime:
        """The instant of a naive local time, aware in UTC."""
        return local.replace(tzinfo=UTC)

    def to_local(self, instant: datetime) -> datetime:
        """The naive local time at an aware instant."""
        return instant.astimezone(UTC).replace(tzinfo=None)


UTC_ZONE = UtcZone()


@cache
def _iana_by_casefold() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@cache
def _windows_by_casefold() -> Mapping[str, str]:
    return {name.casefold(): olson for name, olson in WINDOWS_TO_OLSON.items()}


@cache
def named_zone(name: str) -> Zone | None:
    """The zone of an IANA name, a Windows name or a vendor's spelling of one, or None."""
    cleaned = name.strip().strip('"')
    if match := _MICROSOFT.fullmatch(cleaned):
        cleaned = match["name"]
    if cleaned.upper() in {"UTC", "Z", "GMT", "ETC/UTC"}:
        return UTC_ZONE
    windows = _windows_by_casefold().get(cleaned.casefold())
    iana = _iana(cleaned) or windows or _iana_tail(cleaned) or _display_name(cleaned)
    return NamedZone(ZoneInfo(iana)) if iana is not None else None


def _iana(name: str) -> str | None:
    return _iana_by_casefold().get(name.strip("/").casefold())


def _iana_tail(name: str) -> str | None:
    """Globally unique TZIDs (RFC 5545 3.2.19) put a vendor prefix in front of an IANA name."""
    parts = name.strip("/").split("/")
    # A single last part ("UTC", "Japan") is too little to guess from unless the prefix is there.
    tails = ("/".join(parts[start:]) for start in range(1, len(parts)))
    return next((iana for tail in tails if (iana := _iana(tail)) is not None), None)


def _display_name(name: str) -> str | None:
    """Outlook's display names: "(UTC+01:00) Amsterdam, Berlin, ..." names cities, American ones their time."""
    match = _DISPLAY.fullmatch(name)
    if match is None:
        return None
    places = [place.strip() for place in match["places"].split(",")]
    return next((iana for place in places if (iana := _iana_by_city().get(place.casefold())) is not None), None)


@cache
def _iana_by_city() -> Mapping[str, str]:
    cities = {name.rpartition("/")[2].replace("_", " ").casefold(): name for name in sorted(available_timezones())}
    american = {"eastern": "New_York", "central": "Chicago", "mountain": "Denver", "pacific": "Los_Angeles"}
    return cities | {f"{time} time (us & canada)": f"America/{city}" for time, city in american.items()}


class Zones:
    """The zones of one calendar; unknown names mean the default zone, and are remembered for a warning."""

    def __init__(self, in_file: Mapping[str, Zone], aliases: Mapping[str, str], default: Zone) -> None:
        self._in_file = in_file
        self._aliases = aliases
        self.default = default
        self.unknown: set[str] = set()

    def zone(self, tzid: str) -> Zone:
        """What the TZID parameter means in this calendar."""
        if (known := self._in_file.get(tzid)) is not None:
            return known
        found = named_zone(self._aliases.get(tzid, tzid))
        if found is None:
            self.unknown.add(tzid)
            return self.default
        return found
