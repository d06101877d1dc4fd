"""What admins do, each noted in the audit log."""

from __future__ import annotations

from oncall.engine import Engine
from oncall.services.operation.reload import reload as take_into_force
from oncall.services.people.rights import Caller, Right
from oncall.store import access
from oncall.store.access import AuditLine
from routing.problem import Problem


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


async def note(engine: Engine, caller: Caller, act: str, subject: str) -> None:
    """Write to the audit log what the caller did."""
    line = AuditLine(at=engine.clock.now(), by=caller.person, via=caller.via.value, act=act, subject=subject)
    async with engine.database.write() as tx:
        await access.log(tx, line)
