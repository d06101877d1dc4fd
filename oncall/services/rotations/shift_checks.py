"""Before each shift: has anything come back lately from a contact method of whoever comes on call?

Configured is not the same as working. A day ahead the person hears of it, by a message that proves the method when it
arrives or is answered; a few hours ahead, if nothing came back, the team does. The schedule's health counts it too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.directory import Schedule, Team
from oncall.engine import Engine
from oncall.person import Person
from oncall.services.people.contacts import LATELY
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.segments import segments_of
from oncall.services.rotations.standing import proven
from oncall.services.rotations.views import all_schedules
from oncall.services.telling import tell_person, tell_team
from oncall.store import shift_checks as rows
from oncall.store.shift_checks import ShiftCheck

#: A shift is looked at this long before it begins; its person has so long to prove a method.
AHEAD = timedelta(hours=24)
#: The team hears this long before it begins, soon enough for somebody else to take it.
TEAM_AHEAD = timedelta(hours=4)


async def check(engine: Engine) -> int:
    """Look at every shift of the next day; how many messages went out."""
    now = engine.clock.now()
    told = 0
    for team, schedule in all_schedules(engine):
        key = schedule_key(team.id, schedule.name)
        async with engine.database.read() as tx:
            near = await segments_of(tx, key, now - timedelta(hours=1), now + AHEAD + timedelta(hours=1))
            known = {(one.person, one.starts_at): one for one in await rows.of_schedule(tx, key, now)}
        coming = [
            (person, after.start)
            for before, after in pairwise(near)
            if now < after.start <= now + AHEAD
            for name in sorted({who.person for who in after.on_call} - {who.person for who in before.on_call})
            if (person := engine.directory.person_named(name)) is not None
        ]
        if any(_open(known.get((person.id, start))) for person, start in coming):
            async with engine.database.write() as tx:
                told += await _check(engine, tx, team, schedule, coming)
    if told:
        engine.wake.delivery.set()
    return told


async def _check(
    engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, coming: list[tuple[Person, datetime]]
) -> int:
    now = engine.clock.now()
    key = schedule_key(team.id, schedule.name)
    known = {(one.person, one.starts_at): one for one in await rows.of_schedule(tx, key, now)}
    working = await proven(engine, tx, {person.id: person for person, _ in coming}.values(), now)
    told, found = 0, []
    for person, start in coming:
        before = known.get((person.id, start))
        if not _open(before):
            continue
        channel = working.get(person.id, "")
        why = f"{channel} worked lately" if channel else f"no contact method worked within {LATELY.days} days"
        fresh = ShiftCheck(schedule=key, person=person.id, starts_at=start, at=now, works=bool(channel), why=why)
        if channel:
            found.append(replace(fresh, team_told_at=before.team_told_at if before else None))
            continue
        if before is None:
            told += await _tell_person(engine, tx, team, schedule, person, start)
        elif before.team_told_at is None and start - now <= TEAM_AHEAD:
            await _tell_team(engine, tx, team, schedule, person, start)
            before = replace(before, team_told_at=now)
            told += 1
        found.append(replace(fresh, team_told_at=before.team_told_at if before else None))
    await rows.save(tx, found)
    return told


def _open(check: ShiftCheck | None) -> bool:
    """Still to be looked at: never was, or nothing worked when it was."""
    return check is None or not check.works


async def _tell_person(  # noqa: PLR0917 - one message
    engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, person: Person, start: datetime
) -> bool:
    text = engine.wording.phrases.say(
        person.language,
        "shift_check",
        rotation=f"{team.name} / {schedule.name}",
        at=f"{start.astimezone(ZoneInfo(person.timezone)):%a %H:%M %Z}",
        days=LATELY.days,
        url=f"{engine.settings.address}/contacts",
    )
    now = engine.clock.now()
    return await tell_person(
        engine,
        tx,
        person.id,
        text,
        team=team.id,
        reason="check before a shift",
        now=now,
        kind=MessageKind.CHECK,
    )


async def _tell_team(  # noqa: PLR0917 - one message
    engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, person: Person, start: datetime
) -> None:
    text = engine.wording.phrases.say(
        team.language,
        "shift_check_team",
        person=person.name,
        rotation=f"{team.name} / {schedule.name}",
        at=f"{start.astimezone(ZoneInfo(team.timezone)):%a %H:%M %Z}",
        days=LATELY.days,
    )
    await tell_team(engine, tx, team, text, reason="check before a shift", now=engine.clock.now())
