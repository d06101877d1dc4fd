"""Game days: several drills by a script. They begin at their time, can be ended, and end by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.errors import AlreadyResolved, Invalid, NotFound
from oncall.incident import ENGINE, Actor, Incident
from oncall.practice import (
    DrillState,
    GameDay,
    PlannedDrill,
    answered_after,
    state_of,
    summary,
    told_beforehand,
    why_left_out,
)
from oncall.services import incidents
from oncall.services.operation.administration import note
from oncall.services.people.rights import Caller, Right
from oncall.services.practice.drills import open_drill, titled
from oncall.services.telling import tell_person, tell_team
from oncall.store import incidents as incident_rows
from oncall.store import practice as rows

MOST_STEPS = 50
#: Drills that one round begins.
BATCH = 20
SHOWN = 50
#: How far ahead a game day may be planned.
AHEAD = timedelta(days=180)
#: The same again within this time was sent twice.
TWICE = timedelta(minutes=1)

Short = Annotated[str, msgspec.Meta(max_length=200)]


class NewStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One drill of the script, `minutes` after the begin. With `announced` the team hears of it beforehand."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 0
    team: Short
    title: Short = ""
    service: Short = ""
    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    announced: bool = False


class NewGameDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A game day; without `starts_at` it begins now."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    steps: Annotated[tuple[NewStep, ...], msgspec.Meta(min_length=1, max_length=MOST_STEPS)]
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class Abort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """End it: drills that run are over, those that wait do not begin."""

    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


class StepItem(msgspec.Struct, frozen=True, kw_only=True):
    """One drill of a game day and how it stands."""

    minutes: int
    starts_at: datetime
    team: str
    service: str
    title: str
    text: str
    announced: bool
    state: DrillState
    incident: int | None
    answered_by: str
    seconds_to_answer: int | None
    left_out: str


class GameDayView(msgspec.Struct, frozen=True, kw_only=True):
    """One game day with its script and what has come of it. `may_abort`: the caller may end it."""

    id: int
    title: str
    starts_at: datetime
    made_by: str
    ended_at: datetime | None
    ended_by: str
    ended_why: str
    steps: tuple[StepItem, ...]
    may_abort: bool


class GameDayItem(msgspec.Struct, frozen=True, kw_only=True):
    """One game day in the list."""

    id: int
    title: str
    starts_at: datetime
    made_by: str
    ended_at: datetime | None


class GameDays(msgspec.Struct, frozen=True, kw_only=True):
    """Game days, newest first; `next` is the cursor of the older ones, null at the end."""

    game_days: tuple[GameDayItem, ...]
    next: str | None = None


async def plan(engine: Engine, caller: Caller, asked: NewGameDay) -> int:
    """Take a script down; its drills begin at their times. Its number. Sent twice it is one.

    Raises:
        Refused: the caller may not change one of the teams.
        NotFound: there is no such team.
        Invalid: it lies in the past, or too far ahead.
    """
    now = engine.clock.now()
    starts = asked.starts_at or now
    for step in asked.steps:
        if step.team not in engine.directory.teams:
            raise NotFound(f"there is no team {step.team[:60]!r}", "Teams are kept in the files under teams/.")
        caller.require(Right.EDIT_TEAM, team=step.team)
    if not now - timedelta(minutes=1) <= starts <= now + AHEAD:
        raise Invalid("a game day begins now or later", f"At most {AHEAD.days} days ahead.", "$.starts_at")
    day = GameDay(title=" ".join(asked.title.split()), starts_at=starts, made_at=now, made_by=caller.person)
    if not day.title:
        raise Invalid("a game day needs a title", "Say what is practised.", "$.title")
    async with engine.database.write() as tx:
        for known in await rows.game_days(tx, limit=5):
            same = (known.title, known.made_by) == (day.title, day.made_by) and abs(known.starts_at - starts) < TWICE
            if same and known.ended_at is None and now - known.made_at < TWICE:
                return known.id
        number = await rows.add_game_day(tx, day)
        drills = [_planned(engine, number, starts, step, caller.person) for step in asked.steps]
        for drill in drills:
            await rows.add_drill(tx, drill)
        await _announce(engine, tx, day, drills)
    await note(engine, caller, "plan game day", f"{number}: {len(drills)} drills from {starts:%Y-%m-%d %H:%M} UTC")
    engine.wake.delivery.set()
    return number


async def view(engine: Engine, caller: Caller, number: int) -> GameDayView:
    """One game day.

    Raises:
        NotFound: there is none of that number.
    """
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        day = await rows.game_day_of(tx, number)
        if day is None:
            raise NotFound(f"there is no game day {number}", "Look in the list of drills.")
        drills = await rows.drills_of(tx, number)
        found = await incident_rows.get(tx, [d.incident for d in drills if d.incident])
    return GameDayView(
        id=number,
        title=day.title,
        starts_at=day.starts_at,
        made_by=day.made_by,
        ended_at=day.ended_at,
        ended_by=day.ended_by,
        ended_why=day.ended_why,
        steps=tuple(_step(drill, found.get(drill.incident or 0)) for drill in drills),
        may_abort=day.ended_at is None and _may_abort(caller, day, drills),
    )


async def list_game_days(engine: Engine, caller: Caller, before: int | None = None) -> GameDays:
    """Game days, newest first."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        found = await rows.game_days(tx, before=before, limit=SHOWN + 1)
    items = tuple(
        GameDayItem(id=d.id, title=d.title, starts_at=d.starts_at, made_by=d.made_by, ended_at=d.ended_at)
        for d in found[:SHOWN]
    )
    return GameDays(game_days=items, next=str(items[-1].id) if len(found) > SHOWN else None)


