"""Requests for cover."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import cover_request as cover


class CoverRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to give a span of one schedule ("team/schedule") away."""

    id: int = 0
    schedule: str
    person: str
    role: str = ""
    starts_at: datetime
    ends_at: datetime
    note: str = ""
    #: Person ids, in the order they were asked.
    asked: tuple[str, ...] = ()
    created_at: datetime
    taken_by: str = ""
    closed_at: datetime | None = None
    #: Made because of an absence in the person's own calendar.
    away: bool = False

    @property
    def withdrawn(self) -> bool:
        """Nobody has to take it any more."""
        return self.closed_at is not None and not self.taken_by


async def add(tx: AsyncConnection, value: CoverRequest) -> int:
    """Write a request; its number."""
    row = msgspec.structs.asdict(value) | {"asked": list(value.asked)}
    del row["id"]
    return int((await tx.execute(sa.insert(cover).values(row).returning(cover.c.id))).scalar_one())


async def get(tx: AsyncConnection, number: int) -> CoverRequest | None:
    """One request, None if there is none of that number."""
    row = (await tx.execute(sa.select(cover).where(cover.c.id == number))).one_or_none()
    return _request(row) if row else None


async def take(tx: AsyncConnection, number: int, person: str, now: datetime) -> bool:
    """Give it to this person; False if somebody was first."""
    free = sa.update(cover).where(cover.c.id == number, cover.c.closed_at.is_(None))
    return (await tx.execute(free.values(taken_by=person, closed_at=now))).rowcount > 0


async def withdraw(tx: AsyncConnection, number: int, now: datetime) -> bool:
    """Nobody has to take it any more; False if somebody has, or it was withdrawn already."""
    free = sa.update(cover).where(cover.c.id == number, cover.c.closed_at.is_(None))
    return (await tx.execute(free.values(closed_at=now))).rowcount > 0


async def of_person(tx: AsyncConnection, schedule: str, person: str, since: datetime) -> list[CoverRequest]:
    """What somebody asked for of one schedule and is not over, oldest first."""
    query = sa.select(cover).where(cover.c.schedule == schedule, cover.c.person == person, cover.c.ends_at > since)
    return [_request(row) for row in (await tx.execute(query.order_by(cover.c.id))).all()]


def _request(row: Any) -> CoverRequest:
    return CoverRequest(**dict(row._mapping) | {"asked": tuple(row.asked), "away": bool(row.away)})  # noqa: SLF001 - its public name
