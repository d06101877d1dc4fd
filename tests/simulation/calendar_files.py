"""The company's calendars as teams edit and break them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from schedules.identity import identity
from schedules.reading import read
from schedules.shift import Shift
from tests.acceptance import story

#: Rotation to its calendar's file, and the two people who change places in it.
ROTATIONS = {
    "platform/primary": ("platform-primary.ics", "alice", "bob"),
    "payments/primary": ("payments-primary.ics", "carol", "dave"),
}

#: No history lasts longer.
LONGEST = timedelta(days=300)


class Edit(StrEnum):
    """What becomes of a calendar."""

    ORIGINAL = "original"
    SWAPPED = "swapped"
    EMPTY = "empty"
    BROKEN = "broken"
    GONE = "gone"


GOOD = frozenset({Edit.ORIGINAL, Edit.SWAPPED})


@dataclass
class CalendarFiles:
    """The folder of one company, what each calendar is now, and which versions may be in force."""

    folder: Path
    is_now: dict[str, Edit] = field(default_factory=dict)
    #: The versions of each rotation of which one must be in force (invariant 11).
    may_hold: dict[str, set[Edit]] = field(default_factory=dict)

    def restore(self) -> None:
        """As at the beginning."""
        for rotation in ROTATIONS:
            self.edit(rotation, Edit.ORIGINAL)
            self.may_hold[rotation] = {Edit.ORIGINAL}

    def edit(self, rotation: str, how: Edit) -> None:
        """Somebody saves the calendar, or loses it."""
        name, one, other = ROTATIONS[rotation]
        original, file = (story.COMPANY / "calendars" / name).read_text(), self.folder / name
        self.is_now[rotation] = how
        match how:
            case Edit.ORIGINAL:
                shutil.copy(story.COMPANY / "calendars" / name, file)
            case Edit.SWAPPED:
                marked = original.replace(f"SUMMARY:{one}", "SUMMARY:?").replace(f"SUMMARY:{other}", f"SUMMARY:{one}")
                file.write_text(marked.replace("SUMMARY:?", f"SUMMARY:{other}"))
            case Edit.EMPTY:
                file.write_text(original[: original.index("BEGIN:VEVENT")] + "END:VCALENDAR\n")
            case Edit.BROKEN:
                file.write_bytes(b"<html>Sign in to see this calendar</html>")
            case Edit.GONE:
                file.unlink(missing_ok=True)
        if how in GOOD:
            self.may_hold.setdefault(rotation, set()).add(how)

    def was_read(self) -> None:
        """A node that lives looked at every calendar: what it read well is in force, the rest changed nothing."""
        for rotation, how in self.is_now.items():
            if how in GOOD:
                self.may_hold[rotation] = {how}

    def on_call(self, rotation: str, version: Edit, now: datetime) -> frozenset[str]:
        """Who that version has on call."""
        name, one, other = ROTATIONS[rotation]
        people = {shift.person for shift in _shifts(name) if shift.start <= now < shift.end}
        swapped = {one: other, other: one}
        return frozenset(swapped[p] if version is Edit.SWAPPED else p for p in people)


@cache
def _shifts(name: str) -> tuple[Shift, ...]:
    """The shifts of a calendar as it was at the beginning, for as long as any history lasts."""
    window = (story.DAY - timedelta(days=60), story.DAY + LONGEST)
    return read((story.COMPANY / "calendars" / name).read_bytes(), window, identity=identity()).shifts
