"""Segments to a calendar that people subscribe to; reading it back gives the same segments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schedules.shift import Segment

#: Person and role to the text of an event.
_Text = Callable[[str, "str | None"], str]
#: Programs that ask at all ask about this often.
_AGAIN = timedelta(hours=1)
#: Text of the events that stand for gaps; ignore it when the feed is read back.
NOBODY = "Nobody on call"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the feed: a text over a span, named so that the event stays the same when its end moves."""

    start: datetime
    end: datetime
    text: str
    key: str


def team_entries(segments: Sequence[Segment], *, gaps: bool = False) -> Iterator[Entry]:
    """Everybody's stretches in each role as "[role] name", and the gaps if wanted."""
    yield from _stretches(segments, lambda person, role: f"[{role}] {person}" if role else person)
    if gaps:
        for segment in segments:
            if not segment.on_call:
                yield Entry(segment.start, segment.end, NOBODY, f"gap {segment.start.isoformat()}")


def person_entries(segments: Sequence[Segment], person: str, label: str) -> Iterator[Entry]:
    """One person's stretches, labelled by the rotation."""
    own = [
        Segment(start=one.start, end=one.end, on_call=tuple(who for who in one.on_call if who.person == person))
        for one in segments
    ]
    yield from _stretches(own, lambda _, role: f"On call: {label}" + (f" ({role})" if role else ""))


def calendar(entries: Iterable[Entry], *, name: str, made_at: datetime) -> bytes:
    """The entries as iCalendar text (RFC 5545), all instants in UTC."""
    from icalendar import Calendar, Event  # noqa: PLC0415 - megabytes that only a node whose feeds are read needs

    made = Calendar()
    made.add("prodid", "-//oncall//rotation feed//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", _AGAIN, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.key)):
        event = Event()
        event.add("uid", f"{hashlib.sha256(f'{name}|{entry.key}'.encode()).hexdigest()[:32]}@oncall")
        event.add("dtstamp", made_at)
        event.add("dtstart", entry.start)
        event.add("dtend", entry.end)
        event.add("summary", entry.text)
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    text: bytes = made.to_ical()
    return text


def _stretches(segments: Sequence[Segment], text: _Text) -> Iterator[Entry]:
    running: dict[tuple[str, str | None], tuple[datetime, datetime]] = {}
    for segment in segments:
        present = {(who.person, who.role) for who in segment.on_call}
        for who in [known for known in running if known not in present or running[known][1] != segment.start]:
            yield _entry(who, running.pop(who), text)
        for who in present:
            start = running[who][0] if who in running else segment.start
            running[who] = (start, segment.end)
    for who, span in running.items():
        yield _entry(who, span, text)


def _entry(who: tuple[str, str | None], span: tuple[datetime, datetime], text: _Text) -> Entry:
    person, role = who
    return Entry(span[0], span[1], text(person, role), f"{person}|{role or ''}|{span[0].isoformat()}")
