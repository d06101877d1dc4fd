from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.services.insight.interruption import LONGEST, costing, interrupted
from oncall.store.insights import PastAnswer, PastIncident, PastPage

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def past(over: float | None, number: int = 1) -> PastIncident:
    return PastIncident(
        id=number,
        severity="critical",
        team="payments",
        kinds=("A",),
        opened_at=NOON,
        resolved_at=None if over is None else at(over),
        resolved_by="",
    )


def page(person: str = "ana", minutes: float = 0, incident: int = 1) -> PastPage:
    return PastPage(person=person, team="payments", incident=incident, sent_at=at(minutes))


def took(person: str, minutes: float) -> PastAnswer:
    return PastAnswer(incident=1, team="payments", person=person, since=NOON, acknowledged_at=at(minutes))


def minutes(pages: list[PastPage], incidents: list[PastIncident], answers: list[PastAnswer]) -> list[float]:
    return [one.seconds / 60 for one in interrupted(pages, incidents, answers)]


def test_whoever_takes_it_is_interrupted_until_it_is_over():
    assert minutes([page("ana")], [past(40)], [took("ana", 3)]) == [40]


def test_everybody_else_until_somebody_has_it():
    assert minutes([page("ben", 1)], [past(40)], [took("ana", 3)]) == [2]


def test_what_nobody_takes_interrupts_until_it_is_over():
    assert minutes([page("ana"), page("ben", 10)], [past(25)], []) == [25, 15]


@pytest.mark.parametrize(("over", "answers"), [(None, []), (900, []), (900, [took("ana", 1)])])
def test_one_page_counts_for_four_hours_at_most(over, answers):
    assert minutes([page("ana")], [past(over)], answers) == [240]


def test_a_page_that_came_too_late_takes_nothing():
    assert minutes([page("ana", 30)], [past(20)], []) == [0]
    assert minutes([page("ben", 10)], [past(20)], [took("ana", 3)]) == [0]


def test_an_incident_costs_the_people_it_paged_and_the_nights_among_them():
    pages = [page("ana", 0), page("ben", 0), page("ana", 0, incident=2)]
    zones = {"ana": "Europe/Madrid", "ben": "Asia/Tokyo"}  # 13:00 and 21:00
    late = [page("ben", 90)]  # 22:30 in Tokyo
    first, second = costing([past(5), past(5, number=2)], [*pages, *late], [took("ana", 1)], zones)
    assert (first.pages, first.night_pages, first.taken) == (3, 1, True)
    assert (second.pages, second.night_pages, second.taken) == (1, 0, False)


instants = st.integers(-600, 2000)
people = st.sampled_from(["ana", "ben"])


@given(
    st.lists(st.builds(page, people, instants)), st.none() | instants, st.lists(st.builds(took, people, instants), max_size=3)
)  # fmt: skip
def test_no_page_counts_for_less_than_nothing_or_more_than_the_longest(pages, over, answers):
    found = interrupted(pages, [past(over)], answers)
    assert [(one.person, one.sent_at) for one in found] == [(one.person, one.sent_at) for one in pages]
    assert all(0 <= one.seconds <= LONGEST.total_seconds() for one in found)
