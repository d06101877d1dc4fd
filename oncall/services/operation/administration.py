"""What admins do, each noted in the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from oncall.engine import Engine
from oncall.errors import Invalid
from oncall.services.operation.reload import reload as take_into_force
from oncall.services.people.rights import Caller, Right
from oncall.store import access, inbox
from oncall.store.access import AuditLine
from routing.problem import Problem

#: Years between which instants are taken: beyond them zones and databases differ.
_CALENDAR = (1971, 9000)


async def reload(engine: Engine, caller: Caller) -> tuple[Problem, ...]:
    """Read the configuration directory again and put it into force; the warnings it gave.

    Raises:
        Refused: the caller is no admin.
        BadDirectory: it has errors; the old one stays in force.
    """
    caller.require(Right.ADMINISTER)
    problems = await take_into_force(engine)
    await note(engine, caller, "reload", str(engine.config_dir))
    return problems


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which bodies to process again: received in [since, until), now where `until` is left out; of one integration or all."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    integration: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """How many bodies wait to be processed again."""

    bodies: int


async def replay(engine: Engine, caller: Caller, asked: Replay) -> Replayed:
    """Process the bodies of a stretch of time again; repeats change nothing, so only what was missed takes effect.

    Raises:
        Refused: the caller is no admin.
        Invalid: the stretch is empty or lies outside our days, or no integration is called that.
    """
    caller.require(Right.ADMINISTER)
    now = engine.clock.now()
    until = asked.until or now
    if not (_CALENDAR[0] < asked.since.year and until.year < _CALENDAR[1]):
        raise Invalid("that stretch is outside the calendar", "Give instants of our days.", "$.since")
    if asked.since >= until:
        raise Invalid("the stretch ends before it begins", "Give an end that lies after the begin.", "$.until")
    known = [integration.name for integration in engine.directory.integrations]
    if asked.integration and asked.integration not in known:
        raise Invalid(
            f"no integration is called {asked.integration[:60]!r}", f"There are {', '.join(known)}.", "$.integration"
        )
    subject = f"{asked.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} to {until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    line = AuditLine(
        at=now, by=caller.person, via=caller.via.value, act="replay", subject=f"{subject} {asked.integration}".rstrip()
    )
    async with engine.database.write() as tx:
        bodies = await inbox.replay(tx, since=asked.since, until=until, integration=asked.integration)
        await access.log(tx, line)
    engine.wake.intake.set()
    return Replayed(bodies=bodies)


async def note(engine: Engine, caller: Caller, act: str, subject: str) -> None:
    """Write to the audit log what the caller did."""
    line = AuditLine(at=engine.clock.now(), by=caller.person, via=caller.via.value, act=act, subject=subject)
    async with engine.database.write() as tx:
        await access.log(tx, line)
