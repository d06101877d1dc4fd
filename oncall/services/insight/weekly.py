"""The weekly digest: load, noise and what is overdue, told to managers on their Monday morning and to teams where they work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.checks import QUARTER
from oncall.directory import Team
from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.person import Person, Role
from oncall.services.insight.tally import Tally, median_minutes, merged
from oncall.services.insight.tallying import read_tally
from oncall.services.operation.administration import note
from oncall.services.people.rights import Caller, Right
from oncall.services.practice.drills import LastDrill, last_drills, practised
from oncall.services.record.actions import viewed
from oncall.services.telling import QUIET_CHANNELS, tell_person
from oncall.services.views.insights import COMPARED, kinds_load, people_load, volume
from oncall.store import digest_refusals, reviews, rotation_findings
from oncall.store import tallies as tally_rows
from oncall.store.reviews import ActionItem
from oncall.weekly import PersonWeek, TeamWeek, WeekLoad, digest, lines

#: Mondays from this hour on, in the recipient's zone.
HOUR = time(9)
WEEK = 7
#: Incidents without a review that a digest names, of each team.
UNREVIEWED = 10
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
    if _of_team(team.id) in refused:
        return []
    (week,) = await _weeks(engine, (team,))
    return lines(week, engine.settings.address)


async def written(engine: Engine, teams: tuple[Team, ...]) -> str:
    """The digest of these teams."""
    return digest(await _weeks(engine, teams), engine.settings.address)


def teams_of(engine: Engine, person: Person) -> tuple[Team, ...]:
    """The teams whose weeks somebody reads: their own; an admin's are all."""
    return tuple(engine.directory.teams.values()) if person.role is Role.ADMIN else engine.directory.teams_of(person.id)


async def _weeks(engine: Engine, teams: Sequence[Team]) -> list[TeamWeek]:
    """The last seven days of each of these teams, read for all of them at once."""
    now = engine.clock.now()
    wanted = [team.id for team in teams]
    async with engine.database.read() as tx:
        loads = await _loads(engine, tx, wanted, now.date())
        open_items: dict[str, list[ActionItem]] = {team: [] for team in wanted}
        for item in await reviews.open_actions(tx, wanted):
            open_items[item.team].append(item)
        unreviewed = await reviews.unreviewed_of(tx, wanted, now - timedelta(days=2 * WEEK), UNREVIEWED)
        drilled = await last_drills(tx, wanted)
    return [
        _week(
            engine,
            team,
            loads[team.id],
            items=open_items[team.id],
            unreviewed=unreviewed.get(team.id, []),
            drilled=drilled.get(team.id),
        )
        for team in teams
    ]


async def _loads(engine: Engine, tx: AsyncConnection, teams: Sequence[str], today: date) -> dict[str, WeekLoad]:
    """What the last seven days of each team came to.

    A team's is remembered for as long as none of its days is written anew, which the text of its days tells.
    """
    names = {person.id: person.name for person in engine.directory.people.values()}
    known = frozenset(names.items())
    first = today - COMPARED - timedelta(days=WEEK - 1)
    texts = await tally_rows.days_of_teams(tx, teams, first.isoformat(), today.isoformat())
    found: dict[str, WeekLoad | None] = {
        team: engine.weeks.get(("digest", team, today, texts.get(team, ""), known)) for team in teams
    }
    unknown = [team for team, load in found.items() if load is None]
    sums = await tally_rows.sums_of_teams(tx, unknown, _days(today, WEEK)) if unknown else {}
    for team in unknown:
        days = tally_rows.read_days(texts.get(team, ""))
        load = _load(team, merged(map(read_tally, sums.get(team, {}).values())), days, names, today)
        engine.weeks.put(("digest", team, today, texts.get(team, ""), known), load)
        found[team] = load
    return {team: load for team, load in found.items() if load is not None}


def _load(team: str, week: Tally, days: Mapping[str, int], names: Mapping[str, str], today: date) -> WeekLoad:
    people = people_load(week, names)
    own = week.teams.get(team)
    incidents = {date.fromisoformat(day): count for day, count in days.items()}
    return WeekLoad(
        incidents=own.incidents if own else 0,
        before=sum(days.get(day, 0) for day in _days(today - timedelta(days=WEEK), WEEK)),
        pages=sum(person.pages for person in people),
        nights=sum(person.nights for person in people),
        minutes_to_answer=median_minutes(own.answers) if own else None,
        people=tuple(PersonWeek(name=p.name, pages=p.pages, nights=p.nights) for p in people),
        noise=tuple((kind.kind, kind.advice) for kind in kinds_load(week) if kind.advice),
        unusual=tuple(
            f"{day.day:%a %d %b} with {day.incidents} incidents, {day.expected:g} were to be expected"
            for day in volume(incidents, {}, today, WEEK)
            if day.unusual and day.expected is not None
        ),
    )


def _week(
    engine: Engine,
    team: Team,
    load: WeekLoad,
    *,
    items: Sequence[ActionItem],
    unreviewed: Sequence[tuple[int, str]],
    drilled: LastDrill | None,
) -> TeamWeek:
    now = engine.clock.now()
    return TeamWeek(
        team=team.id,
        name=team.name,
        **msgspec.structs.asdict(load),
        overdue=tuple(
            (item.text, engine.directory.shown(item.owner) if item.owner else "", (now.date() - item.due).days)
            for item in items
            if item.due is not None and viewed(engine, item).overdue
        ),
        open_items=len(items),
        unreviewed=tuple(unreviewed),
        practised="" if _fresh(drilled, now) else practised(engine, drilled),
    )


def _fresh(last: LastDrill | None, now: datetime) -> bool:
    """Whether the last drill was answered, and lies no longer back than a drill counts."""
    return last is not None and last.seconds_to_answer is not None and now - last.at <= QUARTER


def _days(last: date, count: int) -> list[str]:
    return [(last - timedelta(days=back)).isoformat() for back in range(count)]


def _of_team(team: str) -> str:
    return f"team:{team}"
