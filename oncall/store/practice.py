"""Drills and game days: rows to values and back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.practice import GameDay, PlannedDrill
from oncall.store.schema import drill, game_day, incident


async def add_game_day(tx: AsyncConnection, value: GameDay) -> int:
    """Write a game day; its number."""
    row = {k: v for k, v in msgspec.structs.asdict(value).items() if k != "id"}
    return int((await tx.execute(sa.insert(game_day).values(row).returning(game_day.c.id))).scalar_one())


async def add_drill(tx: AsyncConnection, value: PlannedDrill) -> None:
    """Write a drill."""
    row = msgspec.structs.asdict(value)
    del row["id"]
    row["game_day_id"], row["incident_id"] = row.pop("game_day"), row.pop("incident")
    await tx.execute(sa.insert(drill).values(row))


async def game_day_of(tx: AsyncConnection, number: int, *, lock: bool = False) -> GameDay | None:
    """One game day."""
    query = sa.select(game_day).where(game_day.c.id == number)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _game_day(row) if row else None


async def game_days(tx: AsyncConnection, *, before: int | None = None, limit: int = 50) -> list[GameDay]:
    """Game days, newest first."""
    query = sa.select(game_day).order_by(game_day.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(game_day.c.id < before)
    return [_game_day(row) for row in (await tx.execute(query)).all()]


async def open_game_days(tx: AsyncConnection) -> list[int]:
    """Numbers of those that are not over."""
    return list((await tx.execute(sa.select(game_day.c.id).where(game_day.c.ended_at.is_(None)))).scalars())


async def end_game_day(tx: AsyncConnection, number: int, *, at: datetime, by: str, why: str) -> None:
    """It is over."""
    values = {"ended_at": at, "ended_by": by, "ended_why": why}
    await tx.execute(sa.update(game_day).where(game_day.c.id == number).values(values))


async def drills_of(tx: AsyncConnection, number: int) -> list[PlannedDrill]:
    """A game day's drills in the order of its script."""
    query = sa.select(drill).where(drill.c.game_day_id == number).order_by(drill.c.starts_at, drill.c.id)
    return [_drill(row) for row in (await tx.execute(query)).all()]


async def any_due(tx: AsyncConnection, now: datetime) -> bool:
    """Whether the time of any drill has come; cheaper than to lock in vain."""
    waiting = sa.and_(drill.c.incident_id.is_(None), drill.c.left_out == "", drill.c.starts_at <= now)
    return (await tx.execute(sa.select(drill.c.id).where(waiting).limit(1))).first() is not None


async def due(tx: AsyncConnection, now: datetime, limit: int) -> list[PlannedDrill]:
    """Drills whose time has come, held by this transaction."""
    query = (
        sa.select(drill)
        .where(drill.c.incident_id.is_(None), drill.c.left_out == "", drill.c.starts_at <= now)
        .order_by(drill.c.starts_at, drill.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_drill(row) for row in (await tx.execute(query)).all()]


async def begun(tx: AsyncConnection, number: int, incident_number: int) -> None:
    """It became that incident."""
    await tx.execute(sa.update(drill).where(drill.c.id == number).values(incident_id=incident_number))


async def leave_out(tx: AsyncConnection, number: int, why: str) -> None:
    """It will not begin."""
    await tx.execute(sa.update(drill).where(drill.c.id == number).values(left_out=why))


async def by_incident(tx: AsyncConnection, numbers: Collection[int]) -> dict[int, PlannedDrill]:
    """The drills that became these incidents."""
    query = sa.select(drill).where(drill.c.incident_id.in_(list(numbers)))
    return {row.incident_id: _drill(row) for row in (await tx.execute(query)).all()}


async def last_of_teams(tx: AsyncConnection, teams: Collection[str]) -> dict[str, int]:
    """The newest drill of each team that is over, as incidents' numbers; teams without one are missing."""
    over = sa.exists().where(incident.c.id == drill.c.incident_id, incident.c.resolved_at.is_not(None))
    query = (
        sa.select(drill.c.team, sa.func.max(drill.c.incident_id).label("newest"))
        .where(drill.c.team.in_(list(teams)), over)
        .group_by(drill.c.team)
    )
    return {row.team: row.newest for row in (await tx.execute(query)).all()}


async def open_drill_of(tx: AsyncConnection, team: str) -> int | None:
    """The newest drill of a team that goes on, as an incident's number."""
    query = (
        sa.select(incident.c.id)
        .where(incident.c.resolved_at.is_(None), incident.c.lead_team == team, incident.c.drill)
        .order_by(incident.c.id.desc())
        .limit(1)
    )
    number: int | None = (await tx.execute(query)).scalar()
    return number


async def real_open(tx: AsyncConnection, team: str) -> int | None:
    """The newest open critical incident a team leads that is no drill."""
    query = (
        sa.select(incident.c.id)
        .where(
            incident.c.resolved_at.is_(None),
            incident.c.lead_team == team,
            incident.c.drill.is_(False),
            incident.c.severity == "critical",
        )
        .order_by(incident.c.id.desc())
        .limit(1)
    )
    number: int | None = (await tx.execute(query)).scalar()
    return number


def _drill(row: Any) -> PlannedDrill:
    return PlannedDrill(
        id=row.id,
        game_day=row.game_day_id,
        team=row.team,
        service=row.service,
        title=row.title,
        text=row.text,
        announced=row.announced,
        starts_at=row.starts_at,
        made_by=row.made_by,
        minutes=row.minutes,
        incident=row.incident_id,
        left_out=row.left_out,
    )


def _game_day(row: Any) -> GameDay:
    return GameDay(
        id=row.id,
        title=row.title,
        starts_at=row.starts_at,
        made_at=row.made_at,
        made_by=row.made_by,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        ended_why=row.ended_why,
    )
