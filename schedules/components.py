"""Content lines to nested components, refusing whatever looks like half a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from schedules.problems import FeedRefused

#: RFC 5545 needs three levels (calendar, event, alarm); a body nested deeper than this is no calendar.
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Component:
    """A BEGIN/END block: its name in upper case, its own lines, and the blocks inside it."""

    name: str
    lines: list[str] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)

    def named(self, name: str) -> list[Component]:
        """The direct parts of that name."""
        return [part for part in self.parts if part.name == name]


def calendars(lines: Sequence[str]) -> list[Component]:
    """The VCALENDARs of a body.

    Raises:
        FeedRefused: the body is not a calendar, or is cut off. A body cut exactly between two events shows
            itself by the missing END:VCALENDAR alone, so that line is required.
    """
    if not lines:
        raise FeedRefused("the body is empty")
    if lines[0].strip().upper() != "BEGIN:VCALENDAR":
        raise FeedRefused(f"the body does not begin with BEGIN:VCALENDAR but with {lines[0].strip()[:60]!r}")
    if lines[-1].strip().upper() != "END:VCALENDAR":
        raise FeedRefused("the body does not end with END:VCALENDAR: it was cut off")
    return _nested(lines)


def _nested(lines: Sequence[str]) -> list[Component]:
    found: list[Component] = []
    open_blocks: list[Component] = []
    for line in lines:
        head = line[:6].upper()
        if head == "BEGIN:":
            block = Component(name=line[6:].strip().upper())
            _check_nesting(block.name, open_blocks)
            (open_blocks[-1].parts if open_blocks else found).append(block)
            open_blocks.append(block)
        elif head.startswith("END:"):
            name = line[4:].strip().upper()
            if not open_blocks or open_blocks[-1].name != name:
                inner = f"inside {open_blocks[-1].name}" if open_blocks else "outside any block"
                raise FeedRefused(f"BEGIN and END do not match: END:{name} {inner}")
            open_blocks.pop()
        elif open_blocks:
            open_blocks[-1].lines.append(line)
        else:
            raise FeedRefused(f"text between two calendars: {line[:60]!r}")
    if open_blocks:
        raise FeedRefused(f"BEGIN and END do not match: {open_blocks[-1].name} is never closed")
    return found


def _check_nesting(name: str, open_blocks: Sequence[Component]) -> None:
    if len(open_blocks) >= MAX_DEPTH:
        raise FeedRefused(f"blocks are nested deeper than {MAX_DEPTH}")
    if open_blocks and name == open_blocks[-1].name == "VEVENT":
        raise FeedRefused("an event begins inside another one: an END:VEVENT is missing")
    if name == "VCALENDAR" and open_blocks:
        raise FeedRefused("a calendar begins inside another one: an END:VCALENDAR is missing")
    if not open_blocks and name != "VCALENDAR":
        raise FeedRefused(f"{name} outside any calendar")
