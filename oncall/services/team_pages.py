"""A person pages a team: an incident without alerts."""

from __future__ import annotations

from oncall.engine import Engine
from oncall.errors import NotFound
from oncall.incident import Actor
from oncall.services.trouble import open_trouble


async def page_team(engine: Engine, team: str, *, why: str, by: Actor, name: str) -> int:
    """Open a critical incident for a team, named by id or name; its number.

    Raises:
        NotFound: There is no such team.
    """
    wanted = team.strip().casefold()
    known = next((t for t in engine.directory.teams.values() if wanted in {t.id.casefold(), t.name.casefold()}), None)
    if known is None:
        teams = ", ".join(engine.directory.teams)
        raise NotFound(f"there is no team {team!r}", f"Name one of: {teams}.")
    now = engine.clock.now()
    title = f"{name} asks: {why.strip() or 'please have a look'}"
    async with engine.database.write() as tx:
        number = await open_trouble(
            engine,
            tx,
            title=title,
            service="",
            why=f"{name} paged {known.name} by {by.via}",
            now=now,
            team=known.id,
        )
    engine.wake.all()
    return number
