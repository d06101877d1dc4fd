"""The teams' calendars as stored segments; the last good shifts stay in force whatever comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.directory import Directory, Schedule, ScheduleSource, Team
from oncall.engine import Engine
from oncall.services.rotations import feeds
from oncall.services.rotations import news as rotation_news
from oncall.services.rotations.feeds import Looked
from oncall.services.rotations.on_call import away_key, schedule_key
from oncall.services.rotations.segments import stored, tiled
from oncall.store import incidents as incident_rows
from oncall.store import overrides, rotation_findings, rotations
from oncall.store.rotations import Feed
from schedules.layers import Layer, lay
from schedules.shift import Shift
from schedules.tiling import Window

#: Segments reach this far, so that a wide expansion is never asked about an instant at its edge, and the balance of a
#: rotation sees who carried how much in the last quarter.
BEHIND = timedelta(days=100)
AHEAD = timedelta(days=400)
#: Segments are made anew after this long even where nothing changed, because the window moved.
RENEW = timedelta(days=1)
#: Schedules that are looked at side by side, so that a server that hangs does not hold up the others.
AT_ONCE = 8


async def refresh(engine: Engine, *, force: bool = False) -> int:
    """Look at every calendar whose turn has come and store what changed; how many schedules got new segments."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(team: Team, schedule: Schedule) -> bool:
        async with turns:
            return await refresh_schedule(engine, team, schedule, force=force)

    pairs = [(team, schedule) for team in engine.directory.teams.values() for schedule in team.schedules.values()]
    changed = sum(await asyncio.gather(*(one(team, schedule) for team, schedule in pairs)))
    keep = {(schedule_key(team.id, one.name), source.location) for team, one in pairs for source in one.sources}
    people = engine.directory.people.values()
    keep |= {(away_key(person.id), person.away.location) for person in people if person.away}
    async with engine.database.write() as tx:
        await rotations.forget_feeds(tx, keep)
        await rotation_findings.forget(tx, {schedule for schedule, _ in keep})
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


async def refresh_schedule(
    engine: Engine, team: Team, schedule: Schedule, *, force: bool = False, anew: bool = False
) -> bool:
    """Look at one schedule's calendars; True if its segments were made anew.

    `force` looks before their turn has come; `anew` makes the segments anew in any case, as after an override.
    """
    key = schedule_key(team.id, schedule.name)
    now = engine.clock.now()
    window = (now - BEHIND, now + AHEAD)
    looks: list[tuple[ScheduleSource, Looked]] = []
    aged, first = force or anew, False
    for source in schedule.sources:
        async with engine.database.read() as tx:
            known = await rotations.get_feed(tx, key, source.location)
            made = await rotations.made_at(tx, key)
        first = made is None
        aged = aged or made is None or now - made >= RENEW
        blank = Feed(schedule=key, location=source.location)
        looks.append((source, await feeds.look(engine, source, known or blank, window, now, force=force)))
    anew = aged or any(looked.replaced for _, looked in looks)
    layers = [await _layer(engine, source, looked.feed, window) for source, looked in looks] if anew else []
    async with engine.database.write() as tx:
        for _, looked in looks:
            await rotations.save_feed(tx, looked.feed)
        if anew:
            await _store(engine, tx, team, schedule, layers, window)
        if first:
            # Whoever looked before this first reading found nobody, and would look again after half an hour.
            await incident_rows.begin_anew(tx, team.id, now)
        await rotation_news.tell_alarms(engine, tx, team, schedule, [looked for _, looked in looks], now)
    _measure(engine, key, [looked.feed for _, looked in looks], now)
    engine.wake.escalation.set()
    engine.wake.delivery.set()
    return anew


async def accept(engine: Engine, team: Team, schedule: Schedule) -> bool:
    """Put the calendars that are held back into force, as a person asked; False if there is none that can be."""
    key = schedule_key(team.id, schedule.name)
    now = engine.clock.now()
    window = (now - BEHIND, now + AHEAD)
    accepted = []
    for source in schedule.sources:
        async with engine.database.read() as tx:
            known = await rotations.get_feed(tx, key, source.location)
        feed = await feeds.accept_held(engine, source, known, window, now) if known else None
        if feed is not None:
            accepted.append(feed)
    async with engine.database.write() as tx:
        for feed in accepted:
            await rotations.save_feed(tx, feed)
    if accepted:
        await refresh_schedule(engine, team, schedule, anew=True)
    return bool(accepted)


async def _layer(engine: Engine, source: ScheduleSource, feed: Feed, window: Window) -> Layer:
    reading = await feeds.parse(engine, source, feed.body, window) if feed.body else None
    shifts = reading.shifts if reading is not None else ()
    return Layer(
        shifts=tuple(_by_id(engine.directory, shifts)),
        priority=source.priority,
        override=source.override,
        role=source.role,
    )


def _by_id(directory: Directory, shifts: Iterable[Shift]) -> Iterable[Shift]:
    """People under the id the files give them; names nobody has stay as the calendar writes them."""
    for shift in shifts:
        known = directory.person_named(shift.person) or directory.person_named(shift.raw)
        yield msgspec.structs.replace(shift, person=known.id) if known else shift


async def _store(  # noqa: PLR0917 - one schedule, as the transaction sees it
    engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, layers: Sequence[Layer], window: Window
) -> None:
    key = schedule_key(team.id, schedule.name)
    now = engine.clock.now()
    # This row is the schedule's lock: of two nodes that make it anew, the second reads what the first wrote.
    await rotations.note_made(tx, key, now)
    made = await overrides.between(tx, key, *window)
    segments = lay(layers, [one.layer() for one in made], window)
    before = await rotations.segments_between(tx, key, *window)
    await rotations.replace_segments(tx, key, [stored(key, segment) for segment in segments if segment.on_call])
    await rotation_news.tell(
        engine, tx, team, schedule, before=tiled(before, window) if before else (), after=segments, now=now
    )


def _measure(engine: Engine, key: str, found: Sequence[Feed], now: datetime) -> None:
    oldest = min((feed.read_at for feed in found if feed.read_at), default=None)
    engine.metrics.feed_age.labels(key).set((now - oldest).total_seconds() if oldest else -1)
    engine.metrics.feed_errors.labels(key).set(any(feed.error for feed in found))
