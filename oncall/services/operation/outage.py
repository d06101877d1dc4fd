"""When the database fails the engine: nothing can be planned or claimed, so people are told past it.

The fallback team is told through every method its members have in the files, straight from memory, once an outage
lasts; and again when it is over. What Alertmanager sends meanwhile is answered 503, which it retries.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta

import structlog

from notifiers.message import Message, MessageKind
from oncall.engine import Engine, Outage
from oncall.paging import plan
from oncall.services.delivery.carrying import TAKEN

log = structlog.get_logger(__name__)

#: A database that fails over is back by then.
AFTER = timedelta(seconds=30)


async def look(engine: Engine) -> None:
    """Note how the database does, and tell people of an outage that lasts, and of its end."""
    now, fault, outage = engine.clock.now(), engine.database.fault, engine.outage
    if not fault:
        if outage.told and outage.since is not None:
            await _tell(engine, f"The engine works again. Its database failed from {_span(outage.since, now)}.", now)
        engine.outage = Outage()
    elif outage.since is None:
        engine.outage = Outage(since=now)
    elif not outage.told and now - outage.since >= AFTER:
        engine.outage = Outage(since=outage.since, told=True)
        await _tell(
            engine,
            f"THE ENGINE CANNOT PAGE. Its database fails since {outage.since:%H:%M} UTC: {fault}. "
            "Alerts are refused, and Alertmanager sends them again, until it is mended. Watch Alertmanager meanwhile.",
            now,
        )


async def _tell(engine: Engine, text: str, now: datetime) -> None:
    log.error("people are told past the database", text=text)
    directory = engine.directory
    team = directory.teams[directory.defaults.fallback_team]
    people = [directory.people[member] for member in team.members if member in directory.people]
    ways = [(channel, address) for person in people for channel, address, _ in plan(person, important=True, now=now)]
    await asyncio.gather(*(_send(engine, channel, address, text, now) for channel, address in dict.fromkeys(ways)))


async def _send(engine: Engine, channel: str, address: str, text: str, now: datetime) -> None:
    notifier = engine.notifiers.get(channel)
    if notifier is None:
        return
    message = Message(kind=MessageKind.NOTICE, page_id=secrets.token_hex(12), at=now, text=text, summary=text)
    try:
        async with asyncio.timeout(notifier.timeout + 2):
            outcome = await notifier.send(address, message)
    except Exception as error:  # noqa: BLE001 - the built-in phone needs the database, too; the others must go out
        log.warning("somebody could not be told", channel=channel, error=type(error).__name__)
        return
    came = {"channel": channel, "outcome": outcome.kind.value, "code": outcome.code}
    if outcome.kind in TAKEN:
        log.info("somebody was told", **came)
    else:
        log.warning("somebody could not be told", **came)


def _span(since: datetime, until: datetime) -> str:
    return f"{since:%H:%M} to {until:%H:%M} UTC"
