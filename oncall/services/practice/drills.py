"""Practice incidents: they walk the real path, say DRILL everywhere, and end by themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.directory import Team
from oncall.engine import Engine
from oncall.errors import AlreadyResolved, Invalid, NotFound
from oncall.incident import ENGINE, Arrival, EntryKind, open_incident
from oncall.incident.values import Entry
from oncall.practice import PlannedDrill, answered_after
from oncall.services import incidents
from oncall.services.changes import Changes
from oncall.services.operation.administration import note
from oncall.services.people.rights import Caller, Right
from oncall.services.telling import tell_team
from oncall.store import incidents as incident_rows
from oncall.store import past, practice
from routing.alert import Severity

#: A drill ends by itself after this long, answered or not.
LENGTH = timedelta(minutes=30)
SHOWN = 50


class NewDrill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drill for `team`: what it is said to be about, for which service of theirs, and what is read first.

    With `announced` the team is told before it is paged; without it comes as a surprise.
    """

    team: Annotated[str, msgspec.Meta(max_length=200)]
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    service: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    announced: bool = False


class DrillItem(msgspec.Struct, frozen=True, kw_only=True):
    """One drill and what came of it; `seconds_to_answer` is null where nobody answered."""

    id: int
    title: str
    team: str
    service: str
    opened_at: datetime
    over: bool
    answered_by: str
    seconds_to_answer: int | None
    announced: bool
    #: The game day it belonged to.
    game_day: int | None


class Drills(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the drills, newest first; `next` is the cursor of the older ones, null at the end."""

    drills: tuple[DrillItem, ...]
    next: str | None = None


async def start(engine: Engine, caller: Caller, asked: NewDrill) -> int:
    """Open a practice incident and page the team as for a real one; its number.

    Raises:
        NotFound: there is no such team.
        Refused: the caller may not change that team.
        Invalid: a drill of theirs goes on: whoever presses twice does not page them twice.
    """
    team = engine.directory.teams.get(asked.team)
    if team is None:
        raise NotFound(f"there is no team {asked.team[:60]!r}", "Teams are kept in the files under teams/.")
    caller.require(Right.EDIT_TEAM, team=team.id)
    now = engine.clock.now()
    planned = PlannedDrill(
        team=team.id,
        service=asked.service.strip(),
        title=titled(asked.title, team),
        text=asked.text.strip(),
        announced=asked.announced,
        starts_at=now,
        made_by=caller.person,
    )
    async with engine.database.write() as tx:
        running = await practice.open_drill_of(tx, team.id)
        if running is not None:
            raise Invalid(f"{team.name} has a drill already: #{running}", "Wait until it is over, or resolve it.")
        if asked.announced:
            said = f"A drill for {team.name} begins now. Answer as you would at night."
            await tell_team(engine, tx, team, said, reason="a drill", now=now)
        number = await open_drill(engine, tx, planned, team)
        await practice.add_drill(tx, msgspec.structs.replace(planned, incident=number))
    await note(engine, caller, "start drill", f"#{number} for {team.id}")
    engine.wake.all()
    return number


def titled(title: str, team: Team) -> str:
    """What a drill is said to be about, where nobody says so."""
    return title.strip() or f"Practice for {team.name}: acknowledge as you would at night"


async def open_drill(engine: Engine, tx: AsyncConnection, planned: PlannedDrill, team: Team) -> int:
    """Open the practice incident of a planned drill; its number."""
    now = engine.clock.now()
    number = await incident_rows.new_ids(tx)
    arrival = Arrival(
        name="Drill",
        summary=planned.title,
        kind=f"oncall:drill of {team.id}",
        severity=Severity.CRITICAL,
        paging=True,
        team=team.id,
        service=planned.service,
        policy=team.policy,
        why_team=f"{engine.directory.shown(planned.made_by)} started a drill for {team.name}",
        why_group="a drill stands alone",
    )
    opened = open_incident(number, arrival, now=now, drill=True)
    words = [f"This is a drill. It ends by itself after {LENGTH.seconds // 60} minutes.", planned.text]
    told = [
        Entry(incident=number, at=now, kind=EntryKind.NOTE, text=text, actor=ENGINE, team=team.id)
        for text in words
        if text
    ]
    changes = Changes(engine, now)
    changes.add(msgspec.structs.replace(opened, entries=(*opened.entries, *told)))
    await changes.write(tx)
    return number


async def list_drills(engine: Engine, caller: Caller, before: int | None = None) -> Drills:
    """Drills, newest first, and who answered how fast."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        wanted = await past.drills(tx, limit=SHOWN + 1, before=before)
        numbers = wanted[:SHOWN]
        found = await incident_rows.get(tx, numbers)
        planned = await practice.by_incident(tx, numbers)
    items = []
    for number in numbers:
        drill, lead = found[number], found[number].lead
        known = planned.get(number)
        items.append(
            DrillItem(
                id=drill.id,
                title=drill.title,
                team=lead.team,
                service=drill.service,
                opened_at=drill.opened_at,
                over=drill.resolved_at is not None,
                answered_by=lead.acknowledged_by,
                seconds_to_answer=answered_after(drill),
                announced=known is not None and known.announced,
                game_day=known.game_day if known else None,
            )
        )
    return Drills(drills=tuple(items), next=str(numbers[-1]) if len(wanted) > SHOWN else None)


class LastDrill(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a team's newest drill that is over."""

    incident: int
    at: datetime
    answered_by: str
    seconds_to_answer: int | None


async def last_drill(tx: AsyncConnection, team: str) -> LastDrill | None:
    """A team's newest drill that is over; None where it has had none."""
    return (await last_drills(tx, [team])).get(team)


async def last_drills(tx: AsyncConnection, teams: Collection[str]) -> dict[str, LastDrill]:
    """The same of several teams; those that have had none are missing."""
    numbers = await practice.last_of_teams(tx, teams)
    found = await incident_rows.get(tx, numbers.values())
    return {
        team: LastDrill(
            incident=number,
            at=found[number].opened_at,
            answered_by=found[number].lead.acknowledged_by,
            seconds_to_answer=answered_after(found[number]),
        )
        for team, number in numbers.items()
    }


def practised(engine: Engine, last: LastDrill | None) -> str:
    """The same as a sentence, for views of a team and of its rotations."""
    if last is None:
        return "Never practised: a drill shows whether a page gets through before it has to."
    days = (engine.clock.now() - last.at).days
    when = "today" if not days else "yesterday" if days == 1 else f"{days} days ago"
    if last.seconds_to_answer is None:
        return f"The last drill, {when} (#{last.incident}), was answered by nobody."
    who = engine.directory.shown(last.answered_by)
    return f"The last drill, {when} (#{last.incident}), was answered by {who} after {last.seconds_to_answer} s."


async def end_due(engine: Engine) -> int:
    """End drills that have lasted long enough; how many."""
    async with engine.database.read() as tx:
        due = await past.drills_open_since(tx, engine.clock.now() - LENGTH)
    for number in due:
        try:
            await incidents.resolve(engine, number, by=ENGINE, why="the drill is over")
        except AlreadyResolved:
            continue  # somebody was faster
    return len(due)
