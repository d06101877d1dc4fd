"""What would happen to an alert, told before it happens: owner, incident, silence, and who would be woken when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from grouping import Arrival as GroupingArrival
from grouping import Grouper
from oncall.directory import Directory
from oncall.engine import Engine
from oncall.services.grouping.setup import configure
from oncall.services.rotations.on_call import schedule_key
from oncall.store import grouping_state, rotations, silences
from oncall.store import incidents as incident_rows
from oncall.walk import Path, WhoAt, path, reach, rotations_of
from routing.alert import Alert, AlertStatus, SourceGroup
from routing.escalation import Policy, RotationTarget
from routing.fingerprint import fingerprint
from routing.silence import Silence, silenced_by

#: Longer than any policy's walk by a day, so that the last step still finds who is on call.
SPARE = timedelta(days=1)


class Joins(msgspec.Struct, frozen=True, kw_only=True):
    """The incident an alert would join; None opens a new one."""

    incident: int | None
    reason: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The whole path. `joins` is None where that could not be asked (no database)."""

    path: Path
    joins: Joins | None = None
    silence: Silence | None = None


async def explain(engine: Engine, labels: Mapping[str, str], at: datetime) -> Explanation:
    """What would happen to a firing alert with these labels at that instant. Changes nothing."""
    organisation = engine.organisation
    ownership = organisation.resolver.resolve(labels)
    policy = engine.directory.teams[ownership.team].policy
    async with engine.database.read() as tx:
        who = await _who(tx, policy, at)
        found = path(engine.directory, organisation.resolver, labels, at=at, who=who)
        silence = silenced_by(labels, await silences.in_force(tx, at), at)
        joins = await _joins(tx, found, engine.directory)
    return Explanation(path=found, joins=joins, silence=silence)


async def _who(tx: AsyncConnection, policy: Policy, at: datetime) -> WhoAt:
    """Lookups in the stored segments over the whole walk."""
    keys = {schedule_key(target.team, target.schedule) for target in rotations_of(policy)}
    until = at + reach(policy) + SPARE
    segments = {key: await rotations.segments_between(tx, key, at, until) for key in keys}

    def who(target: RotationTarget, instant: datetime) -> Sequence[str]:
        for segment in segments[schedule_key(target.team, target.schedule)]:
            if segment.starts_at <= instant < segment.ends_at:
                wanted = (name for name, role in segment.on_call if target.role is None or role == target.role)
                return tuple(dict.fromkeys(wanted))
        return ()

    return who


async def _joins(tx: AsyncConnection, found: Path, directory: Directory) -> Joins:
    """Ask a copy of the grouper, which is thrown away, so that asking teaches it nothing."""
    grouper = Grouper()
    grouper.load(await grouping_state.load(tx))
    configure(grouper, directory)
    alert = Alert(
        fingerprint=fingerprint(found.labels),
        status=AlertStatus.FIRING,
        labels=found.labels,
        annotations={},
        starts_at=found.at,
    )
    arrival = GroupingArrival(
        episode="explained",
        alert=alert,
        severity=found.severity.severity,
        team=found.ownership.team,
        service=found.ownership.service or "",
        source_group=SourceGroup(key="explained", receiver="", labels={}),
    )
    grouping = grouper.assign(arrival, found.at, new_incident="0")
    number = int(grouping.incident)
    known = (await incident_rows.get(tx, [number])).get(number) if number else None
    if known is None or known.resolved_at is not None:
        return Joins(incident=None, reason=grouping.reason if grouping.is_new else "its incident is over, so a new one")
    return Joins(incident=number, reason=grouping.reason)
