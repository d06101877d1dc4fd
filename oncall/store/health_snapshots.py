"""The health of rotations, once a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import health_snapshot as snapshot


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation's score on one day; `top` is the most important sentence about it."""

    schedule: str
    day: str
    at: datetime
    score: int
    band: str
    top: str
    report: Mapping[str, Any]


async def save(tx: AsyncConnection, value: Snapshot) -> None:
    """Write a day's snapshot over an earlier one of that day."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = msgspec.structs.asdict(value)
    changed = {name: row[name] for name in ("at", "score", "band", "top", "report")}
    await tx.execute(
        insert(snapshot).values(row).on_conflict_do_update(index_elements=["schedule", "day"], set_=changed)
    )


async def since(tx: AsyncConnection, schedules: Iterable[str], first: date) -> dict[str, list[Snapshot]]:
    """Snapshots by schedule from that day on, oldest first."""
    query = (
        sa.select(snapshot)
        .where(snapshot.c.schedule.in_(list(schedules)), snapshot.c.day >= first.isoformat())
        .order_by(snapshot.c.day)
    )
    found: dict[str, list[Snapshot]] = {}
    for row in (await tx.execute(query)).all():
        found.setdefault(row.schedule, []).append(Snapshot(**dict(row._mapping)))  # noqa: SLF001 - its public name
    return found
