"""What a refresh tells: changed shifts to the people, trouble ahead and calendars in trouble to the team, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.directory import Schedule, Team
from oncall.engine import Engine
from oncall.services.rotations.feeds import Looked
from oncall.services.rotations.on_call import schedule_key
from oncall.services.rotations.segments import segments_of
from oncall.services.rotations.shown import shown
from oncall.services.rotations.standing import standings
from oncall.services.telling import tell_person, tell_team
from oncall.services.trouble import open_trouble
from oncall.store import rotation_findings
from schedules.changes import Change, ChangeKind, by_person, changes
from schedules.findings import LOOK_AHEAD, Finding, FindingKind, findings
from schedules.shift import OnCall, Segment
from schedules.spans import Span

#: A calendar that could not be read for this long is an incident of the team.
STALE = timedelta(hours=24)
#: As many lines of one kind as one message holds.
MOST = 8


async def tell(
    engine: Engine,
    tx: AsyncConnection,
    team: Team,
    schedule: Schedule,
    *,
    before: Sequence[Segment],
    after: Sequence[Segment],
    now: datetime,
) -> None:
    """Changed shifts, unless these are the first ones known; new trouble ahead; the metrics of what is open."""
    if before:
        await _tell_changes(engine, tx, team, schedule, changes(_people_only(before), _people_only(after), now), now)
    named = shown(engine.directory, after)
    others = await _siblings(engine, tx, team, schedule, now)
    found = findings(named, now, await standings(engine, tx, named), ZoneInfo(team.timezone), others)
    key = schedule_key(team.id, schedule.name)
    fresh = await rotation_findings.replace(tx, key, found, now)
    for kind in FindingKind:
        engine.metrics.rotation_findings.labels(key, kind.value).set(sum(one.kind is kind for one in found))
    fresh = tuple([one for one in fresh if await _news(tx, team, one, now)])
    if fresh:
        lines = [f"• {one.what} {one.fix}" for one in fresh[:MOST]]
        more = [f"… and {len(fresh) - MOST} more"] if len(fresh) > MOST else []
        text = "\n".join([f"On-call rotation {team.name} / {schedule.name}: look ahead", *lines, *more])
        await tell_team(engine, tx, team, text, reason="trouble ahead in the rotation", now=now)


async def _siblings(
    engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, now: datetime
) -> dict[str, tuple[Segment, ...]]:
    """The team's other rotations within the look-ahead."""
    found = {}
    for name in team.schedules:
        if name != schedule.name:
            segments = await segments_of(tx, schedule_key(team.id, name), now, now + LOOK_AHEAD)
            found[name] = shown(engine.directory, segments)
    return found


async def _news(tx: AsyncConnection, team: Team, finding: Finding, now: datetime) -> bool:
    """Whether this has still to be told: a double booking shows in both rotations, but is one trouble a week."""
    if finding.kind is not FindingKind.DOUBLE:
        return True
    year, week, _ = now.isocalendar()
    return await rotation_findings.tell_once(tx, f"{finding.key} {team.id} {year}-{week}", now)


async def tell_alarms(  # noqa: PLR0917 - one schedule, as the transaction sees it
    engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, looks: Iterable[Looked], now: datetime
) -> None:
    """Calendars that are held back or cannot be read, once each; after a day without a good one, an incident."""
    key = schedule_key(team.id, schedule.name)
    for looked in looks:
        feed = looked.feed
        since = feed.failing_since or now
        if looked.alarm and await rotation_findings.tell_once(
            tx, f"feed:{key}:{feed.location}:{since.isoformat()}", now
        ):
            text = f"On-call rotation {team.name} / {schedule.name}: {looked.alarm}"
            await tell_team(engine, tx, team, text, reason="the rotation's calendar is in trouble", now=now)
        old = feed.failing_since is not None and now - feed.failing_since >= STALE
        if old and await rotation_findings.tell_once(tx, f"stale:{key}:{feed.location}:{since.isoformat()}", now):
            title = f"The calendar of {team.name} / {schedule.name} could not be read since {since:%d %b %H:%M} UTC"
            await open_trouble(
                engine, tx, title=title, service="rotation", why="its calendar failed for a day", now=now, team=team.id
            )
            engine.wake.escalation.set()


def _people_only(segments: Sequence[Segment]) -> list[Segment]:
    """Without sources, which rows do not keep and people do not care for."""
    return [
        Segment(
            start=segment.start,
            end=segment.end,
            on_call=tuple(OnCall(person=who.person, role=who.role) for who in segment.on_call),
        )
        for segment in segments
    ]


async def _tell_changes(  # noqa: PLR0917 - one schedule, as the transaction sees it
    engine: Engine, tx: AsyncConnection, team: Team, schedule: Schedule, found: Iterable[Change], now: datetime
) -> None:
    for name, bundle in by_person(found).items():
        person = engine.directory.person_named(name)
        if person is None:
            continue
        zone = ZoneInfo(person.timezone)
        lines = [change_line(change, zone, now) for change in bundle[:MOST]]
        more = [f"… and {len(bundle) - MOST} more"] if len(bundle) > MOST else []
        text = "\n".join([f"Your on-call shifts for {team.name} / {schedule.name} changed:", *lines, *more])
        await tell_person(engine, tx, person.id, text, team=team.id, reason="your shifts changed", now=now)


def change_line(change: Change, zone: ZoneInfo, now: datetime) -> str:
    """One change in a line, in the person's own zone."""
    role = f" ({change.role})" if change.role else ""
    before = span_words(change.before, zone, now) if change.before else ""
    after = span_words(change.after, zone, now) if change.after else ""
    words: Mapping[ChangeKind, str] = {
        ChangeKind.APPEARED: f"new: {after}{role}",
        ChangeKind.MOVED: f"moved: {after}{role}, was {before}",
        ChangeKind.VANISHED: f"gone: {before}{role}",
    }
    return words[change.kind]


def span_words(span: Span, zone: ZoneInfo, now: datetime) -> str:
    """A span in a zone: its end without the date where it is the same day; what runs already begins now."""
    start, end = (edge.astimezone(zone) for edge in span)
    last = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %d %b %H:%M}"
    return f"{'now' if span[0] <= now else f'{start:%a %d %b %H:%M}'} to {last} {end:%Z}"
