"""Alerts nobody owns, counted by what would settle them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import alert, incident, involvement, unowned


class Unowned(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that one matcher would settle: the labels of the newest, how many, since when, and where to look."""

    matcher: str
    labels: dict[str, str]
    count: int = 1
    first_at: datetime
    last_at: datetime
    incident_id: int


async def note(tx: AsyncConnection, rows: Sequence[Unowned]) -> None:
    """Count these on top of what is known; matchers within `rows` differ."""
    if not rows:
        return
    insert = (postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert)(unowned)
    changed = {
        "labels": insert.excluded.labels,
        "count": unowned.c.count + insert.excluded.count,
        "last_at": insert.excluded.last_at,
        "incident_id": insert.excluded.incident_id,
    }
    statement = insert.on_conflict_do_update(index_elements=["matcher"], set_=changed)
    await tx.execute(statement, [msgspec.structs.asdict(row) for row in rows])


async def newest(tx: AsyncConnection, *, limit: int) -> list[Unowned]:
    """Those that came last, first."""
    query = sa.select(unowned).order_by(unowned.c.last_at.desc(), unowned.c.matcher).limit(limit)
    return [_unowned(row) for row in (await tx.execute(query)).all()]


async def settle(tx: AsyncConnection, matchers: Sequence[str]) -> int:
    """Take off the list what has an owner now; how many."""
    if not matchers:
        return 0
    return (await tx.execute(sa.delete(unowned).where(unowned.c.matcher.in_(list(matchers))))).rowcount


async def forget(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` that did not come for so long; how many."""
    old = sa.select(unowned.c.matcher).where(unowned.c.last_at < before).limit(limit).scalar_subquery()
    return (await tx.execute(sa.delete(unowned).where(unowned.c.matcher.in_(old)))).rowcount


async def acknowledged_by(tx: AsyncConnection, names: Sequence[str], since: datetime) -> dict[str, dict[str, int]]:
    """By alert name: who acknowledged incidents with such alerts since then, and how often."""
    query = (
        sa.select(alert.c.name, involvement.c.acknowledged_by, sa.func.count(sa.distinct(incident.c.id)))
        .join(incident, incident.c.id == alert.c.incident_id)
        .join(involvement, involvement.c.incident_id == incident.c.id)
        .where(alert.c.name.in_(list(names)), incident.c.opened_at >= since, involvement.c.acknowledged_by != "")
        .group_by(alert.c.name, involvement.c.acknowledged_by)
    )
    found: dict[str, dict[str, int]] = {}
    for name, person, count in (await tx.execute(query)).all():
        found.setdefault(name, {})[person] = int(count)
    return found


def _unowned(row: Any) -> Unowned:
    return Unowned(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
