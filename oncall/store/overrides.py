"""Overrides made here: people put on call over the calendars."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import shift_override as override
from schedules.layers import Override


class StoredOverride(msgspec.Struct, frozen=True, kw_only=True):
    """One override of one schedule ("team/schedule")."""

    id: int = 0
    schedule: str
    starts_at: datetime
    ends_at: datetime
    person: str
    #: Whose place is taken; empty takes the role whoever has it.
    replaces: str = ""
    role: str = ""
    note: str = ""
    by: str = ""
    via: str = ""
    created_at: datetime
    revoked_at: datetime | None = None

    def layer(self) -> Override:
        """As it is laid over calendars."""
        return Override(
            start=self.starts_at,
            end=self.ends_at,
            person=self.person,
            replaces=self.replaces or None,
            role=self.role or None,
            source=f"override {self.id}",
        )


async def add(tx: AsyncConnection, value: StoredOverride) -> int:
    """Write an override; its number."""
    row = msgspec.structs.asdict(value)
    del row["id"]
    return int((await tx.execute(sa.insert(override).values(row).returning(override.c.id))).scalar_one())


async def get(tx: AsyncConnection, number: int) -> StoredOverride | None:
    """One override, None if there is none of that number."""
    row = (await tx.execute(sa.select(override).where(override.c.id == number))).one_or_none()
    return _override(row) if row else None


async def revoke(tx: AsyncConnection, number: int, now: datetime) -> bool:
    """Take it back; False if it was already."""
    statement = sa.update(override).where(override.c.id == number, override.c.revoked_at.is_(None))
    return (await tx.execute(statement.values(revoked_at=now))).rowcount > 0


async def between(tx: AsyncConnection, schedule: str, since: datetime, until: datetime) -> list[StoredOverride]:
    """Those in force that touch [since, until), in the order they were made."""
    query = sa.select(override).where(
        override.c.schedule == schedule,
        override.c.ends_at > since,
        override.c.starts_at < until,
        override.c.revoked_at.is_(None),
    )
    return [_override(row) for row in (await tx.execute(query.order_by(override.c.id))).all()]


async def to_come(tx: AsyncConnection, now: datetime, schedule: str = "") -> list[StoredOverride]:
    """Those in force now or later, by begin; of one schedule or of all."""
    query = sa.select(override).where(override.c.ends_at > now, override.c.revoked_at.is_(None))
    if schedule:
        query = query.where(override.c.schedule == schedule)
    return [_override(row) for row in (await tx.execute(query.order_by(override.c.starts_at, override.c.id))).all()]


def _override(row: Any) -> StoredOverride:
    return StoredOverride(**dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name for it
