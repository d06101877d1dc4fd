"""Putting somebody on call over the calendars, which are never written to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.services.people.rights import Caller, Right
from oncall.services.rotations import calendars as rotations
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.views import schedule_of
from oncall.store import access as access_rows
from oncall.store import overrides
from oncall.store.access import AuditLine
from oncall.store.overrides import StoredOverride

#: What lasts longer belongs into the calendar.
LONGEST = timedelta(days=62)

Name = Annotated[str, msgspec.Meta(max_length=200)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class NewOverride(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Put `person` on call from `starts_at` to `ends_at`, for `replaces` or, without it, for everybody in `role`.

    People are named by id, name or e-mail. A role left out means primary.
    """

    starts_at: Instant
    ends_at: Instant
    person: Name
    replaces: Name = ""
    role: Name = ""
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


async def add(engine: Engine, caller: Caller, team_id: str, schedule_name: str, asked: NewOverride) -> StoredOverride:
    """Make an override and lay it over at once; both people are told. One that is in force already is that one.

    Raises:
        NotFound: there is no such rotation.
        Refused: the caller is neither of the team nor an editor of it.
        Invalid: the span or a name cannot be used.
    """
    team, schedule = schedule_of(engine, team_id, schedule_name)
    _require(caller, team.id)
    now = engine.clock.now()
    made = _checked(engine, caller, schedule_key(team.id, schedule.name), asked, now)
    async with engine.database.write() as tx:
        for known in await overrides.between(tx, made.schedule, made.starts_at, made.ends_at):
            if _says(known) == _says(made):
                return known
        number = await overrides.add(tx, made)
        await _log(engine, tx, caller, "put on call", made)
    await rotations.refresh_schedule(engine, team, schedule, anew=True)
    return msgspec.structs.replace(made, id=number)


async def revoke(engine: Engine, caller: Caller, team_id: str, schedule_name: str, number: int) -> None:
    """Take an override back; the calendars hold again at once.

    Raises:
        NotFound: there is none in force of that number in this rotation.
        Refused: the caller is neither of the team nor an editor of it.
    """
    team, schedule = schedule_of(engine, team_id, schedule_name)
    _require(caller, team.id)
    async with engine.database.write() as tx:
        found = await overrides.get(tx, number)
        here = found is not None and found.schedule == schedule_key(team.id, schedule.name)
        if found is None or not here or not await overrides.revoke(tx, number, engine.clock.now()):
            raise NotFound(f"there is no override {number} in {team.id}/{schedule.name}", "It may be revoked already.")
        await _log(engine, tx, caller, "revoke override", found)
    await rotations.refresh_schedule(engine, team, schedule, anew=True)


async def accept_calendar(engine: Engine, caller: Caller, team_id: str, schedule_name: str) -> None:
    """Put the calendars that are held back into force.

    Raises:
        NotFound: none is held back, or none can be read any more.
        Refused: the caller is neither of the team nor an editor of it.
    """
    team, schedule = schedule_of(engine, team_id, schedule_name)
    _require(caller, team.id)
    if not await rotations.accept(engine, team, schedule):
        raise NotFound(f"no calendar of {team.id}/{schedule.name} is held back", "Look at the rotation's calendars.")


def _says(one: StoredOverride) -> tuple[object, ...]:
    return one.person, one.replaces, one.role, one.starts_at, one.ends_at


def _require(caller: Caller, team: str) -> None:
    """Whoever answers for the team may change who is on call in it."""
    if team in caller.teams:
        caller.require(Right.RESPOND)
    else:
        caller.require(Right.EDIT_TEAM, team=team)


def _checked(engine: Engine, caller: Caller, key: str, asked: NewOverride, now: datetime) -> StoredOverride:
    if asked.ends_at <= asked.starts_at:
        raise Invalid("it ends before it begins", "Give a later end.", "$.ends_at")
    if asked.ends_at <= now:
        raise Invalid("it is over already", "Overrides change what is to come.", "$.ends_at")
    if asked.ends_at - asked.starts_at > LONGEST:
        raise Invalid(f"it is longer than {LONGEST.days} days", "Change the calendar for what lasts.", "$.ends_at")
    return StoredOverride(
        schedule=key,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        person=_id(engine, asked.person, "$.person"),
        replaces=_id(engine, asked.replaces, "$.replaces") if asked.replaces else "",
        role=asked.role.strip(),
        note=asked.note.strip(),
        by=caller.person,
        via=caller.via.value,
        created_at=now,
    )


def _id(engine: Engine, name: str, path: str) -> str:
    known = engine.directory.person_named(name)
    if known is None:
        raise Invalid(f"nobody is known as {name!r}", "Give an id, a name or an e-mail address of people.yaml.", path)
    return known.id


async def _log(engine: Engine, tx: AsyncConnection, caller: Caller, act: str, made: StoredOverride) -> None:
    line = AuditLine(
        at=engine.clock.now(),
        by=caller.person,
        via=caller.via.value,
        act=act,
        subject=made.schedule,
        data={"person": made.person, "from": made.starts_at.isoformat(), "to": made.ends_at.isoformat()},
    )
    await access_rows.log(tx, line)
