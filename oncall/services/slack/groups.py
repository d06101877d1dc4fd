"""Keeping each team's user group in Slack equal to who is on call."""

from __future__ import annotations

import structlog

from notifiers.outcome import OutcomeKind
from oncall.directory import Team
from oncall.engine import Engine
from oncall.services.rotations import on_call
from oncall.services.slack.members import address_of
from routing.escalation import RotationTarget

log = structlog.get_logger(__name__)


async def sync(engine: Engine) -> int:
    """Write every group that differs; how many groups are right now.

    A group cannot be emptied: where nobody is on call its last members stay, and the log says so.
    """
    if engine.slack is None:
        return 0
    wanted: dict[str, list[str]] = {}
    for team in engine.directory.teams.values():
        if team.slack_group:
            # Teams that share a group are both in it.
            wanted.setdefault(team.slack_group, []).extend(await _addresses(engine, team))
    outcomes = await engine.slack.groups.sync(wanted)
    for handle, outcome in outcomes.items():
        if outcome.kind is not OutcomeKind.ACCEPTED:
            log.warning("a user group does not follow", group=handle, why=outcome.detail)
    return sum(outcome.kind is OutcomeKind.ACCEPTED for outcome in outcomes.values())


async def _addresses(engine: Engine, team: Team) -> list[str]:
    targets = [RotationTarget(team=team.id, schedule=name) for name in team.schedules]
    async with engine.database.read() as tx:
        who = await on_call.lookup_targets(tx, targets, engine.clock.now())
    names = dict.fromkeys(name for target in targets for name in who(target))
    people = [person for name in names if (person := engine.directory.person_named(name)) is not None]
    return [address for person in people if (address := address_of(person))]
