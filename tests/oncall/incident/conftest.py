"""Incidents as the tests of the state machine write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from oncall.incident import Actor, Arrival, Incident, Via, open_incident
from routing.alert import Severity
from routing.escalation import PersonTarget, Policy, Step

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALICE = Actor("alice", Via.SMS)
BOB = Actor("bob", Via.SLACK)


@pytest.fixture
def nine() -> datetime:
    return NINE


@pytest.fixture
def alice() -> Actor:
    return ALICE


@pytest.fixture
def bob() -> Actor:
    return BOB


@pytest.fixture
def arrival() -> Callable[..., Arrival]:
    """A critical alert of payments; any field can be replaced."""

    def build(**changes: object) -> Arrival:
        team = str(changes.get("team", "payments"))
        steps = (Step(targets=(PersonTarget(person=f"{team}-1"),), wait=timedelta(minutes=5)),)
        values: dict[str, object] = {
            "name": "Down",
            "summary": "The ledger is down",
            "kind": "Down/ledger",
            "severity": Severity.CRITICAL,
            "paging": changes.get("severity", Severity.CRITICAL) is Severity.CRITICAL,
            "team": team,
            "service": "ledger",
            "policy": Policy(name=team, steps=steps),
            "why_team": "by its label",
            "why_group": "nothing else is open",
        }
        return Arrival(**(values | changes))

    return build


@pytest.fixture
def opened(arrival: Callable[..., Arrival]) -> Callable[..., Incident]:
    """An incident that one alert has opened at nine."""

    def build(**changes: object) -> Incident:
        return open_incident(1, arrival(**changes), now=NINE).incident

    return build
