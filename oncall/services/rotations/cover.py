"""Giving a shift away: the best candidates are asked, the first yes takes it, and an override results."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.directory import Schedule, Team
from oncall.engine import Engine
from oncall.errors import AlreadyTaken, Invalid, NotFound
from oncall.incident import Via
from oncall.person import Person
from oncall.services.people.rights import Caller, Right
from oncall.services.rotations import calendars as rotations
from oncall.services.rotations.news import span_words
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.segments import segments_of
from oncall.services.rotations.standing import reachable
from oncall.services.rotations.views import all_schedules, schedule_of
from oncall.services.telling import tell_person
from oncall.store import covers, overrides, page_counts
from oncall.store.covers import CoverRequest
from oncall.store.overrides import StoredOverride
from schedules.cover import AROUND, Candidate, candidates, may_ask
from schedules.health.plan import Member
from schedules.shift import Shift
from schedules.tiling import tile

#: Pages of so long count as lately.
LATELY = timedelta(days=28)
LONGEST = timedelta(days=62)

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class NewCover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The caller's span of a rotation that somebody else should take."""

    team: Name
    schedule: Name
    starts_at: Instant
    ends_at: Instant
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class CoverView(msgspec.Struct, frozen=True, kw_only=True):
    """A request as everybody of the team sees it."""

    request: CoverRequest
    team: str
    schedule: str
    candidates: tuple[Candidate, ...]


async def ask(engine: Engine, caller: Caller, asked: NewCover, *, away: bool = False) -> CoverView:
    """Ask for cover; the best three candidates are told at once, and once. `away`: an absence in a calendar asks, not a person.

    Raises:
        NotFound: there is no such rotation.
        Invalid: the span cannot be used, or the caller is not on call in it.
    """
    caller.require(Right.RESPOND)
    team, schedule = schedule_of(engine, asked.team, asked.schedule)
    now = engine.clock.now()
    if not now < asked.ends_at or not asked.starts_at < asked.ends_at or asked.ends_at - asked.starts_at > LONGEST:
        raise Invalid(
            "that span cannot be covered", "Give a begin, and a later end that is still to come.", "$.ends_at"
        )
    key = schedule_key(team.id, schedule.name)
    async with engine.database.write() as tx:
        own = await segments_of(tx, key, asked.starts_at, asked.ends_at)
        roles = {who.role for segment in own for who in segment.on_call if who.person == caller.person}
        if not roles:
            raise Invalid(f"{caller.name} is not on call in that span", "Give a span of your own shift.", "$.starts_at")
        request = CoverRequest(
            schedule=key,
            person=caller.person,
            role=(roles.pop() or "") if len(roles) == 1 else "",
            starts_at=asked.starts_at,
            ends_at=asked.ends_at,
            note=asked.note.strip(),
            created_at=now,
            away=away,
        )
        found = await _ranked(engine, tx, team, request)
        for known in await covers.of_person(tx, key, caller.person, now):
            if known.closed_at is None and (known.starts_at, known.ends_at) == (request.starts_at, request.ends_at):
                return CoverView(request=known, team=team.id, schedule=schedule.name, candidates=found)
        request = msgspec.structs.replace(request, asked=may_ask(found))
        request = msgspec.structs.replace(request, id=await covers.add(tx, request))
        for person in request.asked:
            await _tell(engine, tx, person, _asking(engine, request, person, team, schedule), team)
    engine.wake.delivery.set()
    return CoverView(request=request, team=team.id, schedule=schedule.name, candidates=found)


async def ask_from_now(engine: Engine, person: Person, length: timedelta, note: str = "") -> int:
    """Ask for cover in every rotation the person is on call in now, as a reply does; how many requests that makes."""
    now = engine.clock.now()
    teams = tuple(team.id for team in engine.directory.teams_of(person.id))
    caller = Caller(person=person.id, name=person.name, role=person.role, teams=teams, via=Via.PAGER)
    found = []
    async with engine.database.read() as tx:
        for team, schedule in all_schedules(engine):
            (segment, *_) = await segments_of(tx, schedule_key(team.id, schedule.name), now, now + timedelta(minutes=1))
            if any(who.person == person.id for who in segment.on_call):
                found.append((team.id, schedule.name))
    for team_id, name in found:
        wanted = NewCover(team=team_id, schedule=name, starts_at=now, ends_at=now + length, note=note[:500])
        await ask(engine, caller, wanted)
    return len(found)


