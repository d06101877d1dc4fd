from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.config.words import format_length, format_size, parse_days, parse_hours, parse_length, parse_size


@pytest.mark.parametrize(
    ("word", "length"),
    [
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("90m", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("1w2d3h4m5s", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
    ],
)
def test_a_length_is_read_as_people_say_it(word, length):
    assert parse_length(word) == length


@pytest.mark.parametrize("word", ["", "5", "5 minutes", "m5", "30s1m", "-5m", "1.5h", "5M", "9" * 30 + "w"])
def test_a_length_of_another_form_is_refused_with_the_way_to_write_it(word):
    with pytest.raises(ValueError, match="1h30m"):
        parse_length(word)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3650)))
def test_a_written_length_reads_back_the_same(length):
    whole = timedelta(seconds=int(length.total_seconds()))
    assert parse_length(format_length(whole)) == whole


@pytest.mark.parametrize(
    ("word", "hours"),
    [("09:00-18:00", (540, 1080)), ("22:00-07:00", (1320, 420)), ("0:00 - 24:00", (0, 0)), ("9:30-10:00", (570, 600))],
)
def test_hours_are_minutes_after_midnight(word, hours):
    assert parse_hours(word) == hours


@pytest.mark.parametrize("word", ["9-18", "09:00", "25:00-26:00", "24:00-01:00", "09:00-24:30", "09:00-09:00", "a-b"])
def test_hours_of_another_form_are_refused(word):
    with pytest.raises(ValueError, match="09:00-18:00"):
        parse_hours(word)


@pytest.mark.parametrize(
    ("word", "days"), [("mon", (1,)), ("Mon-Fri", (1, 2, 3, 4, 5)), ("fri-mon", (5, 6, 7, 1)), ("sun", (7,))]
)
def test_days_are_iso_weekdays_and_spans_go_around_the_week(word, days):
    assert parse_days(word) == days


@pytest.mark.parametrize("word", ["monday", "mon-", "-fri", "1-5", "mon-someday"])
def test_a_word_that_is_no_day_is_refused(word):
    with pytest.raises(ValueError, match="mon-fri"):
        parse_days(word)


@pytest.mark.parametrize(("word", "size"), [("512", 512), ("16MB", 16_000_000), ("1 MiB", 1_048_576), ("3kb", 3000)])
def test_a_size_has_a_unit(word, size):
    assert parse_size(word) == size


@given(st.integers(min_value=0, max_value=10**12))
def test_a_written_size_reads_back_the_same(size):
    assert parse_size(format_size(size)) == size
