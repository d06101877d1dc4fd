from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from oncall.incident import Actor, Incident, Involvement, InvolvementStatus, Via, acknowledge, resolve
from oncall.practice import (
    LATEST,
    DrillState,
    PlannedDrill,
    answered_after,
    state_of,
    summary,
    told_beforehand,
    why_left_out,
)
from routing.alert import Severity
from routing.escalation import Policy

START = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
ANA = Actor("ana", Via.SMS)
DRILL = PlannedDrill(
    team="payments", service="", title="Practice", text="", announced=False, starts_at=START, made_by="dee", incident=7
)


def opened() -> Incident:
    lead = Involvement(
        team="payments",
        status=InvolvementStatus.TRIGGERED,
        severity=Severity.CRITICAL,
        policy=Policy(name="p", steps=()),
        since=START,
        lead=True,
    )
    return Incident(
        id=7, title="t", severity=Severity.CRITICAL, service="", opened_at=START, involvements=(lead,), drill=True
    )


def answered(seconds: int = 95) -> Incident:
    return acknowledge(opened(), by=ANA, now=START + timedelta(seconds=seconds), expiry=None).incident


def over(incident: Incident) -> Incident:
    return resolve(incident, by=ANA, now=START + timedelta(minutes=30)).incident


@pytest.mark.parametrize(
    ("drill", "incident", "state"),
    [
        (replace(DRILL, incident=None), None, DrillState.WAITING),
        (DRILL, opened(), DrillState.RUNNING),
        (DRILL, answered(), DrillState.RUNNING),
        (DRILL, over(answered()), DrillState.ANSWERED),
        (DRILL, over(opened()), DrillState.UNANSWERED),
        (replace(DRILL, incident=None, left_out="x"), None, DrillState.LEFT_OUT),
    ],
)
def test_a_drill_stands_as_its_incident_does(drill, incident, state):
    assert state_of(drill, incident) is state
    assert state.final is (state not in {DrillState.WAITING, DrillState.RUNNING})


def test_the_answer_is_counted_from_the_begin():
    assert answered_after(answered(95)) == 95
    assert answered_after(opened()) is None


@pytest.mark.parametrize(
    ("late", "known", "real", "why"),
    [
        (timedelta(0), True, None, ""),
        (LATEST, True, None, ""),
        (LATEST + timedelta(minutes=1), True, None, "its time passed 16 minutes"),
        (timedelta(0), False, None, "no longer in the files"),
        (timedelta(0), True, 12, "a real incident, #12"),
    ],
)
def test_a_drill_that_must_not_begin_says_why(late, known, real, why):
    said = why_left_out(DRILL, now=START + late, team_known=known, real=real)
    assert why in said
    assert bool(said) is bool(why)


def test_an_announcement_says_how_many_and_from_when():
    assert "2 drills for you from Mon 15:00" in told_beforehand("The database goes", [DRILL, DRILL], "Mon 15:00")
    assert "1 drill for you" in told_beforehand("x", [DRILL], "Mon 15:00")


def test_a_summary_counts_and_names():
    results = [
        ("payments", "First", DrillState.ANSWERED, "Ana Ruiz", 95),
        ("data", "Second", DrillState.UNANSWERED, "", None),
        ("data", "Third", DrillState.LEFT_OUT, "", None),
    ]
    assert summary("The database goes", results).splitlines() == [
        "The database goes is over: 1 of 3 drills were answered.",
        "• payments, First: Ana Ruiz after 95 s",
        "• data, Second: unanswered",
        "• data, Third: left out",
    ]
