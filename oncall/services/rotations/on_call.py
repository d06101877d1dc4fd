"""Who is on call, looked up in the stored segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import rotations
from routing.escalation import Policy, RotationTarget
from schedules.who import same_role

#: Answers for one instant.
Lookup = Callable[[RotationTarget], Sequence[str]]


async def lookup(tx: AsyncConnection, policies: Iterable[Policy], now: datetime) -> Lookup:
    """The people on call at `now` in every rotation these policies name."""
    steps = [step for policy in policies for step in policy.steps]
    targets = [t for step in steps for t in step.targets if isinstance(t, RotationTarget)]
    return await lookup_targets(tx, targets, now)


async def lookup_targets(tx: AsyncConnection, targets: Iterable[RotationTarget], now: datetime) -> Lookup:
    """The people on call at `now` in these rotations."""
    names = {schedule_key(target.team, target.schedule) for target in targets}
    found = {s.schedule: s for s in await rotations.segments_at(tx, now, names)} if names else {}

    def who(target: RotationTarget) -> Sequence[str]:
        segment = found.get(schedule_key(target.team, target.schedule))
        if segment is None:
            return ()
        wanted = [name for name, role in segment.on_call if target.role is None or same_role(role, target.role)]
        return tuple(dict.fromkeys(wanted))

    return who


def away_key(person: str) -> str:
    """How a person's calendar of absences is named in the database; no schedule's name has a colon before a slash."""
    return f"away:{person}"


def schedule_key(team: str, schedule: str) -> str:
    """How a team's schedule is named in the database."""
    return f"{team}/{schedule}"
