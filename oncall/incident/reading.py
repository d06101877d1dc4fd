"""Lines of the timeline as people read them: names as they are now, times of day in the reader's own zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.directory import Directory
from oncall.incident.telling import Mark, MarkKind, pieces
from oncall.incident.values import Entry


def readable(entry: Entry, directory: Directory, zone: str) -> str:
    """The whole line as a plain text; one that was written without marks is as it was written."""
    if not entry.marks:
        return entry.text
    return "".join(
        written if mark is None else shown(mark, written, entry.at, directory, zone)
        for written, mark in pieces(entry.text, entry.marks)
    )


def shown(mark: Mark, written: str, at: datetime, directory: Directory, zone: str) -> str:
    """One marked stretch of a line written at `at`: a name, or a time of day with its zone.

    Who is in the files no more is called as the line has it.
    """
    if mark.kind is MarkKind.INSTANT:
        return local_time(mark.instant, at, zone)
    known = (directory.people if mark.kind is MarkKind.PERSON else directory.teams).get(mark.value)
    return (known.name if known else "") or written


def local_time(instant: datetime, near: datetime, zone: str) -> str:
    """A time of day with its zone, "16:03 CET"; with the date where that is another one than that of `near`."""
    local, beside = instant.astimezone(ZoneInfo(zone)), near.astimezone(ZoneInfo(zone))
    year = f" {local.year}" if local.year != beside.year else ""
    day = f"{local.day} {local:%b}{year} " if local.date() != beside.date() else ""
    return f"{day}{local:%H:%M %Z}"
