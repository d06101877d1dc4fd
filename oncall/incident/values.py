"""What an incident is made of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from oncall.incident.telling import Mark, Saying, sentence
from routing.alert import Severity
from routing.escalation import Policy


class IncidentStatus(StrEnum):
    """Follows from the involvements: triggered while any team is, acknowledged when none is, resolved at the end."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class InvolvementStatus(StrEnum):
    """Where one team stands."""

    #: People are being asked; there is always a next due instant.
    TRIGGERED = "triggered"
    #: Somebody has it, until the acknowledgement expires.
    ACKNOWLEDGED = "acknowledged"
    #: Told, and paged if the lead team does not acknowledge in time.
    HELD = "held"
    #: Told, not asked: warnings, and held pages that lost their urgency.
    NOTICE = "notice"
    #: Over.
    RESOLVED = "resolved"


class Via(StrEnum):
    """Through which door something was done."""

    WEB = "web"
    API = "api"
    SMS = "sms"
    VOICE = "voice"
    SLACK = "slack"
    EMAIL = "email"
    PHONE = "phone"
    PAGER = "pager"
    ALERTMANAGER = "alertmanager"
    ENGINE = "engine"
    CLI = "cli"


class Actor(msgspec.Struct, frozen=True):
    """Who did it and through which door. `person` is an id of the directory, or a name like "alertmanager"."""

    person: str
    via: Via


ENGINE = Actor("oncall", Via.ENGINE)
ALERTMANAGER = Actor("alertmanager", Via.ALERTMANAGER)


class EntryKind(StrEnum):
    """What happened."""

    OPENED = "opened"
    ALERT = "alert"
    ALERT_RESOLVED = "alert_resolved"
    STALE = "stale"
    INVOLVED = "involved"
    HELD = "held"
    RELEASED = "released"
    STEP = "step"
    NOBODY = "nobody"
    EXHAUSTED = "exhausted"
    PAGE = "page"
    DELIVERY = "delivery"
    NOT_PAGED = "not_paged"
    ACKNOWLEDGED = "acknowledged"
    REMINDED = "reminded"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    MERGED = "merged"
    SPLIT = "split"
    NOTE = "note"
    GROUPING = "grouping"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline: what, who, how and, in `text`, why; `marks` says whom and when the text names."""

    incident: int
    at: datetime
    kind: EntryKind
    text: str
    actor: Actor = ENGINE
    team: str = ""
    marks: tuple[Mark, ...] = ()
    data: dict[str, Any] = {}

    @classmethod
    def saying(
        cls,
        said: Saying,
        *,
        incident: int,
        at: datetime,
        kind: EntryKind,
        actor: Actor = ENGINE,
        team: str = "",
        data: dict[str, Any] | None = None,
    ) -> Entry:
        """A line whose text and marks are those of a sentence."""
        told = sentence(said)
        return cls(
            incident=incident,
            at=at,
            kind=kind,
            text=told.text,
            actor=actor,
            team=team,
            marks=told.marks,
            data=data or {},
        )


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far an escalation has come: the next step to take, and how often the list was walked before."""

    step: int = 0
    round: int = 0


class Involvement(msgspec.Struct, frozen=True, kw_only=True):
    """One team's part in an incident.

    `next_due_at` is the next instant at which the engine must look: the next step while triggered, the reminder
    or the expiry while acknowledged, the end of the hold while held.
    """

    team: str
    status: InvolvementStatus
    severity: Severity
    policy: Policy
    since: datetime
    lead: bool = False
    position: Position = Position()
    #: Which turn of a round robin this is.
    turn: int = 0
    next_due_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_via: Via | None = None
    expires_at: datetime | None = None
    reminded: bool = False
    #: Taken until a chosen instant; then people are asked again without a reminder.
    snoozed: bool = False

    @property
    def open(self) -> bool:
        """Whether the team still has something to do or to watch."""
        return self.status is not InvolvementStatus.RESOLVED


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that belong together, and the teams that answer for them."""

    id: int
    title: str
    severity: Severity
    service: str
    opened_at: datetime
    involvements: tuple[Involvement, ...]
    status: IncidentStatus = IncidentStatus.TRIGGERED
    #: Alert kinds this incident has seen.
    kinds: frozenset[str] = frozenset()
    #: Opaque key of the source's group that opened it.
    group_key: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""
    merged_into: int | None = None
    drill: bool = False

    def of(self, team: str) -> Involvement | None:
        """The involvement of one team."""
        return next((i for i in self.involvements if i.team == team), None)

    @property
    def lead(self) -> Involvement:
        """The team that leads: that of the first paging alert."""
        return next((i for i in self.involvements if i.lead), self.involvements[0])

    @property
    def waiting(self) -> tuple[str, ...]:
        """The teams that are being asked."""
        return tuple(i.team for i in self.involvements if i.status is InvolvementStatus.TRIGGERED)

    def asks(self, teams: Collection[str]) -> tuple[str, ...]:
        """For which teams somebody who answers for `teams` would take it.

        Those of theirs that wait; every team that waits where they have no part in it yet, since anybody may help; none
        where one of theirs has it, since another team's page is not theirs to stop by pressing twice.
        """
        own = tuple(team for team in self.waiting if team in teams)
        has_it = any(i.team in teams and i.status is InvolvementStatus.ACKNOWLEDGED for i in self.involvements)
        return own or (() if has_it else self.waiting)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a verb did: the incident after it, and its timeline lines. `stopped` names teams whose pages must stop."""

    incident: Incident
    entries: tuple[Entry, ...] = ()
    stopped: tuple[str, ...] = ()


def with_involvement(incident: Incident, involvement: Involvement) -> Incident:
    """The incident with one team's involvement put in place (or added), its status following."""
    others = [i for i in incident.involvements if i.team != involvement.team]
    if len(others) == len(incident.involvements):
        return settled(incident, (*incident.involvements, involvement))
    return settled(
        incident,
        tuple(involvement if i.team == involvement.team else i for i in incident.involvements),
    )


def settled(incident: Incident, involvements: tuple[Involvement, ...]) -> Incident:
    """The incident with these involvements and the status that follows from them."""
    statuses = {i.status for i in involvements}
    if statuses == {InvolvementStatus.RESOLVED}:
        status = IncidentStatus.RESOLVED
    elif InvolvementStatus.TRIGGERED in statuses or InvolvementStatus.ACKNOWLEDGED not in statuses:
        status = IncidentStatus.TRIGGERED
    else:
        status = IncidentStatus.ACKNOWLEDGED
    return msgspec.structs.replace(incident, involvements=involvements, status=status)
