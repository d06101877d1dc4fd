"""Shifts and the segments they make, the two values everything else in this package works on."""

from __future__ import annotations

from datetime import datetime

import msgspec


class OnCall(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One person on call: by what name, in which role, and which calendar or override says so."""

    person: str
    role: str | None = None
    source: str = ""


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """One person's half-open span [start, end), aware instants in UTC."""

    start: datetime
    end: datetime
    person: str
    role: str | None = None
    source: str = ""
    #: The event it comes from.
    uid: str = ""
    #: The name as the calendar writes it.
    raw: str = ""
    #: SEQUENCE and LAST-MODIFIED of the event: they never fall unless the provider serves an older copy.
    version: tuple[int, str] = (0, "")


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A maximal half-open piece [start, end) with the same people on call; nobody is a gap."""

    start: datetime
    end: datetime
    on_call: tuple[OnCall, ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a calendar says. `refused` is set when the body must not replace the last good one."""

    shifts: tuple[Shift, ...] = ()
    segments: tuple[Segment, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: str | None = None