async def view(engine: Engine, caller: Caller, number: int) -> CoverView:
    """One request.

    Raises:
        NotFound: there is none of that number.
    """
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        request, team, schedule = await _get(engine, tx, number)
        found = await _ranked(engine, tx, team, request)
    return CoverView(request=request, team=team.id, schedule=schedule.name, candidates=found)


async def take(engine: Engine, caller: Caller, number: int) -> CoverView:
    """Take the shift, whether asked or not; who asked for cover is told.

    Raises:
        NotFound: there is none of that number.
        AlreadyTaken: somebody was first.
        Invalid: it is the caller's own shift, or over.
    """
    caller.require(Right.RESPOND)
    now = engine.clock.now()
    async with engine.database.write() as tx:
        request, team, schedule = await _get(engine, tx, number)
        if request.person == caller.person:
            raise Invalid("it is your own shift", "Somebody else has to take it.")
        if request.ends_at <= now:
            raise Invalid("that shift is over", "There is nothing left to take.")
        if request.withdrawn:
            raise Invalid("nobody has to take it any more", "The request was withdrawn.")
        if not await covers.take(tx, number, caller.person, now):
            raise AlreadyTaken(f"{engine.directory.shown(request.taken_by)} was first", "You need not do anything.")
        made = StoredOverride(
            schedule=request.schedule,
            starts_at=request.starts_at,
            ends_at=request.ends_at,
            person=caller.person,
            replaces=request.person,
            role=request.role,
            note=f"cover {number}",
            by=caller.person,
            via=caller.via.value,
            created_at=now,
        )
        await overrides.add(tx, made)
        zone = _zone(engine, request.person)
        span = span_words((request.starts_at, request.ends_at), zone, now)
        text = f"{caller.name} takes your shift for {team.name} / {schedule.name}, {span}."
        await _tell(engine, tx, request.person, text, team)
    await rotations.refresh_schedule(engine, team, schedule, anew=True)
    return await view(engine, caller, number)


async def withdraw(engine: Engine, tx: AsyncConnection, request: CoverRequest) -> None:
    """Nobody has to take it any more; those who were asked are told."""
    if not await covers.withdraw(tx, request.id, engine.clock.now()):
        return
    _, team, schedule = await _get(engine, tx, request.id)
    for person in request.asked:
        span = span_words((request.starts_at, request.ends_at), _zone(engine, person), engine.clock.now())
        who = engine.directory.shown(request.person)
        text = f"{who} needs no cover any more for {team.name} / {schedule.name}, {span}."
        await _tell(engine, tx, person, text, team)


async def _get(engine: Engine, tx: AsyncConnection, number: int) -> tuple[CoverRequest, Team, Schedule]:
    request = await covers.get(tx, number)
    if request is None:
        raise NotFound(f"there is no request for cover {number}")
    return request, *schedule_of(engine, *request.schedule.split("/", 1))


async def _ranked(engine: Engine, tx: AsyncConnection, team: Team, request: CoverRequest) -> tuple[Candidate, ...]:
    """Members of the team by what they carry in all rotations, their rest and whether they can be reached."""
    window = (request.starts_at - AROUND, request.ends_at + AROUND)
    shifts: list[Shift] = []
    for other, schedule in all_schedules(engine):
        for segment in await segments_of(tx, schedule_key(other.id, schedule.name), *window):
            shifts += [Shift(start=segment.start, end=segment.end, person=who.person) for who in segment.on_call]
    people = {member: engine.directory.people[member] for member in team.members if member in engine.directory.people}
    working = await reachable(engine, tx, people.values())
    members = {
        name: Member(reachable=name in working, timezone=person.timezone, holidays=person.holidays)
        for name, person in people.items()
    }
    pages = await page_counts.by_person(tx, team.id, engine.clock.now() - LATELY)
    return candidates(tile(shifts, window), (request.starts_at, request.ends_at), request.person, members, pages)


def _asking(engine: Engine, request: CoverRequest, person: str, team: Team, schedule: Schedule) -> str:
    span = span_words((request.starts_at, request.ends_at), _zone(engine, person), engine.clock.now())
    note = f" ({request.note})" if request.note else ""
    who = engine.directory.shown(request.person)
    take_it = f"{engine.settings.address}/covers/{request.id}"
    return f"{who} asks for cover for {team.name} / {schedule.name}, {span}{note}. Take it: {take_it}"


async def _tell(engine: Engine, tx: AsyncConnection, person: str, text: str, team: Team) -> None:
    await tell_person(engine, tx, person, text, team=team.id, reason="cover", now=engine.clock.now())


def _zone(engine: Engine, person: str) -> ZoneInfo:
    known = engine.directory.person_named(person)
    return ZoneInfo(known.timezone if known else "UTC")
