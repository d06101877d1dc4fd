"""How a rotation stands: score, loads, gaps and fixes, computed from the stored segments."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.directory import Schedule, Team
from oncall.engine import Engine
from oncall.services.practice.drills import last_drill, practised
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.segments import segments_of
from oncall.services.rotations.shown import shown
from oncall.services.rotations.standing import reachable, unproven
from oncall.store import page_counts
from schedules.health.fixes import Fix, fixes
from schedules.health.items import Item
from schedules.health.notes import notes
from schedules.health.plan import Member, Plan, plan
from schedules.health.score import Gate, health
from schedules.spans import common, hours
from schedules.unsocial import free_days, nights


class PersonLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What one person carries within the plan, and what would be fair."""

    person: str
    name: str
    known: bool
    reachable: bool
    hours: float
    night_hours: float
    #: Weekends and public holidays, in the person's own zone.
    free_day_hours: float
    #: Pages received in the look-back, over all their rotations of the team.
    pages: int
    #: Of all hours, as a part of one.
    share: float
    fair_hours: float
    #: Carried in the look-back, which the balance counts too, and what would be fair of both together.
    past_hours: float
    fair_hours_in_all: float
    fair_pages: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation at one instant."""

    team: str
    team_name: str
    schedule: str
    at: datetime
    score: int
    band: str
    #: The most important sentence.
    top: str
    plan_end: datetime
    items: tuple[Item, ...]
    gates: tuple[Gate, ...]
    fixes: tuple[Fix, ...]
    notes: tuple[str, ...]
    loads: tuple[PersonLoad, ...]
    gap_hours: float
    next_gap: tuple[datetime, datetime] | None


async def report(engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, now: datetime) -> Report:
    """The rotation as it stands at `now`."""
    subject = await plan_of(engine, tx, team, schedule, now)
    zone = ZoneInfo(team.timezone)
    found = health(subject)
    advice = fixes(subject, zone)
    loads = tuple(_load(engine, subject, name) for name in sorted(subject.names, key=lambda name: -subject.hours[name]))
    return Report(
        team=team.id,
        team_name=team.name,
        schedule=schedule.name,
        at=now,
        score=found.score,
        band=found.band.value,
        top=_top(found.gates, found.items, advice),
        plan_end=found.plan_end,
        items=found.items,
        gates=found.gates,
        fixes=advice,
        notes=(*notes(subject), practised(engine, await last_drill(tx, team.id))),
        loads=loads,
        gap_hours=hours(subject.gaps),
        next_gap=subject.gaps[0] if subject.gaps else None,
    )


async def plan_of(engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, now: datetime) -> Plan:
    """The rotation as the score sees it: members of the team, and whoever else is on call in it."""
    weights = engine.directory.defaults.health
    until = now + timedelta(days=weights.look_ahead_days)
    key, since = schedule_key(team.id, schedule.name), now - timedelta(days=weights.look_back_days)
    segments = shown(engine.directory, await segments_of(tx, key, now, until))
    past = shown(engine.directory, await segments_of(tx, key, since, now))
    people = {
        engine.directory.shown(known.id): known
        for name in (*team.members, *(who.person for segment in segments for who in segment.on_call))
        if (known := engine.directory.person_named(name))
    }
    working = await reachable(engine, tx, people.values())
    doubtful = await unproven(engine, tx, people.values(), now)
    members = {
        name: Member(
            reachable=person.id in working,
            proven=person.id not in doubtful,
            timezone=person.timezone,
            holidays=person.holidays,
        )
        for name, person in people.items()
    }
    counted = await page_counts.by_person(tx, team.id, now - timedelta(days=weights.look_back_days))
    pages = {name: counted[person.id] for name, person in people.items() if person.id in counted}
    return plan(segments, now, members=members, pages=pages, weights=weights, timezone=team.timezone, past=past)


def _load(engine: Engine, subject: Plan, name: str) -> PersonLoad:
    known = engine.directory.person_named(name)
    member = subject.members.get(name, Member(timezone=subject.timezone))
    own = subject.stretches.get(name, [])
    whole, pages = sum(subject.hours.values()), sum(subject.pages.values())
    dark = common(own, nights(member.timezone, subject.begin, subject.horizon))
    free = common(own, free_days(member.timezone, member.holidays, subject.begin, subject.horizon))
    return PersonLoad(
        person=known.id if known else "",
        name=name,
        known=known is not None,
        reachable=subject.reachable(name),
        hours=subject.hours[name],
        night_hours=hours(dark),
        free_day_hours=hours(free),
        pages=subject.pages.get(name, 0),
        share=subject.hours[name] / whole if whole else 0.0,
        fair_hours=whole * subject.shares[name],
        past_hours=hours(subject.past_stretches.get(name, ())),
        fair_hours_in_all=subject.load.fair[name],
        fair_pages=pages * subject.shares[name],
    )


def _top(gates: tuple[Gate, ...], items: tuple[Item, ...], advice: tuple[Fix, ...]) -> str:
    """A gate that holds, else the costliest item's first fact, else that all is well."""
    if gates:
        return min(gates, key=lambda gate: gate.limit).reason
    worst = max(items, key=lambda item: item.lost)
    if worst.facts and worst.lost >= 1:
        fact = worst.facts[0]
        best = next((fix for fix in advice if fix.item == worst.name), None)
        return f"{fact}; {best.what} (+{best.points:.0f})" if best else fact
    return "nothing to mend"
