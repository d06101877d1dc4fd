"""The whole path of an alert before it happens: whose it is, and who would be woken when. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from notifiers.message import MessageKind
from oncall.directory import Directory
from oncall.incident import Arrival, Incident, open_incident
from oncall.paging import take_step
from routing.alert import Severity
from routing.escalation import Policy, RotationTarget
from routing.owner import Ownership, Resolver
from routing.severity import Graded, grade

#: Names on call in a rotation at an instant.
WhoAt = Callable[[RotationTarget, datetime], Sequence[str]]
#: An escalation is followed this far.
HORIZON = timedelta(days=7)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One person asked through one channel, or one post to a chat channel (`person` is "")."""

    at: datetime
    #: Seconds after the alert.
    after: int
    step: int
    person: str
    name: str
    channel: str
    address: str
    reason: str


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something to know on the way: a step that is skipped, a rotation with nobody on call, the end."""

    at: datetime
    after: int
    text: str


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """An escalation that nobody answers, in order."""

    asks: tuple[Ask, ...] = ()
    remarks: tuple[Remark, ...] = ()
    #: When the policy has run out and the fallback team is told.
    exhausted_at: datetime | None = None


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """From labels to people, each step with its reason."""

    labels: Mapping[str, str]
    at: datetime
    severity: Graded
    ownership: Ownership
    paging: bool
    walk: Walk


def path(
    directory: Directory,
    resolver: Resolver,
    labels: Mapping[str, str],
    *,
    at: datetime,
    who: WhoAt,
    integration_fallback: str | None = None,
) -> Path:
    """What would happen to an alert with these labels at that instant."""
    defaults = directory.defaults
    graded = grade(labels, defaults.severities, defaults.unknown_severity)
    ownership = resolver.resolve(labels, integration_fallback)
    paging = graded.severity is Severity.CRITICAL
    walked = walk(directory, ownership, graded.severity, at=at, who=who) if paging else _shown(directory, ownership, at)
    return Path(labels=labels, at=at, severity=graded, ownership=ownership, paging=paging, walk=walked)


def walk(directory: Directory, ownership: Ownership, severity: Severity, *, at: datetime, who: WhoAt) -> Walk:
    """The escalation of the owning team, taken step by step as the engine takes it, with nobody answering."""
    incident = _incident(directory.teams[ownership.team].policy, ownership, severity, at)
    asks: list[Ask] = []
    remarks: list[Remark] = []
    now = at
    while now - at <= HORIZON:
        outcome = take_step(incident, incident.lead, directory, _at(who, now), now)
        remarks += [_remark(entry.text, now, at) for entry in outcome.entries if not entry.text.count(": asks ")]
        for page in outcome.pages:
            known = directory.people.get(page.person)
            name = known.name if known else page.address
            asked = page.person if page.kind is MessageKind.PAGE else ""
            asks.append(
                Ask(
                    at=page.due_at,
                    after=int((page.due_at - at).total_seconds()),
                    step=page.step,
                    person=asked,
                    name=name,
                    channel=page.channel,
                    address=page.address,
                    reason=page.reason,
                )
            )
        if outcome.exhausted:
            fallback = directory.defaults.fallback_team
            remarks.append(_remark(f"the policy is exhausted: the fallback team {fallback} is told", now, at))
            return Walk(asks=tuple(sorted(asks, key=_when)), remarks=tuple(remarks), exhausted_at=now)
        incident = outcome.incident
        now = incident.lead.next_due_at or at + HORIZON * 2
    return Walk(asks=tuple(sorted(asks, key=_when)), remarks=tuple(remarks))


def rotations_of(policy: Policy) -> tuple[RotationTarget, ...]:
    """The rotations a policy asks."""
    return tuple(target for step in policy.steps for target in step.targets if isinstance(target, RotationTarget))


def reach(policy: Policy) -> timedelta:
    """How long after the first step the last one is taken."""
    return min(sum((step.wait for step in policy.steps), timedelta()) * (policy.repeats + 1), HORIZON)


def _incident(policy: Policy, ownership: Ownership, severity: Severity, at: datetime) -> Incident:
    arrival = Arrival(
        name="",
        summary="",
        kind="",
        severity=severity,
        paging=True,
        team=ownership.team,
        service=ownership.service or "",
        policy=policy,
        why_team="",
        why_group="",
    )
    return open_incident(0, arrival, now=at).incident


def _shown(directory: Directory, ownership: Ownership, at: datetime) -> Walk:
    team = directory.teams[ownership.team]
    where = f"in {team.slack_channel}" if team.slack_channel else "with the team's incidents"
    return Walk(remarks=(_remark(f"nobody is asked: it is shown {where} as context", at, at),))


def _at(who: WhoAt, now: datetime) -> Callable[[RotationTarget], Sequence[str]]:
    return lambda target: who(target, now)


def _remark(text: str, now: datetime, at: datetime) -> Remark:
    return Remark(at=now, after=int((now - at).total_seconds()), text=text)


def _when(ask: Ask) -> tuple[datetime, int]:
    return ask.at, ask.step
