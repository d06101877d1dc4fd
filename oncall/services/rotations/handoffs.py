"""Before a shift begins its person hears of it, with what is open; when it ended, too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.directory import Schedule, Team
from oncall.engine import Engine
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.segments import segments_of
from oncall.services.rotations.views import all_schedules
from oncall.services.telling import tell_person
from oncall.store import incidents as incident_rows
from oncall.store import rotation_findings, views
from schedules.shift import Segment

#: A shift is announced this long before it begins.
AHEAD = timedelta(minutes=30)
#: A handoff that nobody was told of in time, because the engine was down, is not told later than this.
LATE = timedelta(minutes=30)
#: As many open incidents as one message names.
MOST = 5


async def tell(engine: Engine) -> int:
    """Announce the shifts that begin soon and those that just ended; how many people were told."""
    now = engine.clock.now()
    told = 0
    for team, schedule in all_schedules(engine):
        key = schedule_key(team.id, schedule.name)
        async with engine.database.read() as tx:
            near = await segments_of(tx, key, now - LATE - timedelta(days=1), now + AHEAD + timedelta(days=1))
        if _coming(near, now) or _going(near, now):
            async with engine.database.write() as tx:
                told += await _tell(engine, tx, team, schedule, near, now)
    if told:
        engine.wake.delivery.set()
    return told


async def _tell(  # noqa: PLR0917 - one schedule, as the transaction sees it
    engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, near: Sequence[Segment], now: datetime
) -> int:
    label = f"{team.name} / {schedule.name}"
    told = 0
    for name, start in _coming(near, now):
        if person := engine.directory.person_named(name):
            clock = f"{start.astimezone(ZoneInfo(person.timezone)):%H:%M %Z}"
            text = f"Your shift for {label} begins at {clock}. {await _open(tx, team)}"
            told += await _once(engine, tx, team, f"begin:{label}:{person.id}:{start.isoformat()}", person.id, text)
    for name, end, successors in _going(near, now):
        if person := engine.directory.person_named(name):
            after = ", ".join(_called(engine, one) for one in successors) or "nobody"
            text = f"Your shift for {label} is over; on call now: {after}."
            told += await _once(engine, tx, team, f"end:{label}:{person.id}:{end.isoformat()}", person.id, text)
    return told


async def _once(  # noqa: PLR0917 - one message
    engine: Engine, tx: AsyncConnection, team: Team, key: str, person: str, text: str
) -> bool:
    now = engine.clock.now()
    if not await rotation_findings.tell_once(tx, f"shift {key}", now):
        return False
    return await tell_person(engine, tx, person, text, team=team.id, reason="handoff", now=now)


async def _open(tx: AsyncConnection, team: Team) -> str:
    numbers = await views.open_for_teams(tx, (team.id,), limit=MOST)
    if not numbers:
        return "Nothing is open."
    found = await incident_rows.get(tx, numbers)
    return "Open: " + "; ".join(f"#{number} {found[number].title}" for number in sorted(found))


def _coming(near: Sequence[Segment], now: datetime) -> list[tuple[str, datetime]]:
    """Who comes on call at which instant within the next half hour."""
    return [
        (name, after.start)
        for before, after in pairwise(near)
        if now < after.start <= now + AHEAD
        for name in sorted(_names(after) - _names(before))
    ]


def _going(near: Sequence[Segment], now: datetime) -> list[tuple[str, datetime, list[str]]]:
    """Who went off call lately, when, and who is on call after them."""
    return [
        (name, before.end, sorted(_names(after)))
        for before, after in pairwise(near)
        if now - LATE < before.end <= now
        for name in sorted(_names(before) - _names(after))
    ]


def _names(segment: Segment) -> set[str]:
    return {who.person for who in segment.on_call}


def _called(engine: Engine, name: str) -> str:
    known = engine.directory.person_named(name)
    return known.name if known else name
