"""Segments tile their window, whatever the shifts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from schedules.shift import Shift
from schedules.tiling import tile
from schedules.who import who_at

MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
WINDOW = (MIDNIGHT, MIDNIGHT + timedelta(minutes=120))


def shift(begin: int, length: int, person: str) -> Shift:
    start = MIDNIGHT + timedelta(minutes=begin)
    return Shift(start=start, end=start + timedelta(minutes=length), person=person)


SHIFTS = st.lists(
    st.builds(shift, st.integers(-60, 150), st.integers(0, 90), st.sampled_from(["ana", "ben", "cai"])), max_size=12
)


@given(SHIFTS)
def test_there_is_no_hole_no_overlap_and_no_equal_neighbour(shifts):
    segments = tile(shifts, WINDOW)
    assert (segments[0].start, segments[-1].end) == WINDOW
    assert all(segment.start < segment.end for segment in segments)
    assert all(one.end == other.start and one.on_call != other.on_call for one, other in pairwise(segments))


@given(SHIFTS)
def test_every_minute_has_the_people_of_the_shifts_that_cover_it(shifts):
    segments = tile(shifts, WINDOW)
    for minute in range(120):
        now = MIDNIGHT + timedelta(minutes=minute)
        expected = {shift.person for shift in shifts if shift.start <= now < shift.end}
        assert {who.person for who in who_at(segments, now)} == expected


@given(SHIFTS)
def test_duplicated_shifts_change_nothing(shifts):
    assert tile(shifts * 2, WINDOW) == tile(shifts, WINDOW)


@given(SHIFTS, st.integers(1, 89))
def test_splitting_a_shift_in_two_changes_nothing(shifts, minutes):
    whole = shift(0, 90, "ana")
    halves = [shift(0, minutes, "ana"), shift(minutes, 90 - minutes, "ana")]
    assert tile([*shifts, *halves], WINDOW) == tile([*shifts, whole], WINDOW)
