"""Segments between rows, which leave gaps out, and values, which tile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import rotations
from oncall.store.rotations import StoredSegment
from schedules.shift import Segment, Shift
from schedules.tiling import Window, tile


def stored(key: str, segment: Segment) -> StoredSegment:
    """A segment as a row holds it."""
    return StoredSegment(
        schedule=key,
        starts_at=segment.start,
        ends_at=segment.end,
        on_call=tuple((who.person, who.role or "") for who in segment.on_call),
    )


def tiled(rows: Sequence[StoredSegment], window: Window) -> tuple[Segment, ...]:
    """Rows as segments that tile the window, gaps included."""
    shifts = [
        Shift(start=row.starts_at, end=row.ends_at, person=person, role=role or None)
        for row in rows
        for person, role in row.on_call
    ]
    return tile(shifts, window)


async def segments_of(tx: AsyncConnection, key: str, since: datetime, until: datetime) -> tuple[Segment, ...]:
    """The stored segments that tile [since, until)."""
    return tiled(await rotations.segments_between(tx, key, since, until), (since, until))
