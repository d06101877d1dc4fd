"""Once a week each team hears how its rotations stand, where it works."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.directory import Team
from oncall.engine import Engine
from oncall.services.insight import weekly
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.report import Report, report
from oncall.services.rotations.segments import segments_of
from oncall.services.telling import tell_team
from oncall.store import health_snapshots, rotation_findings

#: Mondays from this hour on, in the team's zone.
HOUR = time(9)


async def send_due(engine: Engine) -> int:
    """Send this week's digest to every team whose Monday morning has come; how many."""
    now = engine.clock.now()
    sent = 0
    for team in engine.directory.teams.values():
        local = now.astimezone(ZoneInfo(team.timezone))
        if not team.schedules or local.weekday() != 0 or local.time() < HOUR:
            continue
        year, number, _ = local.isocalendar()
        key = f"digest {team.id} {year}-{number}"
        async with engine.database.read() as tx:
            if await rotation_findings.was_told(tx, key):
                continue
        week = await weekly.team_lines(engine, team)
        async with engine.database.write() as tx:
            if await rotation_findings.tell_once(tx, key, now):
                text = "\n".join([await digest(engine, tx, team), *(["", "Last week", *week] if week else [])])
                await tell_team(engine, tx, team, text, reason="the week ahead on call", now=now)
                sent += 1
    if sent:
        engine.wake.delivery.set()
    return sent


async def digest(engine: Engine, tx: AsyncConnection, team: Team) -> str:
    """What the team reads: who is on call this week, the score and its trend, and what to do."""
    now = engine.clock.now()
    lines = [f"On call this week, {team.name}"]
    for schedule in team.schedules.values():
        key = schedule_key(team.id, schedule.name)
        found = await report(engine, tx, team, schedule, now)
        before = (await health_snapshots.since(tx, [key], (now - timedelta(days=8)).date())).get(key, [])
        lines += [
            "",
            f"{schedule.name}: {found.score} of 100, {found.band}{_trend(found, before[0].score if before else None)}",
        ]
        lines += [f"  {await _week(engine, tx, team, key)}"]
        lines += [f"  • {found.top}"] if found.top else []
        lines += [f"  {engine.settings.address}/rotations/{team.id}/{schedule.name}"]
    return "\n".join(lines)


def _trend(found: Report, before: int | None) -> str:
    if before is None or before == found.score:
        return ""
    return f" ({found.score - before:+d} since last week)"


async def _week(engine: Engine, tx: AsyncConnection, team: Team, key: str) -> str:
    now = engine.clock.now()
    zone = ZoneInfo(team.timezone)
    pieces = []
    for segment in await segments_of(tx, key, now, now + timedelta(days=7)):
        names = [
            known.name if (known := engine.directory.person_named(w.person)) else w.person for w in segment.on_call
        ]
        pieces.append(f"{segment.start.astimezone(zone):%a %H:%M} {', '.join(dict.fromkeys(names)) or 'NOBODY'}")
    shown = pieces[:10]
    return "; ".join(shown) + (f"; and {len(pieces) - 10} more" if len(pieces) > 10 else "")
