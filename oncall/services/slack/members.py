"""Which person a member of the Slack workspace is: by id, then by e-mail address."""

from __future__ import annotations

import asyncio

from oncall.engine import Engine
from oncall.person import Person

#: Seconds a look-up may take; Slack wants an answer within three.
LOOK_UP = 1.5


async def person_of(engine: Engine, user: str) -> Person | None:
    """The person this member is, or None for a stranger."""
    people = engine.directory.people.values()
    for person in people:
        if person.address("slack") == user:
            return person
    email = await _email(engine, user)
    if not email:
        return None
    for person in people:
        if email in {person.email.lower(), (person.address("slack") or "").lower()}:
            return person
    return None


def address_of(person: Person) -> str:
    """How to find this person in the workspace."""
    return person.address("slack") or person.email


async def _email(engine: Engine, user: str) -> str:
    if engine.slack is None:
        return ""
    try:
        async with asyncio.timeout(LOOK_UP):
            ours = await engine.slack.identity.ours()
            return await engine.slack.places.email_of(user, ours.team if ours else "")
    except TimeoutError:
        return ""
