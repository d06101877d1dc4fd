"""Raw bodies on their way to becoming alerts."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import inbox, quarantine

#: Bodies above this size are stored compressed; below it the CPU costs more than the disk.
COMPRESS_OVER = 4096
#: Stored bytes that one batch loads at most.
MOST_BYTES = 8_000_000
#: How many unusable bodies are kept for a person to see.
QUARANTINE_ROWS = 1000


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One body that passed validation."""

    integration: str
    received_at: datetime
    priority: int
    stream: str
    body: bytes


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A body to process, from its `done`-th alert on."""

    id: int
    integration: str
    received_at: datetime
    priority: int
    stream: str
    body: bytes
    done: int
    attempts: int


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A body, or one alert of a body, that could not be used."""

    id: int = 0
    received_at: datetime
    integration: str
    reason: str
    #: Where in the body, as a JSON path.
    path: str
    body: bytes
    inbox_id: int | None = None


async def add(tx: AsyncConnection, bodies: Sequence[Received]) -> None:
    """Write bodies; they are safe when the transaction has committed."""
    await tx.execute(sa.insert(inbox), [_row(body) for body in bodies])


async def take(tx: AsyncConnection, *, limit: int, most_bytes: int = MOST_BYTES) -> list[Waiting]:
    """The next bodies to process: critical ones first, fair between integrations, each group in its order.

    A critical body never overtakes an earlier message of its own group: those come along, before it. At most
    `most_bytes` of stored bodies are loaded, but at least one body.
    """
    turn = sa.func.row_number().over(partition_by=inbox.c.integration, order_by=inbox.c.id).label("turn")
    # The oldest are looked at, not all: a long queue must not make each batch slower.
    oldest = (
        sa.select(inbox.c.id, inbox.c.priority, turn)
        .where(inbox.c.processed_at.is_(None))
        .order_by(inbox.c.priority, inbox.c.id)
        .limit(limit * 4)
        .subquery()
    )
    chosen = sa.select(oldest.c.id).order_by(oldest.c.priority, oldest.c.turn, oldest.c.id).limit(limit)
    last = (
        sa.select(inbox.c.integration, inbox.c.stream, sa.func.max(inbox.c.id).label("id"))
        .where(inbox.c.id.in_(chosen))
        .group_by(inbox.c.integration, inbox.c.stream)
        .subquery()
    )
    in_order = sa.and_(
        inbox.c.integration == last.c.integration, inbox.c.stream == last.c.stream, inbox.c.id <= last.c.id
    )
    sizes = (
        sa.select(inbox.c.id, sa.func.length(inbox.c.body))
        .join(last, in_order)
        .where(inbox.c.processed_at.is_(None))
        .order_by(inbox.c.id)
        .limit(limit * 2)
    )
    ids: list[int] = []
    total = 0
    for number, size in (await tx.execute(sizes)).tuples():
        total += size
        if ids and total > most_bytes:
            break
        ids.append(number)
    rows = (await tx.execute(sa.select(inbox).where(inbox.c.id.in_(ids)).order_by(inbox.c.id))).all() if ids else []
    return [_waiting(row) for row in rows]


async def done(tx: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """These bodies are processed; they stay a while for replay."""
    if ids:
        await tx.execute(
            sa.update(inbox).where(inbox.c.id == sa.bindparam("key")).values(processed_at=now, error=None),
            [{"key": number} for number in ids],
        )


async def progressed(tx: AsyncConnection, number: int, alerts: int) -> None:
    """So many alerts of a large body are done."""
    await tx.execute(sa.update(inbox).where(inbox.c.id == number).values(done=alerts))


async def failed(tx: AsyncConnection, number: int, error: str) -> int:
    """Note that processing failed; how often it has by now."""
    statement = (
        sa.update(inbox)
        .where(inbox.c.id == number)
        .values(attempts=inbox.c.attempts + 1, error=error)
        .returning(inbox.c.attempts)
    )
    return int((await tx.execute(statement)).scalar_one())


async def depth(tx: AsyncConnection) -> int:
    """How many bodies wait."""
    query = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.processed_at.is_(None))
    return int((await tx.execute(query)).scalar_one())


async def replay(tx: AsyncConnection, *, since: datetime, until: datetime, integration: str = "") -> int:
    """Process bodies of a stretch of time again; repeats change nothing, so this is safe. How many there are."""
    statement = (
        sa.update(inbox)
        .where(inbox.c.received_at >= since, inbox.c.received_at < until, inbox.c.processed_at.is_not(None))
        .values(processed_at=None, done=0, attempts=0, error=None)
    )
    if integration:
        statement = statement.where(inbox.c.integration == integration)
    return (await tx.execute(statement)).rowcount


async def forget(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete processed bodies received before that instant, a batch at a time."""
    old = sa.select(inbox.c.id).where(inbox.c.received_at < before, inbox.c.processed_at.is_not(None)).limit(limit)
    return (await tx.execute(sa.delete(inbox).where(inbox.c.id.in_(old)))).rowcount


async def quarantined(tx: AsyncConnection, rows: Sequence[Quarantined]) -> None:
    """Keep what could not be used; the oldest give way beyond the bound."""
    if not rows:
        return
    await tx.execute(
        sa.insert(quarantine),
        [{k: v for k, v in msgspec.structs.asdict(row).items() if k != "id"} for row in rows],
    )
    newest = sa.select(quarantine.c.id).order_by(quarantine.c.id.desc()).offset(QUARANTINE_ROWS).limit(1)
    await tx.execute(sa.delete(quarantine).where(quarantine.c.id <= newest.scalar_subquery()))


async def list_quarantine(tx: AsyncConnection, *, before: int | None = None, limit: int = 50) -> list[Quarantined]:
    """What could not be used, newest first."""
    query = sa.select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(quarantine.c.id < before)
    rows = (await tx.execute(query)).all()
    return [Quarantined(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


def _row(body: Received) -> dict[str, Any]:
    compressed = len(body.body) > COMPRESS_OVER
    return {
        "integration": body.integration,
        "received_at": body.received_at,
        "priority": body.priority,
        "stream": body.stream,
        "body": zlib.compress(body.body, 1) if compressed else body.body,
        "compressed": compressed,
        "done": 0,
        "attempts": 0,
    }


def _waiting(row: Any) -> Waiting:
    return Waiting(
        id=row.id,
        integration=row.integration,
        received_at=row.received_at,
        priority=row.priority,
        stream=row.stream,
        body=zlib.decompress(row.body) if row.compressed else row.body,
        done=row.done,
        attempts=row.attempts,
    )
