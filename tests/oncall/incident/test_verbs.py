from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from oncall.errors import AlreadyAcknowledged, AlreadyResolved, Invalid
from oncall.incident import (
    Actor,
    Arrival,
    EntryKind,
    Incident,
    IncidentStatus,
    InvolvementStatus,
    absorb,
    acknowledge,
    confirm,
    escalate,
    involve,
    merge,
    note,
    open_incident,
    reassign,
    release,
    reopen,
    resolve,
    snooze,
    split,
)
from routing.alert import Severity
from routing.escalation import PersonTarget

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Open = Callable[..., Incident]
Arrive = Callable[..., Arrival]


def _taken(incident: Incident, by: Actor, now: datetime, **more: object) -> Incident:
    return acknowledge(incident, by=by, now=now, expiry=HOUR, **more).incident


def _two_teams(opened: Open, arrival: Arrive, now: datetime, **more: object) -> Incident:
    return absorb(opened(), arrival(team="search", kind="Slow", **more), now=now).incident


def test_acknowledging_stops_the_escalation_until_it_expires(opened: Open, alice: Actor, nine: datetime) -> None:
    change = acknowledge(opened(), by=alice, now=nine, expiry=HOUR, reminder=10 * MINUTE)
    taken = change.incident.lead
    assert change.incident.status is IncidentStatus.ACKNOWLEDGED
    assert (taken.acknowledged_by, taken.acknowledged_at) == ("alice", nine)
    assert (taken.next_due_at, taken.expires_at) == (nine + 50 * MINUTE, nine + HOUR)
    assert change.stopped == ("payments",)
    assert change.entries[0].text == "alice acknowledged by sms, expires at 10:00 UTC unless confirmed"


def test_whoever_is_second_hears_who_was_first(opened: Open, alice: Actor, bob: Actor, nine: datetime) -> None:
    taken = _taken(opened(), alice, nine)
    with pytest.raises(AlreadyAcknowledged) as raised:
        acknowledge(taken, by=bob, now=nine + MINUTE, expiry=HOUR)
    assert (raised.value.by, raised.value.at) == ("alice", nine)


def test_one_team_can_take_its_part_alone(opened: Open, arrival: Arrive, alice: Actor, nine: datetime) -> None:
    """Invariant 8: its acknowledgement does not stop the other team's escalation."""
    both = _two_teams(opened, arrival, nine)
    change = acknowledge(both, by=alice, now=nine, expiry=HOUR, teams=("search",))
    assert change.incident.status is IncidentStatus.TRIGGERED
    assert change.incident.lead.status is InvolvementStatus.TRIGGERED
    assert change.stopped == ("search",)


def test_a_held_team_is_told_instead_of_paged_when_the_lead_acknowledges(
    opened: Open, arrival: Arrive, alice: Actor, nine: datetime
) -> None:
    held = _two_teams(opened, arrival, nine, hold=5 * MINUTE)
    change = acknowledge(held, by=alice, now=nine + MINUTE, expiry=HOUR)
    search = change.incident.of("search")
    assert search is not None
    assert (search.status, search.next_due_at) == (InvolvementStatus.NOTICE, None)
    assert [e.team for e in change.entries] == ["payments", "search"]


def test_confirming_begins_the_expiry_anew(opened: Open, alice: Actor, nine: datetime) -> None:
    kept = confirm(_taken(opened(), alice, nine), by=alice, now=nine + 55 * MINUTE, expiry=HOUR, reminder=10 * MINUTE)
    assert kept.incident.lead.expires_at == nine + 115 * MINUTE
    assert kept.incident.lead.next_due_at == nine + 105 * MINUTE


def test_confirming_makes_nothing_expire_that_would_not(opened: Open, alice: Actor, nine: datetime) -> None:
    taken = acknowledge(opened(), by=alice, now=nine, expiry=None).incident
    kept = confirm(taken, by=alice, now=nine + MINUTE, expiry=HOUR, reminder=10 * MINUTE)
    assert (kept.incident.lead.expires_at, kept.incident.lead.next_due_at) == (None, None)


