"""One turn per place and spacing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from oncall.turns import Turns

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_goes_at_once_and_the_others_hear_when():
    first, late = Turns[str](SECOND).take("#payments", ["a", "b", "c"], NOON)
    assert first == ["a"]
    assert late == [("b", NOON + SECOND), ("c", NOON + 2 * SECOND)]


def test_what_comes_too_soon_waits_for_the_next_turn():
    turns = Turns[str](SECOND)
    turns.take("#payments", ["a"], NOON)
    assert turns.take("#payments", ["b"], NOON + SECOND / 2) == ([], [("b", NOON + SECOND)])
    assert turns.take("#payments", ["b"], NOON + SECOND) == (["b"], [])


def test_places_do_not_wait_for_one_another():
    turns = Turns[str](SECOND)
    turns.take("#payments", ["a"], NOON)
    assert turns.take("#data", ["b"], NOON) == (["b"], [])


def test_nobody_waits_is_nobodys_turn():
    turns = Turns[str](SECOND)
    assert turns.take("#payments", [], NOON) == ([], [])
    assert turns.take("#payments", ["a"], NOON) == (["a"], [])


def test_a_clock_that_is_set_back_silences_no_place():
    turns = Turns[str](SECOND)
    turns.take("#payments", ["a"], NOON + timedelta(hours=1))
    _, late = turns.take("#payments", ["b"], NOON)
    assert late == [("b", NOON + SECOND)]


def test_thousands_of_places_are_not_remembered_for_ever():
    turns = Turns[int](SECOND)
    for place in range(3000):
        turns.take(place, ["a"], NOON + place * SECOND)
    assert len(turns._free_at) <= 1001


@given(st.lists(st.floats(0, 3), max_size=40))
def test_never_more_than_one_in_any_spacing_and_everybody_has_a_turn(waits):
    turns = Turns[str](SECOND)
    now, went, waiting = NOON, [], [f"m{n}" for n in range(len(waits))]
    steps = [*waits, *[1.0] * len(waits)]
    for wait in steps:
        now += timedelta(seconds=wait)
        first, late = turns.take("#payments", waiting, now)
        waiting = [one for one, _ in late]
        went += [now for _ in first]
        assert all(at > now for _, at in late)
    assert not waiting
    assert all(later - earlier >= SECOND for earlier, later in pairwise(went))
