"""Reading the teams' calendars into stored segments; the last good shifts stay in force whatever comes."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from oncall.directory import Schedule, ScheduleSource, Team
from oncall.engine import Engine
from oncall.services.on_call import schedule_key
from oncall.store import rotations
from oncall.store.rotations import Feed, StoredSegment
from schedules.layers import Layer, lay
from schedules.reading import Reading
from schedules.shift import Segment
from schedules.tiling import Window
from schedules.worker import Request

log = structlog.get_logger(__name__)

#: Segments reach this far, so that a wide expansion is never asked about an instant at its edge.
BEHIND = timedelta(days=40)
AHEAD = timedelta(days=400)
#: Segments are made anew after this long even where nothing changed, because the window moved.
RENEW = timedelta(days=1)
#: Largest calendar that is looked at, in bytes.
LARGEST = 10_000_000


async def refresh(engine: Engine, *, force: bool = False) -> int:
    """Look at every calendar and store what changed; how many schedules got new segments."""
    changed = 0
    keep = set()
    for team in engine.directory.teams.values():
        for schedule in team.schedules.values():
            keep |= {(schedule_key(team.id, schedule.name), source.location) for source in schedule.sources}
            changed += await _refresh_schedule(engine, team, schedule, force=force)
    async with engine.database.write() as tx:
        await rotations.forget_feeds(tx, keep)
    return changed


async def all_read(engine: Engine) -> bool:
    """Whether every calendar was read at some time; before that, "nobody is on call" only means that we do not know."""
    async with engine.database.read() as tx:
        read = {(feed.schedule, feed.location) for feed in await rotations.feeds(tx) if feed.read_at is not None}
    wanted = {
        (schedule_key(team.id, schedule.name), source.location)
        for team in engine.directory.teams.values()
        for schedule in team.schedules.values()
        for source in schedule.sources
    }
    return wanted <= read


async def _refresh_schedule(engine: Engine, team: Team, schedule: Schedule, *, force: bool) -> bool:
    key = schedule_key(team.id, schedule.name)
    now = engine.clock.now()
    window = (now - BEHIND, now + AHEAD)
    layers: list[Layer] = []
    fresh = force
    feeds: list[Feed] = []
    for source in schedule.sources:
        async with engine.database.read() as tx:
            known = await rotations.get_feed(tx, key, source.location) or Feed(schedule=key, location=source.location)
        feed, reading = await _look(engine, source, known, window, now)
        feeds.append(feed)
        fresh = fresh or feed.digest != known.digest or known.read_at is None or _aged(known, now)
        layers.append(
            Layer(
                shifts=reading.shifts,
                priority=source.priority,
                override=source.override,
                role=source.role,
            )
        )
    async with engine.database.write() as tx:
        for feed in feeds:
            await rotations.save_feed(tx, feed)
        if fresh:
            segments = lay(layers, (), window)
            await rotations.replace_segments(tx, key, [_stored(key, s) for s in segments if s.on_call])
    oldest = min((feed.read_at for feed in feeds if feed.read_at), default=None)
    engine.metrics.feed_age.labels(key).set((now - oldest).total_seconds() if oldest else -1)
    engine.metrics.feed_errors.labels(key).set(any(feed.error for feed in feeds))
    return fresh


async def _look(
    engine: Engine, source: ScheduleSource, known: Feed, window: Window, now: datetime
) -> tuple[Feed, Reading]:
    """The calendar as it is now where it can be read, else as it was when it last could."""
    try:
        body = await asyncio.to_thread(_read_file, Path(source.location))
    except OSError as error:
        why = f"{source.location} cannot be read: {error.strerror or type(error).__name__}"
        return await _last_good(engine, source, known, window, now, why)
    reading = await _parse(engine, source, body, window)
    if reading.refused is not None:
        return await _last_good(engine, source, known, window, now, reading.refused)
    feed = Feed(
        schedule=known.schedule,
        location=known.location,
        checked_at=now,
        read_at=now,
        digest=hashlib.sha256(body).hexdigest(),
        body=body,
        warnings=reading.warnings[:100],
    )
    return feed, reading


async def _last_good(  # noqa: PLR0917 - one calendar and why it cannot be used
    engine: Engine, source: ScheduleSource, known: Feed, window: Window, now: datetime, why: str
) -> tuple[Feed, Reading]:
    log.warning("calendar kept as it was", schedule=known.schedule, why=why)
    reading = await _parse(engine, source, known.body, window) if known.body else Reading()
    return (
        Feed(
            schedule=known.schedule,
            location=known.location,
            checked_at=now,
            read_at=known.read_at,
            digest=known.digest,
            body=known.body,
            error=why,
            warnings=known.warnings,
        ),
        reading,
    )


async def _parse(engine: Engine, source: ScheduleSource, body: bytes, window: Window) -> Reading:
    return await engine.calendars.read(
        Request(
            body=body,
            begin=window[0],
            end=window[1],
            default_tz=source.timezone,
            identity=source.identity,
            source=source.location,
        )
    )


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _aged(feed: Feed, now: datetime) -> bool:
    return feed.read_at is not None and now - feed.read_at > RENEW


def _stored(key: str, segment: Segment) -> StoredSegment:
    return StoredSegment(
        schedule=key,
        starts_at=segment.start,
        ends_at=segment.end,
        on_call=tuple((who.person, who.role or "") for who in segment.on_call),
    )
