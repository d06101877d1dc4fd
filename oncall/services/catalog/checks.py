"""How ready services are: facts from the catalog, the calendars and the history, held against the checks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from oncall.checks import (
    GAPS_AHEAD,
    Campaign,
    Facts,
    OwnCheck,
    Readiness,
    Scorecard,
    campaigns,
    readiness,
    scorecards,
)
from oncall.directory import Directory, Team
from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.paging import plan
from oncall.services.insight import tallying
from oncall.services.people.rights import Caller, Right
from oncall.services.rotations.on_call import schedule_key
from oncall.store import check_reports, service_history
from oncall.store.check_reports import CheckReport
from oncall.store.rotations import StoredSegment
from oncall.store.views import segments_of_all
from routing.catalog import Catalog, Entry
from routing.catalog.expression import parse_expression
from routing.escalation import PersonTarget, RotationTarget, TeamTarget

#: An alert that paged counts this long.
HALF_A_YEAR = timedelta(days=183)


class ReadinessView(msgspec.Struct, frozen=True, kw_only=True):
    """Every team's services by level, and every check that some service fails."""

    scorecards: tuple[Scorecard, ...]
    campaigns: tuple[Campaign, ...]


class NewReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody else found out about a service; `check` is a custom check without `expect`."""

    service: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    check: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    passed: bool
    detail: Annotated[str, msgspec.Meta(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class _TeamFacts:
    members: int
    reachable: int
    gaps: tuple[tuple[str, datetime], ...]


async def view_readiness(engine: Engine, caller: Caller) -> ReadinessView:
    """All services, as scorecards of teams and as campaigns."""
    caller.require(Right.SEE)
    found = await _all(engine, engine.directory.catalog.entries)
    return ReadinessView(scorecards=scorecards(found), campaigns=campaigns(found, engine.directory.checks_due))


async def view_service(engine: Engine, caller: Caller, name: str) -> Readiness:
    """One service's checks.

    Raises:
        NotFound: the catalog has no such service.
    """
    caller.require(Right.SEE)
    entry = engine.directory.catalog.find(name)
    if entry is None:
        raise NotFound(f"there is no service {name!r}", "Search for a part of its name.")
    (found,) = await _all(engine, [entry])
    return found


async def report(engine: Engine, caller: Caller, given: NewReport) -> Readiness:
    """Take the outcome of a check that is made elsewhere.

    Raises:
        NotFound: the catalog has no such service.
        Invalid: there is no custom check of that name that waits for reports.
    """
    caller.require(Right.RESPOND)
    entry = engine.directory.catalog.find(given.service)
    if entry is None:
        raise NotFound(f"there is no service {given.service!r}", "Search for a part of its name.")
    waiting = [check.name for check in engine.directory.checks if not check.expect]
    if given.check not in waiting:
        mend = (
            f"Those that wait for reports: {', '.join(waiting)}." if waiting else "Add it under checks: in oncall.yaml."
        )
        raise Invalid(f"no check {given.check!r} waits for reports", mend, "$.check")
    row = CheckReport(
        service=entry.name,
        check=given.check,
        passed=given.passed,
        detail=given.detail,
        at=engine.clock.now(),
        by=caller.person,
    )
    async with engine.database.write() as tx:
        await check_reports.put(tx, row)
    return await view_service(engine, caller, entry.name)


async def _all(engine: Engine, entries: Sequence[Entry]) -> list[Readiness]:
    now = engine.clock.now()
    directory, resolver = engine.directory, engine.organisation.resolver
    owners = {entry.name: resolver.owner_of(entry) or "" for entry in entries}
    async with engine.database.read() as tx:
        segments = await segments_of_all(tx, now, now + GAPS_AHEAD)
        teams = {
            team: _team_facts(segments, directory, directory.teams[team], now)
            for team in sorted(set(owners.values()))
            if team in directory.teams
        }
        paged = await tallying.last_paged(engine, tx, (now - HALF_A_YEAR).date(), now.date())
        drilled = await service_history.last_drilled(tx, now - HALF_A_YEAR)
        reports: dict[str, dict[str, tuple[bool, str]]] = {}
        for row in await check_reports.everything(tx):
            reports.setdefault(row.service, {})[row.check] = (row.passed, row.detail)

    def decide() -> list[Readiness]:
        custom = _custom(directory)
        return [readiness(_facts(entry, now), custom) for entry in entries]

    def _facts(entry: Entry, now: datetime) -> Facts:
        known = teams.get(owners[entry.name], _TeamFacts(0, 0, ()))
        return Facts(
            entry=entry,
            now=now,
            team=owners[entry.name],
            members=known.members,
            reachable=known.reachable,
            gaps=known.gaps,
            last_paged=paged.get(entry.name),
            last_drill=drilled.get(entry.name),
            weaker=weaker(entry, directory.catalog),
            reports=reports.get(entry.name, {}),
        )

    return await asyncio.to_thread(decide)


def weaker(entry: Entry, catalog: Catalog) -> tuple[str, ...]:
    """What a service depends on that is of a lower tier; the number is higher."""
    if entry.tier is None:
        return ()
    found = (catalog.find(name) for name in entry.depends_on)
    return tuple(other.name for other in found if other is not None and (other.tier or 0) > entry.tier)


def _custom(directory: Directory) -> list[OwnCheck]:
    return [
        OwnCheck(
            check,
            parse_expression(check.expect) if check.expect else None,
            parse_expression(check.applies) if check.applies else None,
        )
        for check in directory.checks
    ]


def _team_facts(
    planned: Mapping[str, Sequence[StoredSegment]], directory: Directory, team: Team, now: datetime
) -> _TeamFacts:
    until = now + GAPS_AHEAD
    people: set[str] = set()
    gaps: list[tuple[str, datetime]] = []
    for number, step in enumerate(team.policy.steps):
        segments: list[StoredSegment] = []
        rotation = ""
        for target in step.targets:
            match target:
                case RotationTarget():
                    rotation = rotation or f"{target.team}/{target.schedule}"
                    key = schedule_key(target.team, target.schedule)
                    segments += planned.get(key, ())
                case PersonTarget():
                    people.add(target.person)
                case TeamTarget() if target.team in directory.teams:
                    people.update(directory.teams[target.team].members)
                case _:
                    pass
        people.update(name for segment in segments for name, _ in segment.on_call)
        others = any(isinstance(target, PersonTarget | TeamTarget) for target in step.targets)
        if number == 0 and rotation and not others:
            gaps = [(rotation, begin) for begin in gaps_in(segments, now, until)]
    known = {person.id: person for name in people if (person := directory.person_named(name)) is not None}
    reachable = sum(bool(plan(person, important=True, now=now)) for person in known.values())
    return _TeamFacts(members=len(team.members), reachable=reachable, gaps=tuple(gaps))


def gaps_in(segments: Sequence[StoredSegment], since: datetime, until: datetime) -> list[datetime]:
    """When each stretch of [since, until) begins that no segment with people covers."""
    found: list[datetime] = []
    covered = since
    for segment in sorted((s for s in segments if s.on_call), key=_start):
        if segment.starts_at > covered:
            found.append(covered)
        covered = max(covered, segment.ends_at)
    if covered < until:
        found.append(covered)
    return found


def _start(segment: StoredSegment) -> datetime:
    return segment.starts_at
