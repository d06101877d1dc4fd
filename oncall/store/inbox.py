"""Raw bodies on their way to becoming alerts."""

from __future__ import annotations

import itertools
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import inbox, quarantine
from oncall.store.statements import Prepared, any_of
from oncall.store.types import microseconds

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
    stored: bytes
    compressed: bool
    done: int
    attempts: int

    @property
    def body(self) -> bytes:
        """What the sender posted; unpacked at each call, for a batch may load more than it comes to."""
        return zlib.decompress(self.stored) if self.compressed else self.stored


class Taken(msgspec.Struct, frozen=True):
    """The bodies whose turn it is, and whether more may wait beside them."""

    bodies: tuple[Waiting, ...] = ()
    more: bool = False


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


class Packed(msgspec.Struct, frozen=True):
    """A body as it is stored."""

    received: Received
    stored: bytes
    compressed: bool


def pack(bodies: Sequence[Received]) -> list[Packed]:
    """Bodies ready to be written; where they are large this takes a while, and lets other threads run."""
    large = [len(body.body) > COMPRESS_OVER for body in bodies]
    return [
        Packed(body, zlib.compress(body.body, 1) if compressed else body.body, compressed)
        for body, compressed in zip(bodies, large, strict=True)
    ]


def insertion(bodies: Sequence[Packed], *, sqlite: bool) -> tuple[str, list[Any]]:
    """The statement that writes bodies, and its rows (SQLite) or columns: what `Database.insert` takes.

    The one statement on which the answer to a sender waits, so it is in the driver's own words. On PostgreSQL it also
    wakes whoever works bodies off on other nodes.
    """
    if sqlite:
        return _ADD_SQLITE, [(*_plain(body), microseconds(body.received.received_at)) for body in bodies]
    columns = zip(*((*_plain(body), body.received.received_at) for body in bodies), strict=True)
    return _ADD_POSTGRESQL, [list(column) for column in columns]


async def take(tx: AsyncConnection, *, limit: int, most_bytes: int = MOST_BYTES) -> Taken:
    """The next bodies to process, in the order in which to: critical ones first, fair between integrations.

    A critical body never overtakes an earlier message of its own group: those come along, before it; where they are
    more than `limit`, the first of them come alone. At most `most_bytes` of stored bodies are loaded, but at least
    one body.
    """
    chosen = await _turns(tx, limit)
    if len(chosen) < limit:
        streams = _by_stream(chosen)  # everything that waits is among them
    else:
        last = {"chosen": [row.id for row in chosen]}
        streams = _by_stream(await _STREAMS.rows(tx, last))
    wanted: dict[int, Any] = {}
    for row in chosen:
        earlier = streams[row.integration, row.stream]
        wanted |= {other.id: other for other in earlier if other.id <= row.id}
    first = _within(list(wanted.values())[:limit], most_bytes)
    if not first:
        return Taken()
    found = {row.id: _waiting(row) for row in await _TAKE.rows(tx, {"ids": first})}
    more = len(chosen) == limit or len(first) < len(wanted)
    return Taken(tuple(found[number] for number in first), more=more)


