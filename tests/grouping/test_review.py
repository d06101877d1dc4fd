"""The second look, and what a forking page takes along."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.counts import KindCount
from grouping.groups import Member, OpenIncidents
from grouping.measures import FAST
from grouping.review import LOOKS, MARGIN, Reviews, moved_by_fork
from grouping.rows import Changes
from grouping.settings import Bars
from grouping.ties import Candidate, Tie, log_odds

BAR = log_odds(Bars().join)


class Looked:
    """Incidents with alerts that know how they are tied to one another."""

    def __init__(self) -> None:
        self.open = OpenIncidents(Changes())
        self.reviews = Reviews(self.open, Bars())

    def alert(self, episode: str, incident: str, *, at: float = 0.0, pages: bool = False, **ties: float) -> Member:
        kind = KindCount(id=int(episode[1:]), rule=1, component=1, name=("Rule", episode, ""))
        member = Member(episode, kind, at, "team", called=pages, pages=pages, paged=pages)
        member.ties = dict(ties)
        for other, score in ties.items():
            found = self.open.member(other)
            if found is not None:
                found.ties[episode] = score
        self.open.put(incident, member)
        return member


@pytest.fixture
def looked() -> Looked:
    return Looked()


def test_an_alert_moves_to_neighbours_that_came_after_it(looked):
    first = looked.alert("e1", "own")
    looked.reviews.add(first)
    looked.alert("e2", "other", at=20, e1=3.0)
    looked.alert("e3", "other", at=30, e1=4.0)
    (move,) = looked.reviews.due(LOOKS[0])
    assert (move.episode, move.from_incident, move.to_incident) == ("e1", "own", "other")
    assert re.search(r"goes better with Rule of e3.*: \d\d % sure there, \d+ % sure where it was$", move.sentence)
    assert looked.open.home("e1") == "other"
    assert looked.open.get("own") is None, "an incident left empty is over"


def test_before_its_time_nothing_is_looked_at(looked):
    looked.reviews.add(looked.alert("e1", "own"))
    looked.alert("e2", "other", e1=9.0)
    assert not looked.reviews.is_due(LOOKS[0] - 1)
    assert looked.reviews.due(LOOKS[0] - 1) == ()


def test_there_are_two_looks_and_no_more(looked):
    looked.reviews.add(looked.alert("e1", "own"))
    assert looked.reviews.due(LOOKS[1]) == ()
    looked.alert("e2", "other", e1=9.0)
    assert looked.reviews.due(10 * LOOKS[1]) == ()


def test_an_alert_whose_incident_is_over_stays_where_it_is(looked):
    looked.reviews.add(looked.alert("e1", "own"))
    looked.alert("e2", "other", e1=9.0)
    looked.open.close("own")
    assert looked.reviews.due(LOOKS[1]) == ()


@given(st.floats(-5, 8), st.floats(-5, 8))
def test_a_move_needs_the_bar_and_a_margin(here, there):
    looked = Looked()
    looked.alert("e1", "own")
    looked.reviews.add(looked.alert("e2", "own", e1=here))
    looked.alert("e3", "other", e2=there)
    moved = bool(looked.reviews.due(LOOKS[0]))
    assert moved == (there >= BAR and there >= here + MARGIN)


def test_many_alerts_of_one_kind_have_one_voice(looked):
    """A rule that fires for thirty pods is one neighbour, not thirty."""
    looked.alert("e1", "own")
    looked.reviews.add(looked.alert("e2", "own", e1=2.0))
    for n in range(30):
        member = looked.alert(f"e{100 + n}", "other", e2=1.9)
        member.kind.id = 7
    assert looked.reviews.due(LOOKS[0]) == ()


def fork(looked: Looked, **to_the_page: float):
    ties = [
        Tie(looked.open.member(episode), score, score, [0.0] * len(FAST), 10.0)
        for episode, score in to_the_page.items()
    ]
    left = Candidate("left", tuple(ties), 1.0)
    return moved_by_fork(looked.open, left, "new")


def test_a_forking_page_takes_the_warnings_that_are_closer_to_it(looked):
    looked.alert("e1", "left", pages=True)
    looked.alert("e2", "left", e1=0.5)
    looked.alert("e3", "left", e1=3.0)
    moves = fork(looked, e1=-2.0, e2=2.0, e3=2.0)
    assert [(m.episode, m.to_incident) for m in moves] == [("e2", "new")]


def test_a_forking_page_takes_no_page_along(looked):
    looked.alert("e1", "left", pages=True)
    looked.alert("e2", "left", pages=True, e1=-3.0)
    assert fork(looked, e1=-2.0, e2=5.0) == ()


def test_a_warning_that_nothing_ties_to_the_pages_stays(looked):
    looked.alert("e1", "left", pages=True)
    looked.alert("e2", "left")
    assert fork(looked, e2=5.0) == ()
