"""Rotations as managers read them: all of them, worst first, and one with everything that explains its score."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from oncall.directory import Schedule, Team
from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.services.people.rights import Caller, Right
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.report import Report, report
from oncall.services.rotations.segments import segments_of
from oncall.services.rotations.shown import shown
from oncall.store import health_snapshots, overrides, rotation_findings, rotations
from oncall.store.health_snapshots import Snapshot
from oncall.store.overrides import StoredOverride
from schedules.findings import Finding
from schedules.shift import Segment

#: The trend goes back this far.
TREND = timedelta(days=84)
#: The timeline shows this many weeks, from the current one on.
WEEKS = 8


class RotationItem(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation in the list. `trend`: scores by day, oldest first."""

    team: str
    team_name: str
    schedule: str
    score: int
    band: str
    top: str
    trend: tuple[int, ...]
    findings: int


class Rotations(msgspec.Struct, frozen=True, kw_only=True):
    """Every rotation, worst first."""

    rotations: tuple[RotationItem, ...]


class RotationView(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation. `segments` tile the weeks of the timeline; overrides are those still to come or running."""

    report: Report
    trend: tuple[int, ...]
    findings: tuple[Finding, ...]
    overrides: tuple[StoredOverride, ...]
    segments: tuple[Segment, ...]
    #: Why calendars are held back, if any are.
    held: tuple[str, ...]


async def list_rotations(engine: Engine, caller: Caller) -> Rotations:
    """Every rotation with score, trend and its most important sentence, worst first."""
    caller.require(Right.SEE)
    now = engine.clock.now()
    keys = [schedule_key(team.id, schedule.name) for team, schedule in all_schedules(engine)]
    found = []
    async with engine.database.read() as tx:
        past = await health_snapshots.since(tx, keys, (now - TREND).date())
        findings = await rotation_findings.of_schedules(tx, keys)
        for team, schedule in all_schedules(engine):
            key = schedule_key(team.id, schedule.name)
            snapshots = past.get(key, [])
            latest = snapshots[-1] if snapshots else None
            if latest is None or latest.day != now.date().isoformat():
                latest = snapshot_of(await report(engine, tx, team, schedule, now), key)
                snapshots = [*snapshots, latest]
            found.append(_item(team, schedule, latest, snapshots, len(findings.get(key, ()))))
    found.sort(key=lambda item: (item.score, item.team, item.schedule))
    return Rotations(rotations=tuple(found))


async def view_rotation(engine: Engine, caller: Caller, team_id: str, schedule_name: str) -> RotationView:
    """One rotation with its timeline, loads, deductions and fixes.

    Raises:
        NotFound: there is no such rotation.
    """
    caller.require(Right.SEE)
    team, schedule = schedule_of(engine, team_id, schedule_name)
    key = schedule_key(team.id, schedule.name)
    now = engine.clock.now()
    # The timeline begins with the current week, wherever the reader's Monday lies.
    since, until = now - timedelta(days=8), now + timedelta(weeks=WEEKS)
    async with engine.database.read() as tx:
        found = await report(engine, tx, team, schedule, now)
        held = tuple(feed.error for feed in await rotations.feeds(tx, [key]) if feed.held_back)
        past = (await health_snapshots.since(tx, [key], (now - TREND).date())).get(key, [])
        return RotationView(
            report=found,
            trend=(*(one.score for one in past if one.day != now.date().isoformat()), found.score),
            findings=tuple((await rotation_findings.of_schedules(tx, [key])).get(key, ())),
            overrides=tuple(await overrides.between(tx, key, now, now + timedelta(days=400))),
            segments=shown(engine.directory, await segments_of(tx, key, since, until)),
            held=held,
        )


async def snapshot_all(engine: Engine) -> int:
    """Write today's snapshot of every rotation and bring its gauge up to date; how many."""
    count = 0
    for team, schedule in all_schedules(engine):
        key = schedule_key(team.id, schedule.name)
        async with engine.database.write() as tx:
            found = await report(engine, tx, team, schedule, engine.clock.now())
            await health_snapshots.save(tx, snapshot_of(found, key))
        engine.metrics.rotation_health.labels(key).set(found.score)
        engine.metrics.rotation_planned.labels(key).set((found.plan_end - found.at).total_seconds())
        count += 1
    return count


def snapshot_of(found: Report, key: str) -> Snapshot:
    """The day's row."""
    return Snapshot(
        schedule=key,
        day=found.at.date().isoformat(),
        at=found.at,
        score=found.score,
        band=found.band,
        top=found.top,
        report=msgspec.to_builtins({"items": found.items, "gates": found.gates, "loads": found.loads}),
    )


def all_schedules(engine: Engine) -> Iterator[tuple[Team, Schedule]]:
    """Every rotation of every team, in file order."""
    for team in engine.directory.teams.values():
        for schedule in team.schedules.values():
            yield team, schedule


def schedule_of(engine: Engine, team_id: str, schedule_name: str) -> tuple[Team, Schedule]:
    """The rotation of these names.

    Raises:
        NotFound: there is none.
    """
    team = engine.directory.teams.get(team_id)
    schedule = team.schedules.get(schedule_name) if team else None
    if team is None or schedule is None:
        raise NotFound(f"there is no rotation {team_id}/{schedule_name}", "See /api/v1/rotations for those there are.")
    return team, schedule


def _item(team: Team, schedule: Schedule, latest: Snapshot, past: list[Snapshot], findings: int) -> RotationItem:
    return RotationItem(
        team=team.id,
        team_name=team.name,
        schedule=schedule.name,
        score=latest.score,
        band=latest.band,
        top=latest.top,
        trend=tuple(one.score for one in past),
        findings=findings,
    )