async def done(tx: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """These bodies are processed; they stay a while for replay."""
    if ids:
        await _DONE.run(tx, [{"key": number, "now": now} for number in ids])


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


async def waiting(tx: AsyncConnection) -> dict[str, int]:
    """How many bodies wait, by integration."""
    query = (
        sa.select(inbox.c.integration, sa.func.count())
        .where(inbox.c.processed_at.is_(None))
        .group_by(inbox.c.integration)
    )
    return dict((await tx.execute(query)).all())


async def depth(tx: AsyncConnection) -> int:
    """How many bodies wait."""
    return sum((await waiting(tx)).values())


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


async def _turns(tx: AsyncConnection, limit: int) -> list[Any]:
    """Bodies taken in turn from every integration, critical ones of all before the others of any."""
    turns: list[tuple[int, int, int, Any]] = []
    for integration in [row[0] for row in await _INTEGRATIONS.rows(tx)]:
        taken: Counter[int] = Counter()
        for row in await _TURNS.rows(tx, {"from": integration, "most": limit}):
            taken[row.priority] += 1
            turns.append((row.priority, taken[row.priority], row.id, row))
    return [row for *_, row in sorted(turns)[:limit]]


def _by_stream(rows: Sequence[Any]) -> dict[tuple[str, str], list[Any]]:
    """Waiting bodies by integration and stream, in the order they came."""
    found: dict[tuple[str, str], list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        found.setdefault((row.integration, row.stream), []).append(row)
    return found


def _within(rows: Sequence[Any], most_bytes: int) -> list[int]:
    """The numbers of the first of these bodies that together are not too large, but of one at least."""
    totals = itertools.accumulate(row.size for row in rows)
    return [
        row.id for place, (row, total) in enumerate(zip(rows, totals, strict=True)) if not place or total <= most_bytes
    ]


def _integrations() -> sa.Select[tuple[str]]:
    """The integrations that have bodies waiting, found by one index probe each, however long the queue is."""
    waiting = inbox.c.processed_at.is_(None)
    name = sa.select(sa.func.min(inbox.c.integration).label("name")).where(waiting).cte("name", recursive=True)
    following = (
        sa.select(sa.func.min(inbox.c.integration)).where(waiting, inbox.c.integration > name.c.name).scalar_subquery()
    )
    name = name.union_all(sa.select(following).where(name.c.name.is_not(None)))
    return sa.select(name.c.name).where(name.c.name.is_not(None))


def _streams() -> sa.Select[Any]:
    """What waits in the chosen bodies' streams up to them."""
    last = (
        sa.select(inbox.c.integration, inbox.c.stream, sa.func.max(inbox.c.id).label("id"))
        .where(inbox.c.id.in_(any_of("chosen")))
        .group_by(inbox.c.integration, inbox.c.stream)
        .subquery()
    )
    up_to = sa.and_(inbox.c.integration == last.c.integration, inbox.c.stream == last.c.stream, inbox.c.id <= last.c.id)
    return sa.select(*_BRIEF).join(last, up_to).where(inbox.c.processed_at.is_(None))


#: As much of a body as it takes to decide whether it is its turn.
_BRIEF = (inbox.c.id, inbox.c.priority, inbox.c.integration, inbox.c.stream, sa.func.length(inbox.c.body).label("size"))
_INTEGRATIONS = Prepared(_integrations())
_TURNS = Prepared(
    sa.select(*_BRIEF)
    .where(inbox.c.integration == sa.bindparam("from"), inbox.c.processed_at.is_(None))
    .order_by(inbox.c.priority, inbox.c.id)
    .limit(sa.bindparam("most"))
)
_STREAMS = Prepared(_streams())
_TAKE = Prepared(sa.select(inbox).where(inbox.c.id.in_(any_of("ids"))))
_DONE = Prepared(
    sa.update(inbox).where(inbox.c.id == sa.bindparam("key")).values(processed_at=sa.bindparam("now"), error=None)
)
_ADD_SQLITE = """
    insert into inbox (integration, priority, stream, body, compressed, received_at, done, attempts)
    values (?, ?, ?, ?, ?, ?, 0, 0)
"""
_ADD_POSTGRESQL = """
    with added as (
        insert into inbox (integration, priority, stream, body, compressed, received_at, done, attempts)
        select *, 0, 0 from unnest($1::text[], $2::int[], $3::text[], $4::bytea[], $5::bool[], $6::timestamptz[])
    )
    select pg_notify('oncall_inbox', '')
"""


def _plain(body: Packed) -> tuple[str, int, str, bytes, bool]:
    received = body.received
    return received.integration, received.priority, received.stream, body.stored, body.compressed


def _waiting(row: Any) -> Waiting:
    return Waiting(
        id=row.id,
        integration=row.integration,
        received_at=row.received_at,
        priority=row.priority,
        stream=row.stream,
        stored=row.body,
        compressed=row.compressed,
        done=row.done,
        attempts=row.attempts,
    )
