"""Who is on call at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schedules.shift import OnCall, Segment
from schedules.who import who_at

NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA = OnCall(person="ana")
BEN = OnCall(person="ben", role="Secondary")
SEGMENTS = (
    Segment(start=NINE, end=NINE + HOUR, on_call=(ANA, BEN)),
    Segment(start=NINE + HOUR, end=NINE + 2 * HOUR),
)


def test_at_the_handoff_instant_only_the_next_segment_counts():
    assert who_at(SEGMENTS, NINE) == (ANA, BEN)
    assert who_at(SEGMENTS, NINE + HOUR) == ()


def test_outside_the_segments_nobody_is_on_call():
    assert who_at(SEGMENTS, NINE - timedelta(seconds=1)) == ()
    assert who_at(SEGMENTS, NINE + 2 * HOUR) == ()
    assert who_at((), NINE) == ()


def test_a_shift_without_a_role_is_a_primary_one():
    assert who_at(SEGMENTS, NINE, "primary") == (ANA,)


def test_roles_are_compared_without_regard_to_case():
    assert who_at(SEGMENTS, NINE, "secondary") == (BEN,)
