"""A first rotation as a calendar to import: people in turn by the week, or by the sun around the world.

There is no second rotation editor; whoever imported it edits the calendar from then on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from icalendar.prop import vRecur

from schedules.zones import named_zone

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HANDOFF = re.compile(r"(?P<day>[A-Za-z]{3,9})\s+(?P<clock>\d{1,2}:\d\d)\s+(?P<zone>\S+)")
_SITE = re.compile(r"(?P<zone>\S+)\s+(?P<begin>\d{1,2}:\d\d)-(?P<end>\d{1,2}:\d\d)\s+(?P<people>.+)")
_WEEK = timedelta(days=7)


class BadStarter(ValueError):
    """What was asked for makes no rotation; the message says how to write it."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """When a week's person changes."""

    weekday: int
    clock: time
    zone: str


@dataclass(frozen=True, slots=True)
class Site:
    """People of one place, who take its hours of the day, a week each."""

    zone: str
    begin: time
    end: time
    people: tuple[str, ...]


def people(text: str) -> tuple[str, ...]:
    """Names separated by commas, in turn.

    Raises:
        BadStarter: there is no name, or one twice.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names or len(set(names)) != len(names):
        raise BadStarter("name the people in turn, each once: ana,ben,cai")
    return names


def handoff(text: str) -> Handoff:
    """A handoff such as "Mon 09:00 Europe/Berlin".

    Raises:
        BadStarter: it is written otherwise.
    """
    match = _HANDOFF.fullmatch(text.strip())
    day = match["day"][:2].upper() if match else ""
    if match is None or day not in _DAYS:
        raise BadStarter(f'{text!r} is no handoff: write it like "Mon 09:00 Europe/Berlin"')
    return Handoff(_DAYS.index(day), _clock(match["clock"]), _zone(match["zone"]))


def site(text: str) -> Site:
    """A site such as "Asia/Singapore 09:00-17:00 wei,arjun".

    Raises:
        BadStarter: it is written otherwise.
    """
    match = _SITE.fullmatch(text.strip())
    if match is None:
        raise BadStarter(f'{text!r} is no site: write it like "Asia/Singapore 09:00-17:00 wei,arjun"')
    return Site(_zone(match["zone"]), _clock(match["begin"]), _clock(match["end"]), people(match["people"]))


def weekly(names: Sequence[str], change: Handoff, *, first: date, made_at: datetime) -> bytes:
    """One week each, in turn for ever; the first one begins on the handoff day on or after `first`."""
    day = first + timedelta(days=(change.weekday - first.weekday()) % 7)
    start = datetime.combine(day, change.clock, ZoneInfo(change.zone))
    events = [
        _event(name, start + turn * _WEEK, start + (turn + 1) * _WEEK, f"FREQ=WEEKLY;INTERVAL={len(names)}")
        for turn, name in enumerate(names)
    ]
    return _calendar("On call", events, made_at)


def follow_the_sun(sites: Sequence[Site], *, first: date, made_at: datetime) -> bytes:
    """Every site takes its hours of every day; within a site the people take a week each, from Monday on."""
    monday = first + timedelta(days=-first.weekday() % 7)
    events = []
    for place in sites:
        zone = ZoneInfo(place.zone)
        rule = f"FREQ=WEEKLY;INTERVAL={len(place.people)};BYDAY={','.join(_DAYS)};WKST=MO"
        for turn, name in enumerate(place.people):
            day = monday + turn * _WEEK
            # An end at or before the begin is on the next day.
            last = day if place.end > place.begin else day + timedelta(days=1)
            start, end = datetime.combine(day, place.begin, zone), datetime.combine(last, place.end, zone)
            events.append(_event(name, start, end, rule))
    return _calendar("On call, following the sun", events, made_at)


def _event(name: str, start: datetime, end: datetime, rule: str) -> Event:
    event = Event()
    event.add("summary", name)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("rrule", vRecur.from_ical(rule))
    event.add("transp", "TRANSPARENT")
    return event


def _calendar(name: str, events: Sequence[Event], made_at: datetime) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//oncall//starter//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for number, event in enumerate(events):
        seed = f"{made_at.isoformat()}|{number}|{event['SUMMARY']}"
        event.add("uid", f"{hashlib.sha256(seed.encode()).hexdigest()[:32]}@oncall")
        event.add("dtstamp", made_at)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    text: bytes = calendar.to_ical()
    return text


def _clock(text: str) -> time:
    hours, _, minutes = text.partition(":")
    if int(hours) > 23 or int(minutes) > 59:
        raise BadStarter(f"{text!r} is no time of day: write it like 09:00")
    return time(int(hours), int(minutes))


def _zone(name: str) -> str:
    if named_zone(name) is None:
        raise BadStarter(f"{name!r} is no time zone: use an IANA name such as Europe/Berlin")
    return name
