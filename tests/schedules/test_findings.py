"""Trouble ahead is found once, with the shift and the fix."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.findings import FindingKind, Standing, findings, plan_end
from tests.schedules.build import at, shift, tiled, weekly

BERLIN = ZoneInfo("Europe/Berlin")
KNOWN = {"ana": Standing(reachable=True), "ben": Standing(reachable=True)}
DAYS = 24


def found(shifts, now=0, people=KNOWN, end=120 * DAYS):
    return findings(tiled(shifts, begin=-40 * DAYS, end=end), at(now), people, BERLIN)


def planned(weeks=8):
    return weekly("ana", "ben", weeks=weeks)


def test_a_sound_rotation_has_none():
    assert found(planned()) == ()


def test_a_gap_is_told_with_its_times_in_the_teams_zone():
    shifts = planned()
    gap = [shift(0, 60, "ana"), shift(64, 168, "ana"), *shifts[1:]]
    (finding,) = found(gap)
    assert finding.kind is FindingKind.GAP
    assert finding.what == "Nobody is on call from Wed 04 Nov 13:00 to 17:00 CET."


def test_a_gap_keeps_its_key_while_time_passes():
    gap = [shift(0, 60, "ana"), shift(64, 168, "ana"), *planned()[1:]]
    assert {finding.key for finding in found(gap)} == {finding.key for finding in found(gap, now=62)}


def test_a_gap_beyond_thirty_days_is_not_told_yet():
    late = 31 * DAYS
    gap = [shift(0, late, "ana"), shift(late + 4, 90 * DAYS, "ana")]
    assert found(gap) == ()
    assert len(found(gap, now=2 * DAYS)) == 1


def test_an_unknown_name_is_told_with_the_first_shift_and_the_number_of_others():
    (finding,) = found(weekly("ana", "zed", weeks=8))
    assert (finding.kind, finding.person) == (FindingKind.UNKNOWN, "zed")
    assert "“zed” on call from Mon 09 Nov 01:00 to Mon 16 Nov 01:00 CET and 1 more times" in finding.what


def test_somebody_unreachable_is_told_once_however_many_shifts():
    people = KNOWN | {"ben": Standing(reachable=False)}
    (finding,) = found(planned(), people=people)
    assert (finding.kind, finding.key) == (FindingKind.UNREACHABLE, "unreachable:ben")


def test_one_person_as_primary_and_secondary_is_told():
    shifts = [*planned(), shift(10, 20, "ana", "secondary")]
    (finding,) = found(shifts)
    assert (finding.kind, finding.start, finding.end) == (FindingKind.DOUBLE, at(10), at(20))


def test_the_same_person_in_two_events_of_one_role_is_no_double_booking():
    assert found([*planned(), shift(10, 20, "ana", "Primary")]) == ()


def test_a_calendar_that_ends_within_two_weeks_is_told():
    (finding,) = found(planned(weeks=1))
    assert (finding.kind, finding.start) == (FindingKind.ENDS, at(7 * DAYS))


def test_an_empty_calendar_is_told_with_a_key_that_stays():
    assert [finding.key for finding in found([])] == ["ends_soon:empty"]
    assert [finding.key for finding in found([], now=50)] == ["ends_soon:empty"]


@pytest.mark.parametrize(
    ("shifts", "end"),
    [
        ([shift(0, 48, "ana")], 48),
        ([shift(0, 48, "ana"), shift(48 + 7 * DAYS, 80 * DAYS, "ana")], 80 * DAYS),
        ([shift(0, 48, "ana"), shift(49 + 7 * DAYS, 80 * DAYS, "ana")], 48),
        ([], 0),
    ],
)
def test_the_plan_ends_where_more_than_seven_days_are_uncovered(shifts, end):
    assert plan_end(tiled(shifts, end=84 * DAYS), at(0)) == at(end)


def test_findings_come_soonest_first():
    shifts = [shift(0, 10, "zed"), shift(12, 30, "ana"), shift(40, 60 * DAYS, "ana")]
    starts = [finding.start for finding in found(shifts)]
    assert starts == sorted(starts)
    assert len(starts) == 3
    assert starts[-1] - starts[0] < timedelta(days=30)


def test_one_person_in_two_rotations_of_the_team_at_once_is_told():
    others = {"secondary": tiled([shift(200, 210, "ana"), shift(100, 110, "ana")], end=120 * DAYS)}
    (finding,) = findings(tiled(planned(), end=120 * DAYS), at(0), KNOWN, BERLIN, others)
    assert (finding.kind, finding.key, finding.start) == (FindingKind.DOUBLE, "double_booking:ana", at(100))
    assert "ana is on call here and in “secondary” at once" in finding.what
    assert "(10 h within 30 days)" in finding.what
