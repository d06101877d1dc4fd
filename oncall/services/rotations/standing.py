"""Who can be reached, by the names a rotation uses."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.person import Person
from oncall.store import contacts, reachability
from schedules.findings import Standing
from schedules.shift import Segment


async def standings(engine: Engine, tx: AsyncConnection, segments: Iterable[Segment]) -> dict[str, Standing]:
    """The standing of every name on call that somebody in the files has."""
    names = {who.person for segment in segments for who in segment.on_call}
    known = {name: person for name in names if (person := engine.directory.person_named(name))}
    working = await reachable(engine, tx, known.values())
    return {name: Standing(reachable=person.id in working) for name, person in known.items()}


async def reachable(engine: Engine, tx: AsyncConnection, people: Iterable[Person]) -> set[str]:
    """Ids of those with a contact method that works, as far as is known.

    It must lead through a channel this engine has, nobody may have sent STOP from it, and the last message to it must
    not have been refused for good.
    """
    people = list(people)
    refused = await reachability.refused_addresses(tx, {person.id for person in people})
    refused |= await contacts.stopped(tx, {method.address for person in people for method in person.methods})
    return {
        person.id
        for person in people
        if any(m.channel in engine.notifiers and (m.channel, m.address) not in refused for m in person.methods)
    }
