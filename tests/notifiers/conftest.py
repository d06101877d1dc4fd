from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from notifiers.message import IncidentLine, Message, MessageKind
from notifiers.wording import Wording
from routing.alert import Severity

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def wording() -> Wording:
    return Wording()


@pytest.fixture
def message() -> Callable[..., Message]:
    """A page for payments; any field can be replaced."""

    def build(**changes: object) -> Message:
        values: dict[str, object] = {
            "kind": MessageKind.PAGE,
            "page_id": "pg_0001",
            "at": NOON,
            "incident": 4711,
            "code": "12",
            "team": "Payments",
            "severity": Severity.CRITICAL,
            "summary": "Database primary down",
            "reason": "on call for payments/primary",
            "url": "https://oncall.example.com/incidents/4711",
            "ack_url": "https://oncall.example.com/a/token",
        }
        return Message(**(values | changes))

    return build


@pytest.fixture
def storm(message: Callable[..., Message]) -> Message:
    """Seventeen incidents in one message."""
    lines = tuple(
        IncidentLine(
            number=100 + n, code=str(n), team="payments", severity=Severity.CRITICAL, summary=f"Disk {n} is almost full"
        )
        for n in range(1, 18)
    )
    return message(kind=MessageKind.BUNDLE, incident=None, code="1", team="payments", lines=lines, total=17)
