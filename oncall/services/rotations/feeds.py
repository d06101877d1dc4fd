"""One calendar: fetched, read in the worker, and let through to replace the last good one or not."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta
from typing import assert_never

import msgspec
import structlog

from oncall.directory import ScheduleSource
from oncall.engine import Engine
from oncall.store.rotations import Feed
from schedules.frames import Request
from schedules.guard import Decision, Fetched, Held, Verdict, hold_again, judge
from schedules.shift import Reading
from schedules.sources import FetchFailed, source_of
from schedules.sources.base import Answer, Ask
from schedules.tiling import Window

log = structlog.get_logger(__name__)

#: Addresses are asked this often; files every time, since that costs nothing.
EVERY = timedelta(minutes=5)
#: A calendar that cannot be had is told of after this long: providers hiccup.
PATIENCE = timedelta(minutes=15)
#: As many warnings of one calendar as anybody will read.
MOST_WARNINGS = 100


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of looking at a calendar."""

    feed: Feed
    #: It has new content that is in force from now on.
    replaced: bool = False
    #: Why the team must hear of it; empty where all is as it should be.
    alarm: str = ""


async def look(
    engine: Engine, source: ScheduleSource, known: Feed, window: Window, now: datetime, *, force: bool = False
) -> Looked:
    """Fetch the calendar if its turn has come; the last good one stays unless the new one is let through."""
    if not force and not due(source, known, now):
        return Looked(feed=known)
    try:
        answer = await fetch(engine, source, known)
    except FetchFailed as failed:
        return _failing(known, str(failed), now)
    body = answer.body if answer.body is not None else known.held or known.body or b""
    return await _let_through(engine, source, known, msgspec.structs.replace(answer, body=body), window, now)


async def parse(engine: Engine, source: ScheduleSource, body: bytes, window: Window) -> Reading:
    """What a body says, read in the worker."""
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


async def accept_held(
    engine: Engine, source: ScheduleSource, known: Feed, window: Window, now: datetime
) -> Feed | None:
    """The held calendar put into force by a person; None if it cannot be read any more."""
    if known.held is None:
        return None
    reading = await parse(engine, source, known.held, window)
    if reading.refused is not None:
        return None
    answer = Answer(body=known.held, etag=known.etag, last_modified=known.last_modified)
    return _good(known, answer, _digest(engine, source, known.held), reading, now)


def due(source: ScheduleSource, known: Feed, now: datetime) -> bool:
    """Whether it is a calendar's turn to be looked at."""
    local = "://" not in source.location
    return local or known.checked_at is None or now - known.checked_at >= EVERY


async def fetch(engine: Engine, source: ScheduleSource, known: Feed) -> Answer:
    """The calendar as its server gives it, or word that it did not change.

    Raises:
        FetchFailed: it cannot be had.
    """
    ask = Ask(
        location=source.location,
        # Whoever has nothing good yet wants the whole calendar, not word that it did not change.
        etag=known.etag if known.body or known.held else "",
        last_modified=known.last_modified if known.body or known.held else "",
        credentials=_credentials(source),
    )
    return await source_of(source.location, engine.web).fetch(ask)


def _credentials(source: ScheduleSource) -> tuple[str, str] | None:
    if source.credentials_env is None:
        return None
    user, colon, password = os.environ.get(source.credentials_env, "").partition(":")
    if not colon:
        raise FetchFailed(f"the environment variable {source.credentials_env} must hold user:password")
    return user, password


async def _let_through(  # noqa: PLR0917 - one calendar, before and after
    engine: Engine, source: ScheduleSource, known: Feed, answer: Answer, window: Window, now: datetime
) -> Looked:
    body = answer.body or b""
    named = _digest(engine, source, body)
    if known.body is not None and named == known.digest:
        return Looked(feed=_well(known, answer, now))
    reading = await parse(engine, source, body, window)
    if reading.refused is not None:
        return _failing(known, reading.refused, now)
    new = Fetched(shifts=reading.shifts, segments=reading.segments)
    last = await _last_good(engine, source, known, window)
    held = _held(known)
    decision = judge(last, new, now, held)
    if decision.verdict.holds:
        return _holding(known, answer, hold_again(held, new, now), decision, now)
    return Looked(feed=_good(known, answer, named, reading, now), replaced=True, alarm=_gap_alarm(decision))


async def _last_good(engine: Engine, source: ScheduleSource, known: Feed, window: Window) -> Fetched | None:
    if known.body is None:
        return None
    reading = await parse(engine, source, known.body, window)
    return None if reading.refused is not None else Fetched(shifts=reading.shifts, segments=reading.segments)


def _gap_alarm(decision: Decision) -> str:
    match decision.verdict:
        case Verdict.ACCEPT_GAP:
            first = decision.new_gaps[0]
            return f"The calendar changed and now leaves a gap from {first.start:%a %d %b %H:%M} UTC on."
        case Verdict.ACCEPT | Verdict.HOLD | Verdict.REGRESSION:
            return ""
        case _:
            assert_never(decision.verdict)


def _well(known: Feed, answer: Answer, now: datetime) -> Feed:
    return msgspec.structs.replace(
        known,
        checked_at=now,
        read_at=now,
        etag=answer.etag,
        last_modified=answer.last_modified,
        error="",
        failing_since=None,
        held=None,
        held_digest="",
        held_since=None,
        held_times=0,
    )


def _good(known: Feed, answer: Answer, named: str, reading: Reading, now: datetime) -> Feed:
    return msgspec.structs.replace(
        _well(known, answer, now), body=answer.body, digest=named, warnings=reading.warnings[:MOST_WARNINGS]
    )


def _failing(known: Feed, why: str, now: datetime) -> Looked:
    log.warning("calendar kept as it was", schedule=known.schedule, why=why)
    since = known.failing_since or now
    feed = msgspec.structs.replace(known, checked_at=now, error=why, failing_since=since)
    alarm = f"The calendar cannot be used: {why}. {_age(known, now)}" if now - since >= PATIENCE else ""
    return Looked(feed=feed, alarm=alarm)


def _holding(known: Feed, answer: Answer, held: Held, decision: Decision, now: datetime) -> Looked:
    log.warning("calendar held back", schedule=known.schedule, why=decision.reason)
    feed = msgspec.structs.replace(
        known,
        checked_at=now,
        etag=answer.etag,
        last_modified=answer.last_modified,
        held=answer.body,
        held_digest=held.digest,
        held_since=held.since,
        held_times=held.times,
        error=f"held back: {decision.reason}",
        failing_since=known.failing_since or now,
    )
    what = f"The calendar is held back: {decision.reason}."
    return Looked(feed=feed, alarm=f"{what} {_age(known, now)} If the new calendar is meant, accept it.")


def _held(known: Feed) -> Held | None:
    if known.held_since is None:
        return None
    return Held(digest=known.held_digest, since=known.held_since, times=known.held_times)


def _age(known: Feed, now: datetime) -> str:
    if known.read_at is None:
        return "There is no earlier one."
    hours = (now - known.read_at) / timedelta(hours=1)
    return (
        f"The last good one stays in force; it is {hours:.0f} h old."
        if hours >= 1
        else "The last good one stays in force."
    )


def _digest(engine: Engine, source: ScheduleSource, body: bytes) -> str:
    """Names the calendar and all that decides how it is read: a changed name in the files counts like an edit."""
    return hashlib.sha256(msgspec.json.encode((source, engine.directory.names_digest)) + body).hexdigest()
