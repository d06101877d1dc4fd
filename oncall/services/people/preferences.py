"""In which order a person is reached by the contact methods of their file, and which of them they leave out."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from notifiers.channels import BY_NAME
from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.person import Person, Preference
from oncall.services.people.rights import Caller, Right
from oncall.store import preferences as rows


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of one's own contact methods."""

    channel: str


async def move_up(engine: Engine, caller: Caller, asked: Move) -> None:
    """Reach me by this one earlier.

    Raises:
        NotFound: The caller has no such contact method.
    """
    person, known = _self(engine, caller, asked.channel)
    order = list(_order(person, known))
    place = order.index(asked.channel)
    if place:
        order[place - 1], order[place] = order[place], order[place - 1]
    await _keep(engine, person, Preference(order=tuple(order), left_out=known.left_out))


async def leave_out(engine: Engine, caller: Caller, asked: Move) -> None:
    """Reach me by this one no more.

    Raises:
        NotFound: The caller has no such contact method.
        Invalid: Nothing would be left that can carry an important page.
    """
    person, known = _self(engine, caller, asked.channel)
    left_out = tuple(dict.fromkeys((*known.left_out, asked.channel)))
    rest = [m.channel for m in person.methods if m.channel not in left_out]
    if not any(name in engine.notifiers and BY_NAME[name].counts for name in rest):
        raise Invalid(
            "nothing would be left that can carry an important page",
            "Prove another contact method first.",
            "$.channel",
        )
    await _keep(engine, person, Preference(order=known.order, left_out=left_out))


async def take_back(engine: Engine, caller: Caller, asked: Move) -> None:
    """Reach me by this one again.

    Raises:
        NotFound: The caller has no such contact method.
    """
    person, known = _self(engine, caller, asked.channel)
    left_out = tuple(channel for channel in known.left_out if channel != asked.channel)
    await _keep(engine, person, Preference(order=known.order, left_out=left_out))


async def keep_up(engine: Engine) -> bool:
    """Take what people changed, here or on other nodes, into force on this node; True if there was something."""
    async with engine.database.read() as tx:
        found = await rows.everybodys(tx)
    if found == engine.organisation.preferences:
        return False
    engine.organisation = engine.organisation.preferring(found)
    return True


async def _keep(engine: Engine, person: Person, preference: Preference) -> None:
    async with engine.database.write() as tx:
        await rows.save(tx, person.id, preference, engine.clock.now())
    await keep_up(engine)


def _self(engine: Engine, caller: Caller, channel: str) -> tuple[Person, Preference]:
    """The caller as the files have them, and what they prefer."""
    caller.require(Right.RESPOND)
    person = engine.organisation.files.people.get(caller.person)
    if person is None or person.address(channel) is None:
        raise NotFound(f"you have no contact method {channel!r}", "Contact methods are kept in people.yaml.")
    return person, preferences_of(engine.organisation.preferences, person.id)


def preferences_of(found: Mapping[str, Preference], person: str) -> Preference:
    """What a person prefers; nothing in particular where they never said."""
    return found.get(person, Preference())


def _order(person: Person, preference: Preference) -> tuple[str, ...]:
    return tuple(m.channel for m in replace(person, methods=preference.sorted(person.methods)).methods)
