"""Roles, impact and status of an incident: who is commander, whom it hurts, how it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.incident import Actor, Incident
from oncall.incident import record as state
from oncall.incident.record import Record, Recorded
from oncall.store import incidents as incident_rows
from oncall.store import posts
from oncall.store import record as rows

Decide = Callable[[Record, datetime], Recorded]


async def describe(
    engine: Engine, number: int, *, by: Actor, impact: str | None = None, status: str | None = None
) -> Incident:
    """Say whom it hurts and how it stands; also after the end, for the review.

    Raises:
        NotFound: no such incident.
    """

    def decide(record: Record, now: datetime) -> Recorded:
        return state.describe(record, incident=number, impact=impact, status=status, by=by, now=now)

    return await _change(engine, number, decide)


async def assign(engine: Engine, number: int, *, by: Actor, role: str, person: str = "") -> Incident:
    """Give a role to somebody (id, name or e-mail), or free it.

    Raises:
        NotFound: no such incident or person.
        Invalid: the role's name cannot be used.
    """
    named = engine.directory.person_named(person) if person else None
    if person and named is None:
        raise NotFound(f"there is no person {person[:60]!r}", "Name somebody by id, name or e-mail.")
    holder = named.id if named else ""

    def decide(record: Record, now: datetime) -> Recorded:
        return state.assign(record, incident=number, role=role, person=holder, by=by, now=now)

    return await _change(engine, number, decide)


async def _change(engine: Engine, number: int, decide: Decide) -> Incident:
    now = engine.clock.now()
    async with engine.database.write() as tx:
        found = await incident_rows.get(tx, [number], lock=True)
        if number not in found:
            raise NotFound(f"there is no incident #{number}", "Look in the list of incidents.")
        said = decide(await rows.get(tx, number), now)
        if said.entries:
            await rows.save(tx, number, said.record)
            await incident_rows.add_entries(tx, said.entries)
            await posts.touch(tx, [number], now)
    engine.wake.posts.set()
    return found[number]