def test_confirming_speaks_for_what_one_took_oneself_and_not_for_another_teams_sleeper(
    opened: Open, arrival: Arrive, alice: Actor, bob: Actor, nine: datetime
) -> None:
    taken = _taken(_two_teams(opened, arrival, nine), alice, nine, teams=("payments",))
    taken = _taken(taken, bob, nine, teams=("search",))
    kept = confirm(taken, by=alice, now=nine + 50 * MINUTE, expiry=HOUR, reminder=10 * MINUTE).incident
    assert {i.team: i.expires_at for i in kept.involvements} == {
        "payments": nine + 110 * MINUTE,
        "search": nine + HOUR,
    }


def test_somebody_who_took_nothing_confirms_for_all(
    opened: Open, arrival: Arrive, alice: Actor, bob: Actor, nine: datetime
) -> None:
    taken = _taken(_two_teams(opened, arrival, nine), alice, nine)
    kept = confirm(taken, by=bob, now=nine + 50 * MINUTE, expiry=HOUR, reminder=10 * MINUTE).incident
    assert {i.expires_at for i in kept.involvements} == {nine + 110 * MINUTE}


def test_confirming_what_nobody_has_is_refused(opened: Open, alice: Actor, nine: datetime) -> None:
    with pytest.raises(Invalid, match="nobody has acknowledged"):
        confirm(opened(), by=alice, now=nine, expiry=HOUR, reminder=MINUTE)


def test_resolving_ends_it_for_every_team(opened: Open, arrival: Arrive, alice: Actor, nine: datetime) -> None:
    change = resolve(_two_teams(opened, arrival, nine), by=alice, now=nine + MINUTE)
    assert change.incident.status is IncidentStatus.RESOLVED
    assert (change.incident.resolved_at, change.incident.resolved_by) == (nine + MINUTE, "alice")
    assert {i.next_due_at for i in change.incident.involvements} == {None}
    assert change.stopped == ("payments", "search")


@pytest.mark.parametrize("verb", [acknowledge, resolve, escalate, snooze, reassign, confirm])
def test_nothing_can_be_done_to_what_is_over(
    opened: Open, alice: Actor, bob: Actor, nine: datetime, verb: Callable[..., object]
) -> None:
    over = resolve(opened(), by=alice, now=nine).incident
    needs: dict[object, dict[str, object]] = {
        acknowledge: {"expiry": HOUR},
        confirm: {"expiry": HOUR, "reminder": MINUTE},
        snooze: {"until": nine + HOUR},
        reassign: {"person": "carol"},
    }
    with pytest.raises(AlreadyResolved) as raised:
        verb(over, by=bob, now=nine + MINUTE, **needs.get(verb, {}))
    assert raised.value.by == "alice"


def test_reopening_asks_again_those_who_had_been_asked(
    opened: Open, arrival: Arrive, alice: Actor, nine: datetime
) -> None:
    told = absorb(opened(), arrival(team="search", severity=Severity.WARNING), now=nine).incident
    over = resolve(told, by=alice, now=nine).incident
    again = reopen(over, by=alice, now=nine + HOUR, why="it is back").incident
    assert again.resolved_at is None
    assert again.status is IncidentStatus.TRIGGERED
    assert again.lead.next_due_at == nine + HOUR


def test_reopening_what_is_open_is_refused(opened: Open, alice: Actor, nine: datetime) -> None:
    with pytest.raises(Invalid, match="open"):
        reopen(opened(), by=alice, now=nine, why="")


def test_escalating_asks_the_next_step_now(opened: Open, alice: Actor, nine: datetime) -> None:
    asked = escalate(_taken(opened(), alice, nine), by=alice, now=nine + MINUTE).incident.lead
    assert (asked.status, asked.next_due_at, asked.expires_at) == (
        InvolvementStatus.TRIGGERED,
        nine + MINUTE,
        None,
    )


def test_escalating_for_a_team_that_is_not_involved_is_refused(opened: Open, alice: Actor, nine: datetime) -> None:
    with pytest.raises(Invalid, match="search is not involved"):
        escalate(opened(), by=alice, now=nine, team="search")


