"""Incidents the engine opens about itself: they page like any other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.incident import Arrival, open_incident
from oncall.services.changes import Changes
from oncall.store import incidents
from routing.alert import Severity


async def open_trouble(
    engine: Engine,
    tx: AsyncConnection,
    *,
    title: str,
    service: str,
    why: str,
    now: datetime,
    team: str = "",
    group_key: str = "",
) -> int:
    """Open a critical incident for a team (default: the fallback team) inside the caller's transaction; its number.

    `group_key` finds it again while it is open, so that one trouble is told once.
    """
    directory = engine.directory
    owner = directory.teams.get(team) or directory.teams[directory.defaults.fallback_team]
    number = await incidents.new_ids(tx)
    arrival = Arrival(
        name=title,
        summary=title,
        kind=f"oncall:{service}",
        severity=Severity.CRITICAL,
        paging=True,
        team=owner.id,
        service=service,
        policy=owner.policy,
        why_team=why,
        why_group="raised by the engine itself",
        group_key=group_key,
    )
    changes = Changes(engine, now)
    changes.add(open_incident(number, arrival, now=now))
    await changes.write(tx)
    return number
