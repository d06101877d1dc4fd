"""Invariant 8: nothing joins an acknowledged incident silently when it is new, louder or another team's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from oncall.incident import Actor, Arrival, Incident, InvolvementStatus, absorb, acknowledge
from routing.alert import Severity

Open = Callable[..., Incident]
Arrive = Callable[..., Arrival]
HOUR = timedelta(hours=1)


@pytest.fixture
def taken(opened: Open, alice: Actor, nine: datetime) -> Incident:
    return acknowledge(opened(), by=alice, now=nine, expiry=HOUR).incident


@pytest.mark.parametrize(
    ("changes", "pages"),
    [
        ({}, False),
        ({"kind": "Other"}, True),
        ({"kind": "Other", "follows": True}, False),
        ({"kind": "Other", "severity": Severity.WARNING}, False),
    ],
    ids=["same kind", "new kind", "known to follow", "only a warning"],
)
def test_invariant_8_what_a_new_alert_does_to_a_team_that_has_acknowledged(
    taken: Incident, arrival: Arrive, nine: datetime, changes: dict[str, object], pages: bool
) -> None:
    later = nine + timedelta(minutes=10)
    change = absorb(taken, arrival(**changes), now=later)
    lead = change.incident.lead
    assert (lead.status is InvolvementStatus.TRIGGERED) == pages
    assert (lead.next_due_at == later) == pages
    assert change.entries[0].text.startswith("Down (")


def test_invariant_8_a_louder_alert_pages_again(opened: Open, arrival: Arrive, alice: Actor, nine: datetime) -> None:
    quiet = acknowledge(opened(severity=Severity.WARNING), by=alice, now=nine, expiry=HOUR).incident
    assert absorb(quiet, arrival(), now=nine).incident.lead.status is InvolvementStatus.TRIGGERED


def test_invariant_8_what_is_loud_for_the_team_pages_even_where_another_team_had_something_as_loud(
    opened: Open, arrival: Arrive, alice: Actor, nine: datetime
) -> None:
    warned = absorb(opened(), arrival(team="search", kind="Slow", severity=Severity.WARNING), now=nine).incident
    taken = acknowledge(warned, by=alice, now=nine, expiry=HOUR, teams=("search",)).incident
    search = absorb(taken, arrival(team="search", kind="Slow"), now=nine).incident.of("search")
    assert search is not None
    assert search.status is InvolvementStatus.TRIGGERED


def test_invariant_8_another_team_is_paged_at_once(taken: Incident, arrival: Arrive, nine: datetime) -> None:
    search = absorb(taken, arrival(team="search"), now=nine).incident.of("search")
    assert search is not None
    assert (search.status, search.next_due_at, search.lead) == (InvolvementStatus.TRIGGERED, nine, False)


def test_another_team_is_held_where_the_evidence_is_strong(opened: Open, arrival: Arrive, nine: datetime) -> None:
    hold = timedelta(minutes=5)
    search = absorb(opened(), arrival(team="search", hold=hold), now=nine).incident.of("search")
    assert search is not None
    assert (search.status, search.next_due_at) == (InvolvementStatus.HELD, nine + hold)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": "Other", "follows": True}, None),
        ({"follows": True}, None),
        ({"kind": "Other", "hold": timedelta(minutes=5)}, None),
        ({"kind": "Other"}, "search is paged at once for Down: its kind is new here"),
        ({}, "search is paged at once for Down: it is not sure to follow the others"),
    ],
    ids=["known to follow", "a repeat", "held as well", "new kind", "not known to follow"],
)
def test_a_held_page_waits_on_when_another_alert_of_its_team_follows_and_else_goes_out(
    opened: Open, arrival: Arrive, nine: datetime, changes: dict[str, object], why: str | None
) -> None:
    """A second alert that says nothing new once broke the hold, and was told to be of a new kind."""
    hold = timedelta(minutes=5)
    held = absorb(opened(), arrival(team="search", hold=hold), now=nine).incident
    later = nine + timedelta(minutes=1)
    change = absorb(held, arrival(team="search", **changes), now=later)
    search = change.incident.of("search")
    assert search is not None
    if why is None:
        assert (search.status, search.next_due_at) == (InvolvementStatus.HELD, nine + hold)
        assert len(change.entries) == 1
    else:
        assert (search.status, search.next_due_at) == (InvolvementStatus.TRIGGERED, later)
        assert change.entries[-1].text == why


def test_a_louder_alert_ends_a_hold(opened: Open, arrival: Arrive, nine: datetime) -> None:
    loud = opened(severity=Severity.WARNING, paging=True)
    held = absorb(
        loud, arrival(team="search", severity=Severity.WARNING, paging=True, hold=timedelta(minutes=5)), now=nine
    ).incident
    change = absorb(held, arrival(team="search", follows=True), now=nine)
    search = change.incident.of("search")
    assert search is not None
    assert search.status is InvolvementStatus.TRIGGERED
    assert change.entries[-1].text == "search is paged at once for Down: it is louder than anything here"


def test_a_team_that_was_only_told_is_never_said_to_be_paged_again(
    opened: Open, arrival: Arrive, alice: Actor, nine: datetime
) -> None:
    held = absorb(opened(), arrival(team="search", hold=timedelta(minutes=5)), now=nine).incident
    taken = acknowledge(held, by=alice, now=nine, expiry=HOUR).incident
    told = taken.of("search")
    assert told is not None
    assert told.status is InvolvementStatus.NOTICE
    change = absorb(taken, arrival(team="search", kind="Other"), now=nine)
    assert change.entries[-1].text == "search is paged for Down: it was not asked so far"


def test_the_first_page_after_warnings_says_that_it_is_the_first(opened: Open, arrival: Arrive, nine: datetime) -> None:
    change = absorb(opened(severity=Severity.WARNING), arrival(kind="Other"), now=nine)
    assert change.entries[-1].text.endswith("is paged for Down, the first alert here that pages")


def test_the_team_of_the_first_paging_alert_leads(opened: Open, arrival: Arrive, nine: datetime) -> None:
    warned = opened(severity=Severity.WARNING)
    assert absorb(warned, arrival(team="search"), now=nine).incident.lead.team == "search"


def test_the_incident_is_called_after_its_loudest_alert(opened: Open, arrival: Arrive, nine: datetime) -> None:
    warned = opened(severity=Severity.WARNING, summary="Slow")
    assert absorb(warned, arrival(summary="Down"), now=nine).incident.title == "Down"
