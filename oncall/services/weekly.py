"""The weekly digest: load, noise and what is overdue, told to managers on their Monday morning and to teams where they work."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from oncall.checks import QUARTER
from oncall.directory import Team
from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.incident import Via
from oncall.person import Person, Role
from oncall.services.actions import viewed
from oncall.services.administration import note
from oncall.services.drills import LastDrill, last_drill, practised
from oncall.services.people.rights import Caller, Right
from oncall.services.telling import QUIET_CHANNELS, tell_person
from oncall.services.views.insights import Insights, InsightsQuery, view_insights
from oncall.store import digest_refusals, reviews, rotation_findings
from oncall.weekly import PersonWeek, TeamWeek, digest, lines

#: Mondays from this hour on, in the recipient's zone.
HOUR = time(9)
WEEK = 7
#: Managers, who get it unless they say no.
MANAGERS = frozenset({Role.EDITOR, Role.ADMIN})


class SetDigest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the weekly digest is wanted: by the caller, or by `team`, in its Monday message."""

    wanted: bool
    team: Annotated[str, msgspec.Meta(max_length=200)] = ""


class DigestView(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller would read now. `sent`: it comes by itself on Mondays, through `channels`."""

    text: str
    sent: bool
    wanted: bool
    channels: tuple[str, ...]
    #: Teams the caller may decide for: id, and whether their Monday message has it.
    teams: tuple[tuple[str, bool], ...]


async def preview(engine: Engine, caller: Caller) -> DigestView:
    """What the caller would read, were it Monday morning."""
    caller.require(Right.SEE)
    person = engine.directory.people.get(caller.person)
    teams = teams_of(engine, person) if person else ()
    async with engine.database.read() as tx:
        refused = await digest_refusals.refused(tx)
    wanted = caller.person not in refused
    manages = person is not None and person.role in MANAGERS
    channels = tuple(m.channel for m in person.methods if m.channel in QUIET_CHANNELS) if person else ()
    return DigestView(
        text=await written(engine, teams),
        sent=manages and wanted and any(channel in engine.notifiers for channel in channels),
        wanted=wanted,
        channels=channels,
        teams=tuple(
            (team.id, _of_team(team.id) not in refused)
            for team in engine.directory.teams.values()
            if caller.may(Right.EDIT_TEAM, team=team.id)
        ),
    )


async def choose(engine: Engine, caller: Caller, asked: SetDigest) -> DigestView:
    """Want it, or not, for oneself or for a team one may change.

    Raises:
        NotFound: there is no such team.
        Refused: the caller may not change that team.
    """
    caller.require(Right.SEE)
    if asked.team:
        if asked.team not in engine.directory.teams:
            raise NotFound(f"there is no team {asked.team[:60]!r}", "Teams are kept in the files under teams/.")
        caller.require(Right.EDIT_TEAM, team=asked.team)
    who = _of_team(asked.team) if asked.team else caller.person
    async with engine.database.write() as tx:
        if asked.wanted:
            await digest_refusals.want(tx, who)
        else:
            await digest_refusals.refuse(tx, who, by=caller.person, at=engine.clock.now())
    await note(engine, caller, "want digest" if asked.wanted else "refuse digest", who)
    return await preview(engine, caller)


async def send_due(engine: Engine) -> int:
    """Send it to every manager whose Monday morning has come; how many."""
    now = engine.clock.now()
    async with engine.database.read() as tx:
        refused = await digest_refusals.refused(tx)
    sent = 0
    for person in engine.directory.people.values():
        local = now.astimezone(ZoneInfo(person.timezone))
        if person.role not in MANAGERS or person.id in refused or local.weekday() != 0 or local.time() < HOUR:
            continue
        year, week, _ = local.isocalendar()
        key = f"weekly {person.id} {year}-{week}"
        async with engine.database.read() as tx:
            if await rotation_findings.was_told(tx, key):
                continue
        text = await written(engine, teams_of(engine, person))
        async with engine.database.write() as tx:
            if await rotation_findings.tell_once(tx, key, now):
                sent += await tell_person(
                    engine, tx, person.id, text, team="", reason="your week", now=now, among=QUIET_CHANNELS
                )
    if sent:
        engine.wake.delivery.set()
    return sent


async def team_lines(engine: Engine, team: Team) -> list[str]:
    """A team's week for its Monday message; none where it wants none."""
    async with engine.database.read() as tx:
        refused = await digest_refusals.refused(tx)
    return [] if _of_team(team.id) in refused else lines(await _week(engine, team), engine.settings.address)


async def written(engine: Engine, teams: tuple[Team, ...]) -> str:
    """The digest of these teams."""
    return digest([await _week(engine, team) for team in teams], engine.settings.address)


def teams_of(engine: Engine, person: Person) -> tuple[Team, ...]:
    """The teams whose weeks somebody reads: their own; an admin's are all."""
    return tuple(engine.directory.teams.values()) if person.role is Role.ADMIN else engine.directory.teams_of(person.id)


async def _week(engine: Engine, team: Team) -> TeamWeek:
    now = engine.clock.now()
    looks = Caller(person="oncall", name="on-call engine", role=Role.VIEWER, via=Via.ENGINE)
    last = await view_insights(engine, looks, InsightsQuery(team=team.id, days=WEEK))
    both = await view_insights(engine, looks, InsightsQuery(team=team.id, days=2 * WEEK))
    async with engine.database.read() as tx:
        items = await reviews.actions(tx, team=team.id, done=False)
        unreviewed = await reviews.unreviewed(tx, team.id, now - timedelta(days=2 * WEEK), 10)
        drilled = await last_drill(tx, team.id)
    own = next((t for t in last.teams if t.team == team.id), None)
    overdue = [item for item in items if item.due is not None and viewed(engine, item).overdue]
    return TeamWeek(
        team=team.id,
        name=team.name,
        incidents=own.incidents if own else 0,
        before=_incidents(both, team) - _incidents(last, team),
        pages=sum(person.pages for person in last.people),
        nights=sum(person.nights for person in last.people),
        minutes_to_answer=own.minutes_to_answer if own else None,
        people=tuple(PersonWeek(name=p.name, pages=p.pages, nights=p.nights) for p in last.people),
        noise=tuple((kind.kind, kind.advice) for kind in last.kinds if kind.advice),
        unusual=tuple(
            f"{day.day:%a %d %b} with {day.incidents} incidents, {day.expected:g} were to be expected"
            for day in last.days
            if day.unusual and day.expected is not None
        ),
        overdue=tuple(
            (item.text, engine.directory.shown(item.owner) if item.owner else "", (now.date() - item.due).days)
            for item in overdue
            if item.due is not None
        ),
        open_items=len(items),
        unreviewed=tuple(unreviewed),
        practised="" if _fresh(drilled, now) else practised(engine, drilled),
    )


def _fresh(last: LastDrill | None, now: datetime) -> bool:
    """Whether the last drill was answered, and lies no longer back than a drill counts."""
    return last is not None and last.seconds_to_answer is not None and now - last.at <= QUARTER


def _incidents(found: Insights, team: Team) -> int:
    return sum(one.incidents for one in found.teams if one.team == team.id)


def _of_team(team: str) -> str:
    return f"team:{team}"
