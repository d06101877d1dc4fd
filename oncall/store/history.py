"""Incidents that are long over: read whole, to be kept elsewhere, and deleted in small steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import (
    action_item,
    alert,
    attachment,
    delivery,
    drill,
    incident,
    incident_record,
    involvement,
    page,
    review,
    timeline,
)

#: What hangs on an incident, under the name it has in an exported record, in the order it may be deleted in.
PARTS = (
    ("alerts", alert),
    ("timeline", timeline),
    ("pages", page),
    ("involvements", involvement),
    ("record", incident_record),
    ("review", review),
    ("actions", action_item),
    ("attachments", attachment),
    ("drills", drill),
)


async def over_before(tx: AsyncConnection, before: datetime, limit: int) -> list[int]:
    """The earliest incidents that were resolved before that instant."""
    query = (
        sa.select(incident.c.id).where(incident.c.resolved_at < before).order_by(incident.c.resolved_at).limit(limit)
    )
    return list((await tx.execute(query)).scalars())


async def opened_between(tx: AsyncConnection, since: datetime, until: datetime, *, after: int, limit: int) -> list[int]:
    """Incidents opened in that stretch of time, by number, from the one after `after` on."""
    query = (
        sa.select(incident.c.id)
        .where(incident.c.id > after, incident.c.opened_at >= since, incident.c.opened_at < until)
        .order_by(incident.c.id)
        .limit(limit)
    )
    return list((await tx.execute(query)).scalars())


async def records(tx: AsyncConnection, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Everything that is known of these incidents, one record each, column by column."""
    found = {row["id"]: row for row in await _rows(tx, incident, incident.c.id.in_(numbers))}
    for name, table in PARTS:
        for record in found.values():
            record[name] = []
        for row in await _rows(tx, table, table.c.incident_id.in_(numbers)):
            found[row.pop("incident_id")][name].append(row)
    pages = {row["id"]: row for record in found.values() for row in record["pages"]}
    for row in pages.values():
        row["deliveries"] = []
    attempts = delivery.c.page_id.in_(sa.select(page.c.id).where(page.c.incident_id.in_(numbers)))
    for row in await _rows(tx, delivery, attempts):
        pages[row.pop("page_id")]["deliveries"].append(row)
    return [found[number] for number in sorted(found)]


async def delete_some(tx: AsyncConnection, numbers: Sequence[int], limit: int) -> int:
    """Delete at most `limit` rows of these incidents, what hangs on them first; how many, 0 once all are gone."""
    for _, table in PARTS:
        key = list(table.primary_key.columns)
        some = sa.select(*key).where(table.c.incident_id.in_(numbers)).limit(limit)
        chosen = key[0].in_(some) if len(key) == 1 else sa.tuple_(*key).in_(some)
        gone = (await tx.execute(sa.delete(table).where(chosen))).rowcount
        if gone:
            return gone
    return (await tx.execute(sa.delete(incident).where(incident.c.id.in_(numbers)))).rowcount


async def _rows(tx: AsyncConnection, table: sa.Table, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    query = sa.select(table).where(condition).order_by(*table.primary_key.columns)
    return [dict(row._mapping) for row in (await tx.execute(query)).all()]  # noqa: SLF001 - SQLAlchemy's public name for it
