"""Who is on call, as people and programs read it: since when, until when, who follows, and how fresh the calendars are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from oncall.directory import Directory, Team
from oncall.engine import Engine
from oncall.errors import Invalid
from oncall.services.people.rights import Caller, Right
from oncall.services.rotations.on_call import schedule_key
from oncall.store import rotations, views
from oncall.store.rotations import KnownFeed, StoredSegment

#: How far ahead the next person is looked for.
AHEAD = timedelta(days=21)
#: Calendars are read every few minutes; one that was not for this long is said to be old.
OLD = timedelta(hours=1)


class OnCallPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on call. `person` is empty where the calendar names nobody the files know."""

    person: str
    name: str
    role: str


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """People on call from `since` to `until` (exclusive), as far as is known."""

    since: datetime
    until: datetime
    on_call: tuple[OnCallPerson, ...]


class FeedAge(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar. `name` is its file or host, never the whole address: addresses of calendars are secrets."""

    name: str
    read_at: datetime | None
    old: bool
    #: A new version was held back because it lost too much; the last good one is in force.
    held_back: bool
    error: str
    warnings: tuple[str, ...]


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation. `current` is null in a gap: nobody is reachable through it now."""

    team: str
    team_name: str
    schedule: str
    current: Shift | None
    following: Shift | None
    feeds: tuple[FeedAge, ...]


class OnCallView(msgspec.Struct, frozen=True, kw_only=True):
    """Every rotation at one instant."""

    at: datetime
    rotations: tuple[Rotation, ...]


class OnCallQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rotations, and at which instant (RFC 3339 with zone; default now)."""

    team: Annotated[str, msgspec.Meta(max_length=200)] = ""
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


async def who_is_on_call(engine: Engine, caller: Caller, query: OnCallQuery) -> OnCallView:
    """Who is on call in every rotation.

    Raises:
        Invalid: the instant lies outside what calendars can say.
    """
    caller.require(Right.SEE)
    at = query.at or engine.clock.now()
    if not 1971 < at.year < 9000:
        raise Invalid("that instant is outside the calendar", "Give one of our days.", "query.at")
    directory = engine.directory
    team = directory.teams.get(query.team)
    wanted = [schedule_key(team.id, schedule) for schedule in team.schedules] if team else None
    async with engine.database.read() as tx:
        segments = await views.segments_of_all(tx, at, at + AHEAD, wanted)
        feeds = await rotations.feeds(tx, wanted)
    by_feed: dict[str, list[KnownFeed]] = {}
    for feed in feeds:
        by_feed.setdefault(feed.schedule, []).append(feed)
    found = [
        _rotation(
            team,
            schedule,
            at,
            shifts(directory, segments.get(schedule_key(team.id, schedule), ())),
            by_feed.get(schedule_key(team.id, schedule), ()),
        )
        for team in directory.teams.values()
        if query.team in {"", team.id}
        for schedule in team.schedules
    ]
    return OnCallView(at=at, rotations=tuple(found))


def shifts(directory: Directory, segments: Sequence[StoredSegment]) -> list[Shift]:
    """Segments in order as shifts: pieces that meet and have the same people are one."""
    joined: list[Shift] = []
    for segment in segments:
        people = tuple(_person(directory, name, role) for name, role in segment.on_call)
        last = joined[-1] if joined else None
        if last and last.until == segment.starts_at and last.on_call == people:
            joined[-1] = msgspec.structs.replace(last, until=segment.ends_at)
        else:
            joined.append(Shift(since=segment.starts_at, until=segment.ends_at, on_call=people))
    return joined


def _rotation(team: Team, schedule: str, at: datetime, known: Sequence[Shift], feeds: Sequence[KnownFeed]) -> Rotation:
    current = next((s for s in known if s.since <= at < s.until), None)
    following = next((s for s in known if s.since > at), None)
    return Rotation(
        team=team.id,
        team_name=team.name,
        schedule=schedule,
        current=current,
        following=following,
        feeds=tuple(_age(feed, at) for feed in feeds),
    )


def _person(directory: Directory, name: str, role: str) -> OnCallPerson:
    known = directory.person_named(name)
    return OnCallPerson(person=known.id if known else "", name=known.name if known else name, role=role)


def _age(feed: KnownFeed, at: datetime) -> FeedAge:
    parts = urlsplit(feed.location)
    return FeedAge(
        name=parts.hostname or PurePath(feed.location).name,
        read_at=feed.read_at,
        old=feed.read_at is None or at - feed.read_at > OLD,
        held_back=feed.held_back,
        error=feed.error,
        warnings=feed.warnings,
    )
