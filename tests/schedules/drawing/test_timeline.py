"""The timeline shows who, when, the gaps and now, also to those who cannot see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from schedules.drawing.bars import bar, trend
from schedules.drawing.timeline import timeline
from schedules.shift import Shift
from schedules.tiling import tile
from tests.schedules.build import at, shift, tiled, weekly

SVG = "{http://www.w3.org/2000/svg}"


def drawn(shifts, now=10.0, weeks=2, zone="UTC", **window):
    return ET.fromstring(timeline(tiled(shifts, **window), at(now), weeks=weeks, zone=ZoneInfo(zone)))


def titles(tree) -> list[str]:
    return [found.text for found in tree.iter(f"{SVG}title")]


def bars(tree):
    return [found for found in tree.iter(f"{SVG}svg") if (found.get("class") or "").startswith("bar")]


def test_every_bar_says_who_and_when():
    said = titles(drawn(weekly("ana", "ben")))
    assert [title for title in said if title != "now"] == [
        "ana, Mon 02 Nov 00:00 to Mon 09 Nov 00:00",
        "ben, Mon 09 Nov 00:00 to Mon 16 Nov 00:00",
    ]


def test_a_gap_is_a_bar_of_its_own_and_says_nobody():
    tree = drawn([shift(0, 24, "ana"), shift(72, 336, "ben")])
    (gap,) = [one for one in bars(tree) if "gap" in one.get("class")]
    assert gap.get("x") == "14.286%"
    assert gap.get("width") == "28.571%"
    assert "Nobody, Tue 03 Nov 00:00 to Thu 05 Nov 00:00" in titles(tree)
    assert [text.text for text in gap.iter(f"{SVG}text")] == ["nobody"]


def test_a_very_short_gap_can_still_be_seen():
    tree = drawn([shift(0, 24, "ana"), shift(24.1, 336, "ben")])
    (gap,) = [one for one in bars(tree) if "gap" in one.get("class")]
    assert gap.get("width") == "0.6%"


def test_now_is_marked_in_its_week_alone():
    lines = [line for line in drawn(weekly("ana"), now=84).iter(f"{SVG}line") if line.get("class") == "now"]
    assert [line.get("x1") for line in lines] == ["50%"]


def test_roles_have_lanes_of_their_own_and_say_so():
    tree = drawn([*weekly("ana", "ben"), shift(0, 336, "cai", "secondary")])
    assert {one.get("y") for one in bars(tree)} == {"18", "44", "80", "106"}
    assert any(text.text == "cai · secondary" for text in tree.iter(f"{SVG}text"))


def test_two_people_of_one_role_share_its_lane():
    tree = drawn([shift(0, 336, "ana"), shift(0, 168, "ben")])
    assert [one.get("height") for one in bars(tree)] == ["13", "13", "26"]


def test_names_from_calendars_cannot_become_markup():
    text = timeline(tiled([shift(0, 336, "<script>alert(1)</script>&")]), at(1), weeks=1, zone=ZoneInfo("UTC"))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_week_in_which_the_clock_changes_has_seven_equal_days_and_full_bars():
    monday = datetime(2026, 10, 18, 22, tzinfo=UTC)
    segments = tile(
        [Shift(start=monday, end=monday + timedelta(hours=169), person="ana")], (monday, monday + timedelta(days=8))
    )
    tree = ET.fromstring(timeline(segments, monday + timedelta(days=1), weeks=1, zone=ZoneInfo("Europe/Berlin")))
    assert [(one.get("x"), one.get("width")) for one in bars(tree)] == [("0%", "100%")]


def test_the_drawing_has_a_name_for_screen_readers():
    tree = drawn(weekly("ana"))
    assert (tree.get("role"), tree.get("aria-label")) == ("img", "Who is on call in the 2 weeks from 02 November 2026")


def test_a_load_bar_shows_value_and_fair_share_on_one_scale():
    tree = ET.fromstring(bar(30, 60, 120, "Ana & co"))
    assert tree.get("aria-label") == "Ana & co"
    assert [found.get("width") for found in tree.iter(f"{SVG}rect")] == ["100%", "25.00%"]
    assert tree.find(f"{SVG}line").get("x1") == "50.00%"
    assert "over" in bar(120, 60, 120, "x")
    assert "over" not in bar(60, 60, 120, "x")


def test_a_trend_ends_in_a_dot_and_nothing_is_no_drawing():
    tree = ET.fromstring(trend([100, 0], "score"))
    assert tree.find(f"{SVG}polyline").get("points") == "0.0,2.0 120.0,26.0"
    assert trend([], "score") == ""
