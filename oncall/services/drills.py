"""Practice incidents: they walk the real path, say DRILL everywhere, and end by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from oncall.engine import Engine
from oncall.errors import AlreadyResolved, NotFound
from oncall.incident import ENGINE, Arrival, EntryKind, open_incident
from oncall.incident.values import Entry
from oncall.services import incidents
from oncall.services.administration import note
from oncall.services.changes import Changes
from oncall.services.people.rights import Caller, Right
from oncall.store import incidents as incident_rows
from oncall.store import past
from routing.alert import Severity

#: A drill ends by itself after this long, answered or not.
LENGTH = timedelta(minutes=30)
MOST_SHOWN = 50


class NewDrill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drill for `team`: what it is said to be about, and for which service of theirs."""

    team: Annotated[str, msgspec.Meta(max_length=200)]
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    service: Annotated[str, msgspec.Meta(max_length=200)] = ""


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


class Drills(msgspec.Struct, frozen=True, kw_only=True):
    """The newest drills."""

    drills: tuple[DrillItem, ...]


async def start(engine: Engine, caller: Caller, asked: NewDrill) -> int:
    """Open a practice incident and page the team as for a real one; its number.

    Raises:
        NotFound: there is no such team.
        Refused: the caller may not change that team.
    """
    team = engine.directory.teams.get(asked.team)
    if team is None:
        raise NotFound(f"there is no team {asked.team[:60]!r}", "Teams are kept in the files under teams/.")
    caller.require(Right.EDIT_TEAM, team=team.id)
    now = engine.clock.now()
    title = asked.title.strip() or f"Practice for {team.name}: acknowledge as you would at night"
    async with engine.database.write() as tx:
        number = await incident_rows.new_ids(tx)
        arrival = Arrival(
            name="Drill",
            summary=title,
            kind=f"oncall:drill of {team.id}",
            severity=Severity.CRITICAL,
            paging=True,
            team=team.id,
            service=asked.service.strip(),
            policy=team.policy,
            why_team=f"{caller.name} started a drill for {team.name}",
            why_group="a drill stands alone",
        )
        opened = open_incident(number, arrival, now=now, drill=True)
        told = Entry(
            incident=number,
            at=now,
            kind=EntryKind.NOTE,
            text=f"This is a drill. It ends by itself after {LENGTH.seconds // 60} minutes.",
            actor=ENGINE,
            team=team.id,
        )
        changes = Changes(engine, now)
        changes.add(msgspec.structs.replace(opened, entries=(*opened.entries, told)))
        await changes.write(tx)
    await note(engine, caller, "start drill", f"#{number} for {team.id}")
    engine.wake.all()
    return number


async def list_drills(engine: Engine, caller: Caller) -> Drills:
    """The newest drills, and who answered how fast."""
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        numbers = await past.drills(tx, limit=MOST_SHOWN)
        found = await incident_rows.get(tx, numbers)
    items = []
    for number in numbers:
        drill, lead = found[number], found[number].lead
        answered = lead.acknowledged_at
        items.append(
            DrillItem(
                id=drill.id,
                title=drill.title,
                team=lead.team,
                service=drill.service,
                opened_at=drill.opened_at,
                over=drill.resolved_at is not None,
                answered_by=lead.acknowledged_by,
                seconds_to_answer=int((answered - drill.opened_at).total_seconds()) if answered else None,
            )
        )
    return Drills(drills=tuple(items))


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
