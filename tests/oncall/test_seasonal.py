from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.seasonal import LEAST, WEEKS, Expected, expected_on, forecast, unusual

MONDAY = date(2026, 3, 2)


def mondays(*counts: int) -> dict[date, int]:
    """The newest first, from the Monday before on."""
    return {MONDAY - timedelta(weeks=week): count for week, count in enumerate(counts, 1)}


def test_a_day_is_expected_to_be_like_the_same_weekdays_before():
    assert expected_on(mondays(4, 5, 6), MONDAY) == Expected(day=MONDAY, value=5, low=0, high=11.7)


def test_one_bad_day_does_not_raise_what_is_expected():
    assert expected_on(mondays(4, 90, 4, 4, 4), MONDAY) == expected_on(mondays(4, 4, 4, 4, 4), MONDAY)


def test_days_that_scatter_widely_may_do_so():
    narrow, wide = expected_on(mondays(100, 100, 100), MONDAY), expected_on(mondays(40, 100, 160), MONDAY)
    assert narrow is not None
    assert wide is not None
    assert wide.high > narrow.high


def test_other_weekdays_and_days_long_ago_say_nothing():
    tuesdays = {day + timedelta(days=1): count for day, count in mondays(9, 9, 9).items()}
    long_ago = {MONDAY - timedelta(weeks=WEEKS + n): 9 for n in range(1, 5)}
    assert expected_on(tuesdays | long_ago, MONDAY) is None


@pytest.mark.parametrize("known", range(LEAST))
def test_too_few_weeks_give_no_expectation(known):
    assert expected_on(mondays(*[5] * known), MONDAY) is None


def test_what_was_not_counted_is_not_zero():
    series = {MONDAY - timedelta(weeks=week): 6 for week in (1, 4, 8)}
    found = expected_on(series, MONDAY)
    assert found is not None
    assert found.value == 6


@pytest.mark.parametrize(("count", "is_unusual"), [(0, False), (5, False), (11, False), (12, True)])
def test_only_far_more_is_unusual(count, is_unusual):
    assert unusual(count, expected_on(mondays(4, 5, 6), MONDAY)) is is_unusual


def test_nothing_is_unusual_where_nothing_is_expected():
    assert not unusual(10_000, None)


def test_a_quiet_weekday_takes_a_few_before_it_is_unusual():
    quiet = expected_on(mondays(0, 0, 0, 0), MONDAY)
    assert not unusual(3, quiet)
    assert unusual(4, quiet)


def test_the_days_ahead_have_each_their_own_weekday():
    series = {MONDAY - timedelta(days=back): 10 + (MONDAY - timedelta(days=back)).weekday() for back in range(60)}
    assert [one.value for one in forecast(series, MONDAY, 7)] == [11, 12, 13, 14, 15, 16, 10]


def test_of_days_nothing_is_known_about_nothing_is_said():
    assert [one.day for one in forecast(mondays(5, 5, 5), MONDAY, 7)] == [MONDAY + timedelta(days=7)]


counts = st.lists(st.integers(0, 5000), min_size=LEAST, max_size=WEEKS)


@given(counts)
def test_the_range_holds_the_expectation_and_begins_at_zero_or_above(found):
    expected = expected_on(mondays(*found), MONDAY)
    assert expected is not None
    assert 0 <= expected.low <= expected.value <= expected.high
    assert min(found) <= expected.value <= max(found)


@given(counts, st.integers(1, 50))
def test_twice_the_volume_twice_the_expectation(found, factor):
    one, other = (expected_on(mondays(*(count * by for count in found)), MONDAY) for by in (1, factor))
    assert one is not None
    assert other is not None
    assert other.value == pytest.approx(one.value * factor)


@given(st.integers(0, 1000), st.integers(LEAST, WEEKS))
def test_a_day_like_all_others_is_never_unusual(count, weeks):
    assert not unusual(count, expected_on(mondays(*[count] * weeks), MONDAY))
