"""Arithmetic on half-open spans, against sets of minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.shift import OnCall, Segment
from schedules.spans import common, hours, stretches, union, without

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 12)).map(
        lambda one: (NOON + one[0] * MINUTE, NOON + sum(one) * MINUTE)
    ),
    max_size=6,
)


def minutes(found) -> set[int]:
    return {index for start, end in found for index in range((start - NOON) // MINUTE, (end - NOON) // MINUTE)}


def sound(found) -> bool:
    """Sorted, none empty, and apart: adjacent ones are one."""
    return all(start < end for start, end in found) and all(a[1] < b[0] for a, b in pairwise(found))


@given(spans)
def test_a_union_covers_the_same_minutes_in_as_few_spans_as_can_be(some):
    assert minutes(union(some)) == minutes(some)
    assert sound(union(some))
    assert union(union(some)) == union(some)
    assert hours(union(some)) * 60 == pytest.approx(len(minutes(some)))


@given(spans, spans)
def test_common_is_what_both_cover(one, other):
    found = common(union(one), union(other))
    assert minutes(found) == minutes(one) & minutes(other)
    assert sound(found)
    assert found == common(union(other), union(one))


@given(spans, spans)
def test_without_is_what_only_the_first_covers(one, other):
    found = without(one, other)
    assert minutes(found) == minutes(one) - minutes(other)
    assert sound(found)
    assert without(found, other) == found


@given(spans, spans)
def test_what_is_common_and_what_is_left_make_the_whole(one, other):
    assert union([*without(one, other), *common(union(one), union(other))]) == union(one)


@given(spans, st.integers(0, 40), st.integers(0, 40))
def test_stretches_are_cut_to_the_window_and_joined_over_handoffs_of_roles(some, begin, length):
    window = (NOON + begin * MINUTE, NOON + (begin + length) * MINUTE)
    segments = [
        Segment(start=start, end=end, on_call=(OnCall(person="ana", role=role),))
        for start, end in union(some)
        for start, end, role in [(start, start + (end - start) / 2, "primary"), (start + (end - start) / 2, end, "L2")]
    ]
    found = stretches(segments, *window).get("ana", [])
    assert minutes(found) == minutes(some) & minutes([window])
    assert sound(found)
