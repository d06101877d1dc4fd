"""Trouble ahead in rotations, as last found, and what was told once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import rotation_finding as finding
from oncall.store.schema import told
from schedules.findings import Finding, FindingKind


async def replace(tx: AsyncConnection, schedule: str, found: Sequence[Finding], now: datetime) -> tuple[Finding, ...]:
    """Put a schedule's findings in the place of its old ones; those that are new, to be told."""
    known = set((await tx.execute(sa.select(finding.c.key).where(finding.c.schedule == schedule))).scalars())
    current = {one.key: one for one in found}
    gone = known - current.keys()
    if gone:
        await tx.execute(sa.delete(finding).where(finding.c.schedule == schedule, finding.c.key.in_(gone)))
    for key in known & current.keys():
        changed = sa.update(finding).where(finding.c.schedule == schedule, finding.c.key == key)
        await tx.execute(changed.values(_row(schedule, current[key])))
    fresh = [one for key, one in current.items() if key not in known]
    if fresh:
        await tx.execute(sa.insert(finding), [_row(schedule, one) | {"found_at": now} for one in fresh])
    return tuple(fresh)


async def of_schedules(tx: AsyncConnection, schedules: Iterable[str]) -> dict[str, list[Finding]]:
    """Findings by schedule, soonest first."""
    query = sa.select(finding).where(finding.c.schedule.in_(list(schedules))).order_by(finding.c.starts_at)
    found: dict[str, list[Finding]] = {}
    for row in (await tx.execute(query)).all():
        found.setdefault(row.schedule, []).append(
            Finding(
                kind=FindingKind(row.kind),
                key=row.key,
                start=row.starts_at,
                end=row.ends_at,
                what=row.what,
                fix=row.fix,
                person=row.person or None,
            )
        )
    return found


async def forget(tx: AsyncConnection, keep: Iterable[str]) -> None:
    """Drop findings of schedules that the files no longer name."""
    await tx.execute(sa.delete(finding).where(finding.c.schedule.not_in(list(keep))))


async def tell_once(tx: AsyncConnection, key: str, now: datetime) -> bool:
    """True the first time this key comes: whoever gets it tells."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(told).values(key=key, at=now).on_conflict_do_nothing(index_elements=["key"])
    return (await tx.execute(statement)).rowcount > 0


async def was_told(tx: AsyncConnection, key: str) -> bool:
    """Whether this key has come; cheaper than to find out by telling."""
    return (await tx.execute(sa.select(told.c.key).where(told.c.key == key))).first() is not None


async def forget_told(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete old keys, a batch at a time; how many."""
    old = sa.select(told.c.key).where(told.c.at < before).limit(limit)
    return (await tx.execute(sa.delete(told).where(told.c.key.in_(old)))).rowcount


def _row(schedule: str, one: Finding) -> dict[str, object]:
    return {
        "schedule": schedule,
        "key": one.key,
        "kind": one.kind.value,
        "starts_at": one.start,
        "ends_at": one.end,
        "person": one.person or "",
        "what": one.what,
        "fix": one.fix,
    }
