"""Who can be reached, by the names a rotation uses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.person import Person
from oncall.services.people.contacts import LATELY, works
from oncall.store import contacts, reachability, shift_checks
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


async def proven(engine: Engine, tx: AsyncConnection, people: Iterable[Person], now: datetime) -> dict[str, str]:
    """Those of these people with a contact method that worked lately, and which.

    It works if a page was delivered to the device, or an answer came back, within `LATELY` and nothing spoke against
    it since.
    """
    people = list(people)
    arrived = await reachability.delivered(tx, {m.address for p in people for m in p.methods}, now - LATELY)
    found: dict[str, str] = {}
    for person in people:
        for method in person.methods:
            contact = await contacts.get(tx, method.channel, method.address)
            at = arrived.get((method.channel, method.address))
            if at is not None and (contact.answered_at is None or contact.answered_at < at):
                contact = replace(contact, answered_at=at)
            if method.channel in engine.notifiers and works(contact, now):
                found.setdefault(person.id, method.channel)
    return found


async def unproven(engine: Engine, tx: AsyncConnection, people: Iterable[Person], now: datetime) -> set[str]:
    """Those of these people whose last checks found nothing that works, and of whom nothing came back since."""
    people = list(people)
    failed = await shift_checks.failed(tx, {person.id for person in people}, now - LATELY)
    if not failed:
        return set()
    return failed - (await proven(engine, tx, [p for p in people if p.id in failed], now)).keys()
