"""Absences in people's own calendars: whoever is away while on call asks for cover, without having to think of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from oncall.directory import Schedule, ScheduleSource, Team
from oncall.engine import Engine
from oncall.errors import Invalid
from oncall.incident import Via
from oncall.person import Away, Person, Role
from oncall.services.people.rights import Caller
from oncall.services.rotations import cover, feeds
from oncall.services.rotations.cover import CoverView, NewCover
from oncall.services.rotations.news import span_words
from oncall.services.rotations.on_call import away_key, schedule_key
from oncall.services.rotations.segments import segments_of
from oncall.services.rotations.views import all_schedules
from oncall.services.telling import tell_person
from oncall.store import covers, rotations
from oncall.store.covers import CoverRequest
from oncall.store.rotations import Feed
from schedules.sources import FetchFailed
from schedules.spans import Span, common, stretches, union, without

log = structlog.get_logger(__name__)

#: Absences are looked for this far ahead.
AHEAD = timedelta(days=60)
#: What is shorter needs no cover.
LEAST = timedelta(minutes=15)
#: The person is told when their calendar of absences could not be read for this long.
PATIENCE = timedelta(days=1)
NOTE = "out of office"


async def ask_for_cover(engine: Engine) -> int:
    """Look at everybody's absences and keep one request for cover for each part of a shift they overlap.

    Requests of absences that are no more are withdrawn. How many requests were made.
    """
    made = 0
    for person in engine.directory.people.values():
        absent = await _absences(engine, person, person.away) if person.away else None
        if absent is not None:
            for team, schedule in all_schedules(engine):
                made += await _keep_requests(engine, person, team, schedule, absent)
    return made


async def _absences(engine: Engine, person: Person, away: Away) -> list[Span] | None:
    """When the person is away; None where their calendar was never read. The last good one stays in force."""
    now = engine.clock.now()
    source = ScheduleSource(
        location=away.location,
        timezone=away.timezone,
        identity={"ignore": f"(?is:^(?!.*(?:{away.match})))"},
        credentials_env=away.credentials_env,
    )
    async with engine.database.read() as tx:
        known = await rotations.get_feed(tx, away_key(person.id), away.location)
    known = known or Feed(schedule=away_key(person.id), location=away.location)
    looked = await _look(engine, source, known, now)
    async with engine.database.write() as tx:
        await rotations.save_feed(tx, looked)
        if _failing_for(looked, now) >= PATIENCE > _failing_for(known, known.checked_at or now):
            text = f"Your calendar of absences cannot be read: {looked.error}. Nobody asks for cover in your place."
            await tell_person(engine, tx, person.id, text, team="", reason="absences", now=now)
    if looked.body is None:
        return None
    reading = await feeds.parse(engine, source, looked.body, (now, now + AHEAD))
    return union((max(shift.start, now), min(shift.end, now + AHEAD)) for shift in reading.shifts)


async def _look(engine: Engine, source: ScheduleSource, known: Feed, now: datetime) -> Feed:
    """What is known of the calendar after looking at it, if its turn has come."""
    if not feeds.due(source, known, now):
        return known
    looked = replace(known, checked_at=now)
    try:
        answer = await feeds.fetch(engine, source, known)
    except FetchFailed as failed:
        return _failing(looked, str(failed), now)
    if answer.body is not None and answer.body != known.body:
        reading = await feeds.parse(engine, source, answer.body, (now, now + AHEAD))
        if reading.refused is not None:
            return _failing(looked, reading.refused, now)
        looked = replace(looked, body=answer.body)
    tags = {"etag": answer.etag, "last_modified": answer.last_modified}
    return replace(looked, read_at=now, error="", failing_since=None, **tags)


def _failing(feed: Feed, why: str, now: datetime) -> Feed:
    log.warning("absences kept as they were", calendar=feed.schedule, why=why)
    return replace(feed, error=why, failing_since=feed.failing_since or now)


def _failing_for(feed: Feed, at: datetime) -> timedelta:
    return at - feed.failing_since if feed.failing_since else timedelta(0)


async def _keep_requests(engine: Engine, person: Person, team: Team, schedule: Schedule, absent: Sequence[Span]) -> int:
    """Withdraw what is not needed any more and ask for what is not asked for yet; how many requests were made."""
    now, key = engine.clock.now(), schedule_key(team.id, schedule.name)
    async with engine.database.write() as tx:
        segments = await segments_of(tx, key, now, now + AHEAD)
        needed = common(stretches(segments, now, now + AHEAD).get(person.id, []), absent)
        asked: list[Span] = []
        for request in await covers.of_person(tx, key, person.id, now):
            if request.away and request.closed_at is None and without([_rest(request, now)], needed):
                await cover.withdraw(engine, tx, request)
            elif not request.withdrawn:
                asked.append(_rest(request, now))
    made = 0
    for span in without(needed, asked):
        if span[1] - span[0] < LEAST:
            continue
        wanted = NewCover(team=team.id, schedule=schedule.name, starts_at=span[0], ends_at=span[1], note=NOTE)
        try:
            asking = await cover.ask(engine, _caller(engine, person), wanted, away=True)
        except Invalid as changed:
            # The rotation was made anew a moment ago; the next look sees it.
            log.info("no cover asked for", schedule=key, why=str(changed))
            continue
        await _tell(engine, person, team, asking)
        made += 1
    engine.wake.delivery.set()
    return made


def _rest(request: CoverRequest, now: datetime) -> Span:
    """What of a request is still to come."""
    return max(request.starts_at, now), request.ends_at


def _caller(engine: Engine, person: Person) -> Caller:
    teams = tuple(team.id for team in engine.directory.teams_of(person.id))
    return Caller(person=person.id, name=person.name, role=Role.RESPONDER, teams=teams, via=Via.ENGINE)


async def _tell(engine: Engine, person: Person, team: Team, made: CoverView) -> None:
    """The person hears what was asked in their name."""
    now, request = engine.clock.now(), made.request
    span = span_words((request.starts_at, request.ends_at), ZoneInfo(person.timezone), now)
    names = ", ".join(engine.directory.shown(one) for one in request.asked)
    who = f"{names} {'was' if len(request.asked) == 1 else 'were'} asked" if names else "nobody could be asked"
    text = (
        f"You are away while on call for {team.name} / {made.schedule}, {span}: {who} for cover. "
        f"You stay on call until somebody takes it: {engine.settings.address}/covers/{request.id}"
    )
    async with engine.database.write() as tx:
        await tell_person(engine, tx, person.id, text, team=team.id, reason="absences", now=now)
