"""Three rotations whose scores were worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.health.fixes import fixes
from schedules.health.plan import Member, plan
from schedules.health.score import Band, health
from schedules.identity import identity
from schedules.reading import read
from tests.schedules.expected import DATA, document, instant

SINGAPORE, LONDON, NEW_YORK = "Asia/Singapore", "Europe/London", "America/New_York"
SUN = {
    "Wei Ling": (SINGAPORE, 7), "Arjun Rao": (SINGAPORE, 9), "Priya Shah": (LONDON, 6), "Tom Ellis": (LONDON, 8),
    "Saoirse Byrne": (LONDON, 5), "Maya Cohen": (NEW_YORK, 10), "Luis Ortega": (NEW_YORK, 12),
}  # fmt: skip


def subject(name, now, zone, zones=None):
    expected = document(DATA / "feeds", name)
    people = expected.get("people") or {person: {"reachable": True} for person in SUN}
    now = instant(now)
    reading = read(
        (DATA / "feeds" / f"{name}.ics").read_bytes(),
        (now - timedelta(days=40), now + timedelta(days=400)),
        identity=identity(expected["identity"]),
    )
    return plan(
        reading.segments,
        now,
        members={
            person: Member(reachable=known["reachable"], timezone=(zones or {}).get(person, zone))
            for person, known in people.items()
        },
        pages=expected.get("pages") or {person: pages for person, (_, pages) in SUN.items()},
        timezone=zone,
    )


@pytest.fixture
def balanced():
    return subject("p25_health_balanced", "2026-11-23T14:00:00Z", LONDON)


@pytest.fixture
def skewed():
    return subject("p26_health_skewed", "2026-11-23T14:00:00Z", NEW_YORK)


@pytest.fixture
def sun():
    zones = {person: zone for person, (zone, _) in SUN.items()}
    return subject("p02_google_followsun_3z", "2027-03-01T12:00:00Z", "UTC", zones)


def lost(found):
    return {item.name: round(item.lost, 2) for item in found.items if item.lost}


def test_four_people_in_turn_lose_nothing(balanced):
    found = health(balanced)
    assert (found.score, found.band, lost(found), found.gates) == (100, Band.HEALTHY, {}, ())


def test_a_skewed_rotation_loses_by_the_worked_items(skewed):
    found = health(skewed)
    assert lost(found) == {"coverage": 40, "balance": 25, "people": 7, "concentration": 4.7, "shape": 3}
    assert (found.score, found.band) == (20, Band.AT_RISK)
    assert [gate.limit for gate in found.gates] == [60]


def test_follow_the_sun_loses_the_uncovered_hour_and_a_little_balance(sun):
    found = health(sun)
    assert (found.score, lost(found)) == (87, {"coverage": 11.38, "balance": 2.08})


def test_the_best_fix_of_follow_the_sun_is_the_hour_at_midnight(sun):
    best = fixes(sun, ZoneInfo("UTC"))[0]
    assert best.what.startswith("Cover 00:00–01:00 UTC on 71 days from 15 Mar")
    assert round(best.item_points, 1) == 11.4
    assert best.costs == "balance loses 0.9"


def test_the_fixes_of_the_skewed_rotation_name_people_and_days(skewed):
    texts = [fix.what for fix in fixes(skewed, ZoneInfo(NEW_YORK))]
    assert texts[0] == "Let Ben verify a contact method and answer a test page"
    assert "Give Ada's shift from Mon 14 Dec 09:00 to Mon 21 Dec 09:00 EST to Cai" in texts
    assert any("“zed@contractor.example”" in text for text in texts)


def test_a_sound_rotation_needs_no_fix(balanced):
    assert fixes(balanced, ZoneInfo(LONDON)) == ()
