"""Calendars over changes of the clock agree with a naive walk over every quarter of an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schedules.identity import identity
from schedules.reading import read
from schedules.who import who_at
from tests.schedules.build import calendar

QUARTER = timedelta(minutes=15)
#: Zones with the days around which their clocks change, in both directions.
CHANGES = [
    ("Europe/Berlin", datetime(2026, 10, 25)),
    ("Europe/Berlin", datetime(2027, 3, 28)),
    ("America/New_York", datetime(2026, 11, 1)),
    ("America/New_York", datetime(2027, 3, 14)),
    ("Australia/Lord_Howe", datetime(2026, 10, 4)),
    ("Australia/Lord_Howe", datetime(2027, 4, 4)),
    ("Africa/Casablanca", datetime(2027, 2, 7)),
    ("Asia/Kathmandu", datetime(2027, 1, 1)),
]
NAMES = ("ana", "ben", "cai")


def rota(zone: str, start: datetime, length: timedelta) -> bytes:
    """People in turn without a break, as recurring events whose ends follow the wall clock."""
    every = len(NAMES) * length // timedelta(hours=1)
    events = []
    for turn, name in enumerate(NAMES):
        begin, end = start + turn * length, start + (turn + 1) * length
        rule = f"FREQ=DAILY;INTERVAL={every // 24}" if every % 24 == 0 else f"FREQ=HOURLY;INTERVAL={every}"
        events.append(
            f"DTSTART;TZID={zone}:{begin:%Y%m%dT%H%M%S}\nDTEND;TZID={zone}:{end:%Y%m%dT%H%M%S}\nRRULE:{rule}\nSUMMARY:{name}"
        )
    return calendar(*events)


def instant(zone: str, local: datetime) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def naive(zone: str, start: datetime, length: timedelta, now: datetime) -> set[str]:
    """By the book: shift n begins at the wall-clock time start + n x length, read as RFC 5545 3.3.5 says."""
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    around = (local - start) // length
    return {
        NAMES[turn % len(NAMES)]
        for turn in range(around - 3, around + 4)
        if turn >= 0 and instant(zone, start + turn * length) <= now < instant(zone, start + (turn + 1) * length)
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CHANGES), st.sampled_from([8, 12, 24, 48]), st.integers(0, 95))
def test_a_walk_over_the_change_gives_the_same_people(change, hours, quarters):
    zone, day = change
    start = day - timedelta(days=9) + quarters * QUARTER
    length = timedelta(hours=hours)
    begin = instant(zone, day) - timedelta(days=2)
    window = (begin, begin + timedelta(days=4))
    found = read(rota(zone, start, length), window, identity=identity())
    assert found.warnings == ()
    for step in range(4 * 96):
        now = begin + step * QUARTER
        assert {who.person for who in who_at(found.segments, now)} == naive(zone, start, length, now), now


#: Zone, a day of change, and its rules as calendars describe them: (name, first onset, from, to, rule).
DESCRIBED = [
    (
        "Europe/Berlin",
        datetime(2027, 3, 28),
        (
            ("DAYLIGHT", "19700329T020000", "+0100", "+0200", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
            ("STANDARD", "19701025T030000", "+0200", "+0100", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
        ),
    ),
    (
        "America/New_York",
        datetime(2026, 11, 1),
        (
            ("DAYLIGHT", "20070311T020000", "-0500", "-0400", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
            ("STANDARD", "20071104T020000", "-0400", "-0500", "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
        ),
    ),
    (
        "Australia/Lord_Howe",
        datetime(2026, 10, 4),
        (
            ("DAYLIGHT", "20081005T020000", "+1030", "+1100", "FREQ=YEARLY;BYMONTH=10;BYDAY=1SU"),
            ("STANDARD", "20080406T020000", "+1100", "+1030", "FREQ=YEARLY;BYMONTH=4;BYDAY=1SU"),
        ),
    ),
]


@pytest.mark.parametrize(("zone", "day", "rules"), DESCRIBED)
@pytest.mark.parametrize("clock", ["01:15", "02:15", "02:45", "03:15"])
def test_a_zone_described_in_the_file_gives_the_same_as_its_name(zone, day, rules, clock):
    hour, minute = map(int, clock.split(":"))
    start = (day - timedelta(days=9)).replace(hour=hour, minute=minute)
    plain = rota(zone, start, timedelta(days=1))
    parts = [
        f"BEGIN:{kind}\nDTSTART:{onset}\nTZOFFSETFROM:{before}\nTZOFFSETTO:{after}\nRRULE:{rule}\nEND:{kind}"
        for kind, onset, before, after, rule in rules
    ]
    block = "\n".join(["BEGIN:VTIMEZONE", "TZID:Our Office", *parts, "END:VTIMEZONE"])
    described = plain.replace(f"TZID={zone}".encode(), b"TZID=Our Office")
    described = described.replace(b"BEGIN:VCALENDAR", f"BEGIN:VCALENDAR\n{block}".encode(), 1)
    window = (instant(zone, day) - timedelta(days=3), instant(zone, day) + timedelta(days=3))
    found = read(described, window, identity=identity())
    assert found.warnings == ()
    assert found.segments == read(plain, window, identity=identity()).segments
