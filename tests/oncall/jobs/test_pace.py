"""Taking bodies in comes before working them off, and never stops it."""

from __future__ import annotations

import pytest

from oncall.jobs.pace import LEAST, LONGEST_REST, MOST, Pace


def test_a_quiet_inbox_is_worked_off_without_a_rest():
    pace = Pace()
    assert pace.after(seconds=0.1, arrived=0, alerts=200) == 0
    assert pace.size == MOST


def test_a_few_bodies_are_no_flood():
    assert Pace().after(seconds=0.001, arrived=2, alerts=1) == 0
    assert Pace().after(seconds=0.5, arrived=10, alerts=64) == 0


def test_senders_that_wait_for_a_long_batch_are_a_flood_though_they_send_no_more():
    pace = Pace()
    assert pace.after(seconds=0.6, arrived=32, alerts=256) > 0
    assert pace.size == LEAST


def test_during_a_flood_batches_become_brief_and_leave_most_of_the_time_to_new_bodies():
    pace = Pace()
    assert pace.after(seconds=0.12, arrived=300, alerts=256) == pytest.approx(0.48)
    assert pace.size == 64
    assert pace.after(seconds=0.03, arrived=100, alerts=64) == pytest.approx(0.12)
    assert pace.size == 64


def test_the_small_first_batch_of_a_flood_does_not_let_a_long_second_one_through():
    pace = Pace()
    assert pace.after(seconds=0.012, arrived=30, alerts=1) > 0
    assert pace.size == LEAST


@pytest.mark.parametrize("seconds", [0.5, 5.0, 60.0])
def test_however_slow_a_batch_was_the_next_still_takes_some_and_comes_soon(seconds):
    pace = Pace()
    for _ in range(10):
        assert pace.after(seconds=seconds, arrived=100_000, alerts=100) <= LONGEST_REST
    assert pace.size == LEAST


def test_after_a_flood_batches_grow_again():
    pace = Pace(size=LEAST)
    for _ in range(4):
        pace.after(seconds=0.01, arrived=0, alerts=10)
    assert pace.size == MOST


def test_a_clock_that_stands_still_asks_for_no_rest():
    assert Pace().after(seconds=0.0, arrived=500, alerts=1) == 0
