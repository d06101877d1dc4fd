"""A first rotation to import."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from schedules.identity import identity
from schedules.reading import read
from schedules.starter import BadStarter, follow_the_sun, handoff, people, site, weekly
from tests.schedules.expected import pieces

MADE = datetime(2026, 11, 4, 12, tzinfo=UTC)
YEAR = (datetime(2026, 11, 9, 8, tzinfo=UTC), datetime(2027, 11, 8, 8, tzinfo=UTC))


def test_people_take_a_week_each_in_turn_for_ever_on_the_wall_clock():
    body = weekly(people("ana,ben,cai"), handoff("Mon 09:00 Europe/Berlin"), first=date(2026, 11, 4), made_at=MADE)
    found = read(body, YEAR, identity=identity())
    assert found.warnings == ()
    names = [segment.on_call[0].person for segment in found.segments]
    assert names[:7] == ["ana", "ben", "cai", "ana", "ben", "cai", "ana"]
    # 52 weeks and no gap, across both changes of the clock; the handoff stays at nine.
    assert len(names) == 52
    assert {segment.start.hour for segment in found.segments} == {7, 8}


def test_the_sun_is_followed_and_weeks_alternate_within_a_site():
    sites = [
        site("Asia/Singapore 08:00-16:00 wei,arjun"),
        site("UTC 08:00-16:00 tom"),
        site("UTC 16:00-00:00 luis"),
    ]
    body = follow_the_sun(sites, first=date(2026, 11, 9), made_at=MADE)
    begin = datetime(2026, 11, 16, tzinfo=UTC)
    found = pieces(read(body, (begin, begin + timedelta(days=2)), identity=identity()).segments)
    assert [(piece["start"][11:16], piece["on_call"]) for piece in found][:3] == [
        ("00:00", ["arjun"]),
        ("08:00", ["tom"]),
        ("16:00", ["luis"]),
    ]
    assert all(piece["on_call"] for piece in found)


@pytest.mark.parametrize("text", ["Mon 09:00", "Someday 09:00 Europe/Berlin", "Mon 25:00 UTC", "Mon 09:00 Mars/Base"])
def test_a_handoff_that_is_none_is_told_with_an_example(text):
    with pytest.raises(BadStarter, match=r"write it like|use an IANA name"):
        handoff(text)


@pytest.mark.parametrize("text", ["", " , ", "ana,ben,ana"])
def test_people_are_named_each_once(text):
    with pytest.raises(BadStarter, match="each once"):
        people(text)


def test_a_site_that_is_none_is_told_with_an_example():
    with pytest.raises(BadStarter, match="Asia/Singapore 09:00-17:00"):
        site("Singapore nine to five wei")


def test_the_calendar_describes_its_zones():
    body = weekly(["ana"], handoff("Fri 17:00 America/New_York"), first=date(2026, 11, 4), made_at=MADE)
    assert b"BEGIN:VTIMEZONE\r\nTZID:America/New_York" in body
