"""Rows as the tests of the store write them: every field has a value, any can be replaced."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.incident import Incident, Involvement, InvolvementStatus
from oncall.store import incidents, pages
from oncall.store.alerts import Episode, EpisodeStatus
from oncall.store.database import Database
from oncall.store.inbox import Received
from routing.alert import Severity
from routing.escalation import PersonTarget, Policy, Step

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def nine() -> datetime:
    return NINE


@pytest.fixture
async def tx(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction for tests that need only one."""
    async with database.write() as connection:
        yield connection


@pytest.fixture
def policy() -> Policy:
    step = Step(targets=(PersonTarget(person="alice"),), wait=timedelta(minutes=5))
    return Policy(name="payments", steps=(step,), repeats=2, timezone="Europe/Berlin")


@pytest.fixture
def involvement(policy: Policy) -> Callable[..., Involvement]:
    def build(**changes: object) -> Involvement:
        values: dict[str, object] = {
            "team": "payments",
            "status": InvolvementStatus.TRIGGERED,
            "severity": Severity.CRITICAL,
            "policy": policy,
            "since": NINE,
            "lead": True,
            "next_due_at": NINE,
        }
        return Involvement(**(values | changes))

    return build


@pytest.fixture
def incident(involvement: Callable[..., Involvement]) -> Callable[..., Incident]:
    def build(number: int = 1, **changes: object) -> Incident:
        values: dict[str, object] = {
            "id": number,
            "title": "Database primary down",
            "severity": Severity.CRITICAL,
            "service": "ledger",
            "opened_at": NINE,
            "involvements": (involvement(),),
        }
        return Incident(**(values | changes))

    return build


@pytest.fixture
async def opened(tx: AsyncConnection, incident: Callable[..., Incident]) -> Incident:
    """An incident that is in the database already, for rows that point at one."""
    first = incident(1)
    await incidents.save(tx, [first], [], NINE)
    return first


@pytest.fixture
def episode() -> Callable[..., Episode]:
    numbers = itertools.count(1)

    def build(**changes: object) -> Episode:
        number = next(numbers)
        values: dict[str, object] = {
            "id": number,
            "incident": 1,
            "integration": "prod",
            "fingerprint": f"{number:016x}",
            "stream": "group",
            "status": EpisodeStatus.FIRING,
            "name": "Down",
            "kind": "Down/ledger",
            "severity": Severity.CRITICAL,
            "paging": True,
            "team": "payments",
            "service": "ledger",
            "labels": {"alertname": "Down"},
            "annotations": {"summary": "Database primary down"},
            "generator_url": "http://prometheus/graph",
            "starts_at": NINE,
            "received_at": NINE,
            "last_seen_at": NINE,
            "why_team": "label team",
            "why_group": "new",
        }
        return Episode(**(values | changes))

    return build


@pytest.fixture
def page() -> Callable[..., pages.Page]:
    numbers = itertools.count(1)

    def build(**changes: object) -> pages.Page:
        values: dict[str, object] = {
            "id": f"pg_{next(numbers)}",
            "incident": 1,
            "team": "payments",
            "person": "alice",
            "channel": "sms",
            "address": "+4915112345678",
            "kind": MessageKind.PAGE,
            "important": True,
            "step": 1,
            "reason": "on call for payments/primary",
            "planned_at": NINE,
            "due_at": NINE,
        }
        return pages.Page(**(values | changes))

    return build


@pytest.fixture
def body() -> Callable[..., Received]:
    def build(**changes: object) -> Received:
        values: dict[str, object] = {
            "integration": "prod",
            "received_at": NINE,
            "priority": 1,
            "stream": "group",
            "body": b"{}",
        }
        return Received(**(values | changes))

    return build