async def abort(engine: Engine, caller: Caller, number: int, asked: Abort) -> None:
    """End a game day now. Whoever made it may, and whoever may change all of its teams.

    Raises:
        NotFound: there is none of that number.
        Refused: the caller may not.
        AlreadyResolved: it is over.
    """
    now = engine.clock.now()
    why = " ".join(asked.why.split()) or "it was ended early"
    async with engine.database.write() as tx:
        day = await rows.game_day_of(tx, number, lock=True)
        if day is None:
            raise NotFound(f"there is no game day {number}", "Look in the list of drills.")
        drills = await rows.drills_of(tx, number)
        if not _may_abort(caller, day, drills):
            for drill in drills:
                caller.require(Right.EDIT_TEAM, team=drill.team)
        if day.ended_at is not None:
            raise AlreadyResolved(day.ended_by, day.ended_at)
        for drill in drills:
            if drill.incident is None and not drill.left_out:
                await rows.leave_out(tx, drill.id, why)
        await rows.end_game_day(tx, number, at=now, by=caller.person, why=why)
    for drill in drills:
        if drill.incident is not None:
            await _end(engine, drill.incident, caller.actor, why)
    await note(engine, caller, "abort game day", f"{number}: {why}")


async def begin_due(engine: Engine) -> int:
    """Begin the drills whose time has come, and end game days all of whose drills are over; how many began."""
    now = engine.clock.now()
    began = 0
    async with engine.database.read() as tx:
        waiting = await rows.any_due(tx, now)
        running = await rows.open_game_days(tx)
    if waiting:
        async with engine.database.write() as tx:
            for drill in await rows.due(tx, now, BATCH):
                began += await _begin(engine, tx, drill, now)
        engine.wake.all()
    for number in running:
        await _end_if_over(engine, number)
    return began


async def _begin(engine: Engine, tx: AsyncConnection, drill: PlannedDrill, now: datetime) -> bool:
    team = engine.directory.teams.get(drill.team)
    real = await rows.real_open(tx, drill.team)
    why = why_left_out(drill, now=now, team_known=team is not None, real=real)
    if team is None or why:
        await rows.leave_out(tx, drill.id, why)
        return False
    await rows.begun(tx, drill.id, await open_drill(engine, tx, drill, team))
    return True


async def _end_if_over(engine: Engine, number: int) -> None:
    now = engine.clock.now()
    async with engine.database.write() as tx:
        day = await rows.game_day_of(tx, number, lock=True)
        drills = await rows.drills_of(tx, number)
        found = await incident_rows.get(tx, [d.incident for d in drills if d.incident])
        steps = [_step(drill, found.get(drill.incident or 0)) for drill in drills]
        if day is None or day.ended_at is not None or not all(step.state.final for step in steps):
            return
        await rows.end_game_day(tx, number, at=now, by=ENGINE.person, why="every drill is over")
        results = [
            (s.team, s.title, s.state, engine.directory.shown(s.answered_by), s.seconds_to_answer) for s in steps
        ]
        text = f"{summary(day.title, results)}\n{engine.settings.address}/game-days/{number}"
        await tell_person(engine, tx, day.made_by, text, team=steps[0].team, reason="a game day is over", now=now)
    engine.wake.delivery.set()


async def _announce(engine: Engine, tx: AsyncConnection, day: GameDay, drills: list[PlannedDrill]) -> None:
    for team in engine.directory.teams.values():
        own = [drill for drill in drills if drill.team == team.id and drill.announced]
        if own:
            first = min(drill.starts_at for drill in own).astimezone(ZoneInfo(team.timezone))
            said = told_beforehand(day.title, own, f"{first:%a %d %b %H:%M} ({team.timezone})")
            await tell_team(engine, tx, team, said, reason="a game day", now=engine.clock.now())


async def _end(engine: Engine, number: int, by: Actor, why: str) -> None:
    try:
        await incidents.resolve(engine, number, by=by, why=why)
    except AlreadyResolved:
        return  # it ended by itself, or somebody was faster


def _planned(engine: Engine, number: int, starts: datetime, step: NewStep, by: str) -> PlannedDrill:
    return PlannedDrill(
        game_day=number,
        team=step.team,
        service=step.service.strip(),
        title=titled(step.title, engine.directory.teams[step.team]),
        text=step.text.strip(),
        announced=step.announced,
        starts_at=starts + timedelta(minutes=step.minutes),
        made_by=by,
        minutes=step.minutes,
    )


def _step(drill: PlannedDrill, incident: Incident | None) -> StepItem:
    return StepItem(
        minutes=drill.minutes,
        starts_at=drill.starts_at,
        team=drill.team,
        service=drill.service,
        title=drill.title,
        text=drill.text,
        announced=drill.announced,
        state=state_of(drill, incident),
        incident=drill.incident,
        answered_by=incident.lead.acknowledged_by if incident else "",
        seconds_to_answer=answered_after(incident) if incident else None,
        left_out=drill.left_out,
    )


def _may_abort(caller: Caller, day: GameDay, drills: list[PlannedDrill]) -> bool:
    owns = caller.person == day.made_by and caller.may(Right.RESPOND)
    return owns or all(caller.may(Right.EDIT_TEAM, team=drill.team) for drill in drills)
