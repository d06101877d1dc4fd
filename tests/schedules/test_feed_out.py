"""Feeds that people subscribe to say the same as the segments they are made from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schedules.feed_out import NOBODY, calendar, person_entries, team_entries
from schedules.identity import identity
from schedules.reading import read
from schedules.shift import OnCall, Segment
from tests.schedules.build import at, shift, tiled, weekly

WINDOW = (at(0), at(240))
SHIFTS = st.lists(
    st.builds(
        lambda begin, size, who, role: shift(begin, begin + size, who, role),
        st.integers(0, 200),
        st.integers(1, 60),
        st.sampled_from(["ana", "Étienne Ó", "ben, jr; \\x", "cai"]),
        st.sampled_from([None, "secondary", "night"]),
    ),
    max_size=10,
)


def back(body: bytes, **options):
    """(start, end, people with roles) of every segment, as the feed says."""
    found = read(body, WINDOW, identity=identity(options))
    assert (found.refused, found.warnings) == (None, ())
    return plain(found.segments)


def plain(segments):
    return [
        Segment(start=one.start, end=one.end, on_call=tuple(OnCall(person=w.person, role=w.role) for w in one.on_call))
        for one in segments
    ]


@given(SHIFTS)
def test_reading_our_own_feed_back_gives_the_same_segments(shifts):
    segments = tiled(shifts, end=240)
    body = calendar(team_entries(segments), name="rota", made_at=at(0))
    assert back(body) == plain(segments)


@given(SHIFTS)
def test_so_it_does_with_gaps_as_events(shifts):
    segments = tiled(shifts, end=240)
    body = calendar(team_entries(segments, gaps=True), name="rota", made_at=at(0))
    assert back(body, ignore=f"^{NOBODY}$") == plain(segments)
    assert body.count(NOBODY.encode()) == sum(not segment.on_call for segment in segments)


def uids(body: bytes) -> list[bytes]:
    return [line for line in body.splitlines() if line.startswith(b"UID:")]


def test_a_shift_keeps_its_uid_when_its_end_moves_and_others_change():
    before = uids(calendar(team_entries(tiled([shift(0, 10, "ana")])), name="rota", made_at=at(0)))
    after = uids(calendar(team_entries(tiled([shift(0, 12, "ana"), shift(12, 20, "ben")])), name="rota", made_at=at(5)))
    assert before[0] in after
    assert len(after) == 2


def test_uids_are_unique_across_people_roles_and_rotations():
    shifts = [shift(0, 9, "ana"), shift(0, 9, "ana", "secondary"), shift(0, 9, "ben")]
    both = [
        *uids(calendar(team_entries(tiled(shifts)), name="one", made_at=at(0))),
        *uids(calendar(team_entries(tiled(shifts)), name="two", made_at=at(0))),
    ]
    assert len(set(both)) == 6


def test_a_persons_feed_has_their_shifts_alone_labelled_by_the_rotation():
    segments = tiled([*weekly("ana", "ben"), shift(0, 24, "ana", "secondary")])
    entries = sorted(person_entries(segments, "ana", "Payments / primary"), key=lambda entry: (entry.start, entry.text))
    assert [(entry.start, entry.text) for entry in entries] == [
        (at(0), "On call: Payments / primary"),
        (at(0), "On call: Payments / primary (secondary)"),
        (at(336), "On call: Payments / primary"),
    ]
