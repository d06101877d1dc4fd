"""Feeds as they were last read, and the segments made from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import feed, rotation, segment
from oncall.store.statements import Prepared, any_of


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar of one schedule ("team/schedule")."""

    schedule: str
    location: str
    checked_at: datetime | None = None
    read_at: datetime | None = None
    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    body: bytes | None = None
    held: bytes | None = None
    held_digest: str = ""
    held_since: datetime | None = None
    held_times: int = 0
    error: str = ""
    failing_since: datetime | None = None
    warnings: tuple[str, ...] = ()


class KnownFeed(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one calendar of one schedule; `held_back`: a new version lost too much, see `Feed.held`."""

    schedule: str
    location: str
    read_at: datetime | None
    held_back: bool
    error: str
    warnings: tuple[str, ...]


class StoredSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A half-open span with constant people: (name as the calendar has it, role) each. Gaps are not stored."""

    schedule: str
    starts_at: datetime
    ends_at: datetime
    on_call: tuple[tuple[str, str], ...]


async def feeds(tx: AsyncConnection, schedules: Collection[str] | None = None) -> list[KnownFeed]:
    """Every calendar, or those of some schedules, without their text, which may be long."""
    query = _FEEDS
    if schedules is not None:
        query = query.where(feed.c.schedule.in_(list(schedules)))
    return [
        KnownFeed(
            schedule=row.schedule,
            location=row.location,
            read_at=row.read_at,
            held_back=bool(row.held_back),
            error=row.error,
            warnings=tuple(row.warnings),
        )
        for row in (await tx.execute(query)).all()
    ]


async def get_feed(tx: AsyncConnection, schedule: str, location: str) -> Feed | None:
    """One calendar of one schedule, None if it was never looked at."""
    query = sa.select(feed).where(feed.c.schedule == schedule, feed.c.location == location)
    row = (await tx.execute(query)).one_or_none()
    return _feed(row) if row else None


async def save_feed(tx: AsyncConnection, value: Feed) -> None:
    """Write what is known of a calendar."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = msgspec.structs.asdict(value) | {"warnings": list(value.warnings)}
    changed = {name: row[name] for name in row if name not in {"schedule", "location"}}
    await tx.execute(
        insert(feed).values(row).on_conflict_do_update(index_elements=["schedule", "location"], set_=changed)
    )


async def forget_feeds(tx: AsyncConnection, keep: Collection[tuple[str, str]]) -> None:
    """Drop calendars, and segments of schedules, that the files no longer name."""
    for known in await feeds(tx):
        if (known.schedule, known.location) not in keep:
            await tx.execute(
                sa.delete(feed).where(feed.c.schedule == known.schedule, feed.c.location == known.location)
            )
    schedules = {schedule for schedule, _ in keep}
    stored = sa.union(sa.select(rotation.c.schedule), sa.select(segment.c.schedule))
    for schedule in set((await tx.execute(stored)).scalars()) - schedules:
        await tx.execute(sa.delete(segment).where(segment.c.schedule == schedule))
        await tx.execute(sa.delete(rotation).where(rotation.c.schedule == schedule))


async def made_at(tx: AsyncConnection, schedule: str) -> datetime | None:
    """When a schedule's segments were last made; None if never."""
    made: datetime | None = (
        await tx.execute(sa.select(rotation.c.made_at).where(rotation.c.schedule == schedule))
    ).scalar()
    return made


async def note_made(tx: AsyncConnection, schedule: str, now: datetime) -> None:
    """Remember when a schedule's segments were made."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    await tx.execute(
        insert(rotation)
        .values(schedule=schedule, made_at=now)
        .on_conflict_do_update(index_elements=["schedule"], set_={"made_at": now})
    )


async def replace_segments(tx: AsyncConnection, schedule: str, segments: Sequence[StoredSegment]) -> None:
    """Put a schedule's segments in the place of its old ones."""
    await tx.execute(sa.delete(segment).where(segment.c.schedule == schedule))
    if segments:
        await tx.execute(
            sa.insert(segment),
            [
                {
                    "schedule": s.schedule,
                    "starts_at": s.starts_at,
                    "ends_at": s.ends_at,
                    "on_call": [list(pair) for pair in s.on_call],
                }
                for s in segments
            ],
        )


async def segments_at(tx: AsyncConnection, at: datetime, schedules: Collection[str] = ()) -> list[StoredSegment]:
    """The segment each schedule is in at that instant; schedules in a gap are missing."""
    if not schedules:
        return [_segment(row) for row in await _AT.rows(tx, {"at": at})]
    found: list[StoredSegment] = []
    for part in chunks(sorted(schedules), IN_LIST):
        found += [_segment(row) for row in await _AT_OF.rows(tx, {"at": at, "schedules": part})]
    return found


async def segments_between(tx: AsyncConnection, schedule: str, since: datetime, until: datetime) -> list[StoredSegment]:
    """A schedule's segments that touch [since, until), in order, uncut."""
    query = (
        sa.select(segment)
        .where(segment.c.schedule == schedule, segment.c.starts_at < until, segment.c.ends_at > since)
        .order_by(segment.c.starts_at)
    )
    return [_segment(row) for row in (await tx.execute(query)).all()]


def _feed(row: Any) -> Feed:
    columns = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Feed(**columns | {"warnings": tuple(row.warnings)})


def _segment(row: Any) -> StoredSegment:
    return StoredSegment(
        schedule=row.schedule,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        on_call=tuple((name, role) for name, role in row.on_call),
    )


_FEEDS = sa.select(
    feed.c.schedule,
    feed.c.location,
    feed.c.read_at,
    feed.c.held.is_not(None).label("held_back"),
    feed.c.error,
    feed.c.warnings,
).order_by(feed.c.schedule, feed.c.location)
_THEN = (
    sa.select(segment)
    .where(segment.c.starts_at <= sa.bindparam("at"), segment.c.ends_at > sa.bindparam("at"))
    .order_by(segment.c.schedule)
)
_AT = Prepared(_THEN)
_AT_OF = Prepared(_THEN.where(segment.c.schedule.in_(any_of("schedules"))))
