"""Is a service ready to be woken up for? Checks on ownership and readiness, decided from facts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum

import msgspec

from routing.catalog import Entry, ToolKind

#: A rotation must be without gaps this far ahead.
GAPS_AHEAD = timedelta(days=14)
#: A drill counts this long.
QUARTER = timedelta(days=92)
#: People who can be reached before a rotation is more than one person's phone.
ENOUGH_PEOPLE = 2


class Level(IntEnum):
    """How far a service is: somebody comes; they find their way; they have done it before."""

    COVERED = 1
    EQUIPPED = 2
    PRACTISED = 3


class CustomCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check of the company's own: an expression over the entry, or an outcome that is reported by API."""

    name: str
    title: str
    level: Level = Level.EQUIPPED
    #: See `routing.catalog.expression`; "" waits for reports.
    expect: str = ""
    #: Only entries for which this holds are checked; "" is all.
    applies: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about one service at one instant."""

    entry: Entry
    now: datetime
    #: The owning team, "" where there is none, and how many members it has.
    team: str = ""
    members: int = 0
    #: People whom the team's policy can reach.
    reachable: int = 0
    #: Rotations of the team's policy that have a gap ahead, each with its begin.
    gaps: tuple[tuple[str, datetime], ...] = ()
    last_paged: datetime | None = None
    last_drill: datetime | None = None
    #: Dependencies of a lower tier than the service itself, by name.
    weaker: tuple[str, ...] = ()
    #: Outcomes reported from outside, by check.
    reports: Mapping[str, tuple[bool, str]] = field(default_factory=dict)


# Thousands in one answer, none of which can hold another: the collector need not follow them.
class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one check came out. `passed` is null where nothing is known yet, which counts as not passed."""

    check: str
    title: str
    level: Level
    passed: bool | None
    detail: str


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """One service's outcomes, and the highest level all of whose checks it passes, with those below; 0 is none."""

    service: str
    team: str
    level: int
    outcomes: tuple[Outcome, ...]


_Answer = tuple[bool | None, str]


@dataclass(frozen=True, slots=True)
class Check:
    """One built-in check."""

    name: str
    title: str
    level: Level
    decide: Callable[[Facts], _Answer]


def _owner(facts: Facts) -> _Answer:
    if not facts.team:
        return False, f"{facts.entry.owner!r} is no team" if facts.entry.owner else "it names no owner"
    return facts.members > 0, f"{facts.team} has {_people(facts.members)}"


def _reachable(facts: Facts) -> _Answer:
    return facts.reachable >= ENOUGH_PEOPLE, f"{_people(facts.reachable)} can be reached through the team's policy"


def _gaps(facts: Facts) -> _Answer:
    if not facts.gaps:
        return bool(facts.team), f"nobody is missing in the next {GAPS_AHEAD.days} days" if facts.team else "no team"
    rotation, begin = facts.gaps[0]
    more = f", and {len(facts.gaps) - 1} more" if len(facts.gaps) > 1 else ""
    return False, f"nobody is on call for {rotation} from {begin:%a %d %b %H:%M} UTC{more}"


def _runbook(facts: Facts) -> _Answer:
    if not _has(facts.entry, ToolKind.RUNBOOK):
        return False, "it has no runbook"
    known = facts.reports.get("runbook answers")
    return known if known is not None else (None, "the runbook's address was not tried yet")


def _alert(facts: Facts) -> _Answer:
    if facts.last_paged is None:
        return False, "no alert of it has paged anybody in the last half year"
    return True, f"an alert paged {(facts.now - facts.last_paged).days} days ago"


def _dashboard(facts: Facts) -> _Answer:
    found = _has(facts.entry, ToolKind.DASHBOARD)
    return found, "it has a dashboard" if found else "it has no dashboard"


def _drill(facts: Facts) -> _Answer:
    if facts.last_drill is None or facts.now - facts.last_drill > QUARTER:
        return False, "no drill in the last quarter"
    return True, f"drilled {(facts.now - facts.last_drill).days} days ago"


def _tiers(facts: Facts) -> _Answer:
    if not facts.weaker:
        return True, "it depends on nothing of a lower tier"
    return False, f"tier {facts.entry.tier}, but it depends on {', '.join(facts.weaker[:5])} of a lower one"


