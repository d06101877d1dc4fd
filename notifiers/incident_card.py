"""An incident as a team's channel shows it: one living message, updated in place. Values only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from notifiers.message import Link
from routing.alert import Severity


class CardStatus(StrEnum):
    """As the incident's own."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class RelatedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that may be the same trouble, and why; people say whether it is."""

    incident: int
    summary: str
    reason: str


class DoubtQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an alert belongs to the incident it joined; `reason` says why it did."""

    alert: int
    kind: str
    reason: str


class Moment(msgspec.Struct, frozen=True):
    """An instant within a line of a thread, which each reader sees in their own zone; `dated` with its day."""

    at: datetime
    dated: bool = False


class IncidentCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel sees of an incident.

    Attributes:
        teams: A line per involved team: its name and how its part stands ("paged Ann", "acknowledged by Bob 09:12").
        by: Who acknowledged or resolved it.
        at: When.
        alerts: How many alerts it has.
        context: Warnings and deploys around it.
        record: What people said: impact, status, roles, a name and a line each.
        questions: Whether another incident is the same trouble.
        doubts: Whether an alert belongs here. At most three are asked of both, `questions` first.
    """

    number: int
    status: CardStatus
    severity: Severity
    summary: str
    opened_at: datetime
    teams: tuple[tuple[str, str], ...] = ()
    by: str = ""
    at: datetime | None = None
    alerts: int = 0
    url: str = ""
    links: tuple[Link, ...] = ()
    context: tuple[str, ...] = ()
    record: tuple[tuple[str, str], ...] = ()
    questions: tuple[RelatedQuestion, ...] = ()
    doubts: tuple[DoubtQuestion, ...] = ()
    drill: bool = False
    language: str = "en"
