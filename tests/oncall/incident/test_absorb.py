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


def test_the_team_of_the_first_paging_alert_leads(opened: Open, arrival: Arrive, nine: datetime) -> None:
    warned = opened(severity=Severity.WARNING)
    assert absorb(warned, arrival(team="search"), now=nine).incident.lead.team == "search"


def test_the_incident_is_called_after_its_loudest_alert(opened: Open, arrival: Arrive, nine: datetime) -> None:
    warned = opened(severity=Severity.WARNING, summary="Slow")
    assert absorb(warned, arrival(summary="Down"), now=nine).incident.title == "Down"