CHECKS: tuple[Check, ...] = (
    Check("owner", "has an owner", Level.COVERED, _owner),
    Check("reachable", "two or more people can be reached", Level.COVERED, _reachable),
    Check("rotation", "its rotation has no gaps ahead", Level.COVERED, _gaps),
    Check("runbook", "has a runbook that answers", Level.EQUIPPED, _runbook),
    Check("dashboard", "has a dashboard", Level.EQUIPPED, _dashboard),
    Check("alert", "has an alert that pages", Level.EQUIPPED, _alert),
    Check("drill", "was drilled in the last quarter", Level.PRACTISED, _drill),
    Check("tiers", "depends on nothing of a lower tier", Level.PRACTISED, _tiers),
)


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """A custom check with its expressions read; None where it has none."""

    check: CustomCheck
    expect: Callable[[Entry], bool] | None
    applies: Callable[[Entry], bool] | None


def readiness(facts: Facts, custom: Sequence[OwnCheck] = ()) -> Readiness:
    """Hold a service against every check."""
    outcomes = [_outcome(check.name, check.title, check.level, check.decide(facts)) for check in CHECKS]
    outcomes += [
        _outcome(own.check.name, own.check.title, own.check.level, _custom(own, facts))
        for own in custom
        if own.applies is None or own.applies(facts.entry)
    ]
    failed = min((outcome.level for outcome in outcomes if outcome.passed is not True), default=Level.PRACTISED + 1)
    return Readiness(service=facts.entry.name, team=facts.team, level=failed - 1, outcomes=tuple(outcomes))


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """One team's services: how many stand at each level, 0 to 3."""

    team: str
    services: int
    levels: tuple[int, int, int, int]


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """One check over all services: how many fail it, by team, and by when that should be none."""

    check: str
    title: str
    failing: int
    services: int
    by_team: Mapping[str, tuple[str, ...]]
    due: date | None = None
    #: "11 of 64 services: has a runbook that answers; due 1 March".
    sentence: str


def scorecards(found: Iterable[Readiness]) -> tuple[Scorecard, ...]:
    """The teams by name; services of nobody come under ""."""
    levels: dict[str, list[int]] = {}
    for one in found:
        levels.setdefault(one.team, [0, 0, 0, 0])[one.level] += 1
    return tuple(
        Scorecard(team=team, services=sum(counts), levels=(counts[0], counts[1], counts[2], counts[3]))
        for team, counts in sorted(levels.items())
    )


def campaigns(found: Sequence[Readiness], due: Mapping[str, date]) -> tuple[Campaign, ...]:
    """Each check that some service fails, the one due first first, then the one that most fail."""
    failing: dict[str, dict[str, list[str]]] = {}
    titles: dict[str, str] = {}
    held: dict[str, int] = {}
    for one in found:
        for outcome in one.outcomes:
            titles[outcome.check] = outcome.title
            held[outcome.check] = held.get(outcome.check, 0) + 1
            if outcome.passed is not True:
                failing.setdefault(outcome.check, {}).setdefault(one.team, []).append(one.service)
    made = [_campaign(check, titles[check], teams, held[check], due.get(check)) for check, teams in failing.items()]
    return tuple(sorted(made, key=_urgency))


def _campaign(check: str, title: str, teams: Mapping[str, Sequence[str]], services: int, due: date | None) -> Campaign:
    count = sum(len(names) for names in teams.values())
    until = f", due {due.day} {due:%B}" if due else ""
    return Campaign(
        check=check,
        title=title,
        failing=count,
        services=services,
        by_team={team: tuple(sorted(names)) for team, names in sorted(teams.items())},
        due=due,
        sentence=f"{count} of {services} services fail “{title}”{until}",
    )


def _urgency(campaign: Campaign) -> tuple[date, int, str]:
    return campaign.due or date.max, -campaign.failing, campaign.check


def _custom(own: OwnCheck, facts: Facts) -> _Answer:
    if own.expect is None:
        return facts.reports.get(own.check.name, (None, "nothing was reported yet"))
    passed = own.expect(facts.entry)
    return passed, own.check.expect if passed else f"not so: {own.check.expect}"


def _outcome(name: str, title: str, level: Level, answer: _Answer) -> Outcome:
    return Outcome(check=name, title=title, level=level, passed=answer[0], detail=answer[1])


def _has(entry: Entry, kind: ToolKind) -> bool:
    return any(tool.kind is kind for tool in entry.tools)


def _people(count: int) -> str:
    return f"{count} {'person' if count == 1 else 'people'}"
