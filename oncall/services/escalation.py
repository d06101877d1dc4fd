"""What is due by the clock: steps, reminders, expiries, the end of a hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.incident import Due, Incident, due, exhausted, expired, involve, release_held, released, reminded
from oncall.incident.telling import sentence
from oncall.incident.telling import team as team_named
from oncall.incident.values import Position
from oncall.paging import ask_members, take_step
from oncall.services.changes import Changes
from oncall.services.rotations import on_call
from oncall.store import incidents as incident_rows
from routing.alert import Severity

#: Incidents one transaction takes.
MOST = 50
#: An exhausted policy is walked again after this long, until somebody answers.
AGAIN = timedelta(minutes=30)


async def advance_due(engine: Engine) -> int:
    """Take every step that is due, in one transaction; how many incidents were looked at.

    The incidents stay locked until the commit (SKIP LOCKED on PostgreSQL, the one writer on SQLite), so that no step is
    taken twice; a node that dies before the commit has taken none.
    """
    now = engine.clock.now()
    async with engine.database.write() as tx:
        numbers = await incident_rows.due(tx, now, MOST)
        if not numbers:
            return 0
        found = await incident_rows.get(tx, numbers, lock=True, skip_locked=True)
        changes = Changes(engine, now)
        await advance(engine, tx, [found[number] for number in numbers if number in found], changes, now)
        await changes.write(tx)
    engine.wake.delivery.set()
    return len(found)


async def advance(
    engine: Engine, tx: AsyncConnection, incidents: Iterable[Incident], changes: Changes, now: datetime
) -> None:
    """Do what is due for these incidents, locked by the caller, who writes the changes with the rest of what they did."""
    waiting = [incident for incident in incidents if any_due(incident, now)]
    if not waiting:
        return
    policies = [involvement.policy for incident in waiting for involvement in incident.involvements]
    who = await on_call.lookup(tx, policies, now)
    for incident in waiting:
        _advance(engine, incident, who, changes, now)


def any_due(incident: Incident, now: datetime) -> bool:
    """Whether one of its teams waits for this instant."""
    return any(due(involvement, now) is not Due.NOTHING for involvement in incident.involvements)


def _advance(engine: Engine, incident: Incident, who: on_call.Lookup, changes: Changes, now: datetime) -> None:
    for team in [i.team for i in incident.involvements]:
        involvement = incident.of(team)
        if involvement is None:
            continue
        match due(involvement, now):
            case Due.STEP:
                incident = _step(engine, incident, team, who, changes, now)
            case Due.REMINDER:
                incident = changes.add(reminded(incident, team, now))
            case Due.EXPIRY:
                incident = changes.add(expired(incident, team, now))
                incident = _step(engine, incident, team, who, changes, now)
            case Due.RELEASE:
                incident = changes.add(released(incident, team, now))
                incident = _step(engine, incident, team, who, changes, now)
            case Due.NOTHING:
                pass


def _step(  # noqa: PLR0917 - the working set of one transaction
    engine: Engine, incident: Incident, team: str, who: on_call.Lookup, changes: Changes, now: datetime
) -> Incident:
    involvement = incident.of(team)
    assert involvement is not None
    if involvement.next_due_at is not None:
        engine.metrics.step_lateness.observe((now - involvement.next_due_at).total_seconds())
    outcome = take_step(incident, involvement, engine.directory, who, now)
    changes.entries += outcome.entries
    changes.plan(outcome.pages)
    changes.incidents[incident.id] = outcome.incident
    if not outcome.exhausted:
        return outcome.incident
    return _ran_out(engine, outcome.incident, team, changes, now)


def _ran_out(engine: Engine, incident: Incident, team: str, changes: Changes, now: datetime) -> Incident:
    """Nobody answered: said loudly, the fallback team is brought in, and the policy starts again after a while."""
    engine.metrics.exhausted.labels(team).inc()
    fallback = engine.directory.teams[engine.directory.defaults.fallback_team]
    involvement = incident.of(team)
    assert involvement is not None
    asked = involvement.position != Position()
    nobody = "nobody answered" if asked else "nobody could be asked"
    silent = sentence(f"{nobody} for ", team_named(team))
    if fallback.id != team:
        told = sentence("the fallback team ", team_named(fallback.id), " is told")
    else:
        told = sentence("it is the fallback team itself", "" if asked else ", so every member is asked")
    again = f"; it starts again in {AGAIN.seconds // 60} min"
    why = sentence(silent, ": its policy is exhausted; ", told, again)
    incident = changes.add(exhausted(incident, team=team, now=now, again=AGAIN, why=why))
    if fallback.id != team:
        brought = involve(
            incident,
            team=fallback.id,
            policy=fallback.policy,
            severity=Severity.CRITICAL,
            now=now,
            why=sentence(team_named(fallback.id), " is paged as the fallback team: ", silent),
        )
        incident = changes.add(brought)
    elif not asked:
        # No calendar, condition or name may leave the last team there is unpaged.
        pages, entries = ask_members(incident, involvement, engine.directory, now)
        changes.entries += entries
        changes.plan(pages)
    if team == incident.lead.team:
        incident = changes.add(release_held(incident, now, silent))
    return incident