def test_reassigning_asks_that_person_first_and_then_the_team(opened: Open, alice: Actor, nine: datetime) -> None:
    change = reassign(opened(), person="carol", by=alice, now=nine)
    first, second = change.incident.lead.policy.steps
    assert first.targets == (PersonTarget(person="carol"),)
    assert second.targets == (PersonTarget(person="payments-1"),)
    assert change.incident.lead.next_due_at == nine
    assert change.stopped == ("payments",)


def test_a_snooze_takes_it_until_then(opened: Open, alice: Actor, nine: datetime) -> None:
    asleep = snooze(opened(), by=alice, now=nine, until=nine + 2 * HOUR).incident.lead
    assert asleep.status is InvolvementStatus.ACKNOWLEDGED
    assert asleep.next_due_at == asleep.expires_at == nine + 2 * HOUR


def test_a_snooze_into_the_past_is_refused(opened: Open, alice: Actor, nine: datetime) -> None:
    with pytest.raises(Invalid, match="past"):
        snooze(opened(), by=alice, now=nine, until=nine)


def test_a_held_team_can_be_released_by_hand(opened: Open, arrival: Arrive, alice: Actor, nine: datetime) -> None:
    held = _two_teams(opened, arrival, nine, hold=5 * MINUTE)
    search = release(held, team="search", by=alice, now=nine + MINUTE, why="they should look").incident.of("search")
    assert search is not None
    assert (search.status, search.next_due_at) == (InvolvementStatus.TRIGGERED, nine + MINUTE)


def test_a_team_that_is_asked_already_cannot_be_released(opened: Open, alice: Actor, nine: datetime) -> None:
    with pytest.raises(Invalid, match="not waiting"):
        release(opened(), team="payments", by=alice, now=nine, why="")


def test_bringing_in_a_team_that_is_asked_already_changes_nothing(opened: Open, nine: datetime) -> None:
    first = opened()
    change = involve(
        first, team="payments", policy=first.lead.policy, severity=Severity.CRITICAL, now=nine, why="by hand"
    )
    assert change.incident == first
    assert change.entries == ()


def test_an_empty_note_is_refused(opened: Open, alice: Actor, nine: datetime) -> None:
    with pytest.raises(Invalid, match="empty"):
        note(opened(), by=alice, now=nine, text=" \n")


def test_a_note_changes_the_timeline_alone(opened: Open, alice: Actor, nine: datetime) -> None:
    first = opened()
    change = note(first, by=alice, now=nine, text="we rolled back")
    assert change.incident == first
    assert [(e.kind, e.text) for e in change.entries] == [(EntryKind.NOTE, "we rolled back")]


def test_merging_keeps_every_team_and_the_loudest_severity(
    opened: Open, arrival: Arrive, alice: Actor, nine: datetime
) -> None:
    other = open_incident(2, arrival(team="search", kind="Slow"), now=nine).incident
    gone, kept = merge(opened(severity=Severity.WARNING), other, by=alice, now=nine + MINUTE)
    assert gone.incident.merged_into == 2
    assert gone.incident.status is IncidentStatus.RESOLVED
    assert {i.team for i in kept.incident.involvements} == {"search", "payments"}
    assert kept.incident.severity is Severity.CRITICAL
    assert kept.incident.kinds == {"Down/ledger", "Slow"}


def test_merging_never_drops_an_escalation(opened: Open, arrival: Arrive, alice: Actor, nine: datetime) -> None:
    """Invariant 2: a team that was only told in the one and is asked in the other goes on being asked."""
    told = open_incident(2, arrival(severity=Severity.WARNING), now=nine).incident
    _, kept = merge(opened(), told, by=alice, now=nine + MINUTE)
    assert kept.incident.lead.status is InvolvementStatus.TRIGGERED
    assert kept.incident.lead.next_due_at is not None


def test_an_incident_cannot_be_merged_into_itself(opened: Open, alice: Actor, nine: datetime) -> None:
    with pytest.raises(Invalid, match="itself"):
        merge(opened(), opened(), by=alice, now=nine)


def test_a_split_is_said_in_both(opened: Open, arrival: Arrive, alice: Actor, nine: datetime) -> None:
    part = open_incident(2, arrival(), now=nine).incident
    left, made = split(opened(), part, by=alice, now=nine, count=1)
    assert [e.text for e in (*left.entries, *made.entries)] == ["alice moved 1 alert to #2", "alice split this from #1"]
