"""What a new calendar changes, told per person."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schedules.changes import Change, ChangeKind, by_person, changes
from schedules.spans import stretches
from tests.schedules.build import at, shift, tiled, weekly

SHIFTS = st.lists(
    st.builds(lambda begin, size, who: shift(begin, begin + size, who), st.integers(0, 200), st.integers(1, 50),
              st.sampled_from(["ana", "ben", "cai"])), max_size=8
)  # fmt: skip


def found(before, after, now=0):
    return changes(tiled(before), tiled(after), at(now))


def test_the_same_shifts_in_other_events_change_nothing():
    assert found([shift(0, 20, "ana")], [shift(0, 8, "ana"), shift(8, 20, "ana")]) == ()


def test_an_added_shift_appeared():
    assert found([], [shift(5, 8, "ana")]) == (
        Change(person="ana", role=None, kind=ChangeKind.APPEARED, after=(at(5), at(8))),
    )


def test_a_removed_shift_vanished():
    assert found([shift(5, 8, "ana")], []) == (
        Change(person="ana", role=None, kind=ChangeKind.VANISHED, before=(at(5), at(8))),
    )


def test_another_time_is_a_move():
    assert found([shift(5, 8, "ana")], [shift(6, 9, "ana")]) == (
        Change(person="ana", role=None, kind=ChangeKind.MOVED, before=(at(5), at(8)), after=(at(6), at(9))),
    )


def test_a_swap_tells_both():
    told = by_person(found(weekly("ana", "ben"), weekly("ben", "ana")))
    assert {person: {change.kind for change in bundle} for person, bundle in told.items()} == {
        "ana": {ChangeKind.MOVED},
        "ben": {ChangeKind.MOVED},
    }


def test_the_past_is_not_told():
    assert found([shift(0, 8, "ana")], [shift(0, 4, "ana")], now=10) == ()


def test_what_only_one_of_the_two_windows_knows_is_no_change():
    assert changes(tiled([], end=100), tiled([shift(100, 120, "ana")], end=124), at(0)) == ()


def test_a_change_of_role_is_told():
    kinds = {change.role: change.kind for change in found([shift(5, 8, "ana")], [shift(5, 8, "ana", "secondary")])}
    assert kinds == {None: ChangeKind.VANISHED, "secondary": ChangeKind.APPEARED}


@given(SHIFTS, SHIFTS)
def test_there_are_no_changes_exactly_when_the_segments_are_equal(before, after):
    assert (found(before, after) == ()) == (tiled(before) == tiled(after))


@given(SHIFTS, SHIFTS)
def test_taking_away_what_was_and_adding_what_is_gives_the_new_rotation(before, after):
    spans = {(who, span) for who, mine in stretches(tiled(before), at(0), at(300)).items() for span in mine}
    for change in found(before, after):
        spans -= {(change.person, change.before)}
        spans |= {(change.person, change.after)} if change.after else set()
    assert spans == {(who, span) for who, mine in stretches(tiled(after), at(0), at(300)).items() for span in mine}
