"""What the calendar files say about the coming weeks, for `oncall check`; an engine looks again at every refresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from oncall.directory import Directory, Schedule, ScheduleSource, Team
from routing.problem import Problem, ProblemLevel
from schedules.findings import LOOK_AHEAD, PLAN_BREAK, Standing, findings
from schedules.identity import identity
from schedules.layers import Layer, lay
from schedules.reading import read
from schedules.shift import OnCall, Reading, Segment
from schedules.tiling import Window


def calendar_problems(directory: Directory, root: Path, now: datetime) -> tuple[Problem, ...]:
    """Names nobody has, gaps, double bookings and plans that end soon, within 30 days; and files that are no calendars.

    Rotations with a calendar behind an address are left out: without it, nothing can be said about them.
    """
    return tuple(
        sorted(
            problem
            for team in directory.teams.values()
            for schedule in team.schedules.values()
            if not any("://" in source.location for source in schedule.sources)
            for problem in _problems(directory, team, schedule, root, now)
        )
    )


def _problems(directory: Directory, team: Team, schedule: Schedule, root: Path, now: datetime) -> Iterator[Problem]:
    # Past the horizon by as much as makes an end of the plan an end, so that ours is not taken for one.
    window = (now, now + LOOK_AHEAD + PLAN_BREAK)
    layers = []
    for source in schedule.sources:
        found = _read(source, window)
        file = _shown(source.location, root)
        if found.refused is not None:
            yield Problem(file=file, what=f"the calendar cannot be used: {found.refused}", mend="Export it anew")
            return
        for warning in found.warnings:
            yield Problem(
                file=file, what=warning.rstrip("."), mend="Mend it in the calendar", level=ProblemLevel.WARNING
            )
        layers.append(Layer(shifts=found.shifts, priority=source.priority, override=source.override, role=source.role))
    segments = [_known(directory, segment) for segment in lay(layers, (), window)]
    standings = {person: Standing(reachable=True) for person in directory.people}
    for finding in findings(segments, now, standings, ZoneInfo(team.timezone)):
        yield Problem(
            file=_shown(schedule.sources[0].location, root),
            what=f"team {team.id}, schedule {schedule.name}: {finding.what.rstrip('.')}",
            mend=finding.fix,
            level=ProblemLevel.WARNING,
        )


def _read(source: ScheduleSource, window: Window) -> Reading:
    body = Path(source.location).read_bytes()
    return read(body, window, default_tz=source.timezone, identity=identity(source.identity), source=source.location)


def _known(directory: Directory, segment: Segment) -> Segment:
    """The segment with ids in place of names, where somebody of that name is known."""
    people = [(directory.person_named(who.person), who) for who in segment.on_call]
    return replace(
        segment, on_call=tuple(OnCall(person=known.id if known else who.person, role=who.role) for known, who in people)
    )


def _shown(location: str, root: Path) -> str:
    path, root = Path(location), root.resolve()
    return str(path.relative_to(root)) if path.is_relative_to(root) else location
