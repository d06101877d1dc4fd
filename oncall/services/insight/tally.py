"""What incidents add up to: who carried what, what teams had, which alert kinds came, in a form that adds up again.

A tally of a day and one of a month are the same thing: `merged` makes one of several. Whatever is shown as a median is
kept as counts of lengths in tenths of a minute, so that nothing is lost by adding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from oncall.incident import ALERTMANAGER
from oncall.store.insights import KindCount, PastAnswer, PastIncident, PastPage

#: Grows when what is added up changes, so that everything is added up anew.
VERSION = 2
#: Hours in which a page breaks somebody's night, in their own zone.
NIGHT = (22, 7)
#: Kinds one tally keeps, those with most alerts; and how many others it remembers beside each.
MOST_KINDS = 500
MOST_BESIDE = 8
#: An incident with more kinds than this says nothing about which of them belong together.
MOST_TOGETHER = 30

_K = TypeVar("_K")
_R = TypeVar("_R", PastIncident, PastPage, PastAnswer, KindCount)
#: Lengths in tenths of a minute, and how often each came.
Lengths = dict[int, int]


# Tallies are remembered by the ten thousand, and their parts hold numbers alone: the collector need not follow them.
class PersonTally(msgspec.Struct, omit_defaults=True, gc=False):
    """What one person carried. `nights` are the days on whose evening a night began that a page broke."""

    pages: int = 0
    weekend_pages: int = 0
    #: Of interruption.
    seconds: int = 0
    nights: set[date] = msgspec.field(default_factory=set)
    answers: Lengths = msgspec.field(default_factory=dict)


class TeamTally(msgspec.Struct, omit_defaults=True, gc=False):
    """Incidents a team led, and how long answers and ends took."""

    incidents: int = 0
    paging: int = 0
    answers: Lengths = msgspec.field(default_factory=dict)
    ends: Lengths = msgspec.field(default_factory=dict)


class KindTally(msgspec.Struct, omit_defaults=True, gc=False):
    """One alert kind: alerts, incidents with it, how many of those were critical or went away by themselves."""

    alerts: int = 0
    incidents: int = 0
    critical: int = 0
    by_itself: int = 0
    #: Of those, how many somebody had taken.
    idle: int = 0
    #: Pages for incidents that had no other kind, and how many of them at night: what it costs alone.
    alone_pages: int = 0
    alone_night_pages: int = 0
    #: Other kinds in the same incidents, and in how many.
    beside: dict[str, int] = msgspec.field(default_factory=dict)


class Load(msgspec.Struct, omit_defaults=True):
    """What some incidents cost: how many, who carried what, what teams had."""

    incidents: int = 0
    alerts: int = 0
    people: dict[str, PersonTally] = msgspec.field(default_factory=dict)
    teams: dict[str, TeamTally] = msgspec.field(default_factory=dict)


class Tally(Load, omit_defaults=True):
    """The sums of some incidents."""

    kinds: dict[str, KindTally] = msgspec.field(default_factory=dict)
    #: By service: when the newest incident was opened that has a paging alert of it.
    paged: dict[str, datetime] = msgspec.field(default_factory=dict)


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents with everything that hangs on them.

    `noted` are those in which somebody wrote something down; `paged` has by service the newest with a paging alert of it.
    """

    incidents: Sequence[PastIncident]
    pages: Sequence[PastPage]
    answers: Sequence[PastAnswer]
    kinds: Sequence[KindCount]
    noted: frozenset[int]
    paged: Mapping[str, int] = {}


def tallies(history: History, zones: Mapping[str, str]) -> dict[str, Tally]:
    """By team, and of all of them under the empty name; `zones` are those of the people."""
    incidents, pages = _by_team(history.incidents), _by_team(history.pages)
    answers, kinds = _by_team(history.answers), _by_team(history.kinds)
    found = {
        team: _tally(
            msgspec.structs.replace(
                history,
                incidents=incidents.get(team, ()),
                pages=pages.get(team, ()),
                answers=answers.get(team, ()),
                kinds=kinds.get(team, ()),
            ),
            zones,
        )
        for team in incidents.keys() | pages.keys() | answers.keys() | kinds.keys()
    }
    found[""] = _tally(history, zones)
    return found


def merged_load(loads: Iterable[Load]) -> Load:
    """All of them as one, without what alert kinds did."""
    parts = tuple(loads)
    if len(parts) == 1:
        return parts[0]
    total = Load()
    for one in parts:
        _add_load(total, one)
    return total


def _add_load(total: Load, one: Load) -> None:
    total.incidents += one.incidents
    total.alerts += one.alerts
    for name, person in one.people.items():
        known = total.people.setdefault(name, PersonTally())
        known.pages += person.pages
        known.weekend_pages += person.weekend_pages
        known.seconds += person.seconds
        known.nights |= person.nights
        _add(known.answers, person.answers)
    for name, team in one.teams.items():
        led = total.teams.setdefault(name, TeamTally())
        led.incidents += team.incidents
        led.paging += team.paging
        _add(led.answers, team.answers)
        _add(led.ends, team.ends)


def merged(tallies: Iterable[Tally], *, most_kinds: int = MOST_KINDS) -> Tally:
    """All of them as one. Of alert kinds those that came most, which alone are added up."""
    parts = tuple(tallies)
    came_most = _came_most(parts, most_kinds)
    total = Tally()
    for one in parts:
        _add_load(total, one)
        for name, kind in one.kinds.items():
            if came_most is not None and name not in came_most:
                continue
            came = total.kinds.setdefault(name, KindTally())
            came.alerts += kind.alerts
            came.incidents += kind.incidents
            came.critical += kind.critical
            came.by_itself += kind.by_itself
            came.idle += kind.idle
            came.alone_pages += kind.alone_pages
            came.alone_night_pages += kind.alone_night_pages
            _add(came.beside, kind.beside)
        for service, at in one.paged.items():
            total.paged[service] = max(at, total.paged.get(service, at))
    return _bounded(total)


def _came_most(tallies: Sequence[Tally], most: int) -> Collection[str] | None:
    """The kinds with most alerts; None where that are all of them."""
    alerts: dict[str, int] = {}
    for one in tallies:
        for name, kind in one.kinds.items():
            alerts[name] = alerts.get(name, 0) + kind.alerts
    if len(alerts) <= most:
        return None
    return {name for name, _ in sorted(alerts.items(), key=lambda one: (-one[1], one[0]))[:most]}


def added(lengths: Iterable[Lengths]) -> Lengths:
    """All of them as one."""
    total: Lengths = {}
    for one in lengths:
        _add(total, one)
    return total


def median_minutes(lengths: Lengths) -> float | None:
    """The median in minutes; None of nothing."""
    whole = sum(lengths.values())
    if not whole:
        return None
    wanted, seen, low = ((whole - 1) // 2, whole // 2), 0, None
    for length in sorted(lengths):
        seen += lengths[length]
        if low is None and seen > wanted[0]:
            low = length
        if seen > wanted[1]:
            return round(((low if low is not None else length) + length) / 20, 1)
    raise AssertionError("the middle lies within")


def night_of(at: datetime) -> date | None:
    """The day on whose evening the night began, None in the daytime; `at` is in the person's zone."""
    if at.hour >= NIGHT[0]:
        return at.date()
    return at.date() - timedelta(days=1) if at.hour < NIGHT[1] else None


def _by_team(rows: Sequence[_R]) -> dict[str, list[_R]]:
    found: dict[str, list[_R]] = {}
    for row in rows:
        found.setdefault(row.team, []).append(row)
    return found


def _tally(history: History, zones: Mapping[str, str]) -> Tally:
    total = Tally(incidents=len(history.incidents))
    _people(total, history, zones)
    for incident in history.incidents:
        team = total.teams.setdefault(incident.team, TeamTally())
        team.incidents += 1
        team.paging += incident.severity == "critical"
        if incident.resolved_at is not None:
            _add(team.ends, {_tenths(incident.resolved_at - incident.opened_at): 1})
    for answer in history.answers:
        # Answers of teams that led none of these incidents: they helped in another's.
        if answer.team in total.teams:
            _add(total.teams[answer.team].answers, {_tenths(answer.acknowledged_at - answer.since): 1})
    _kinds(total, history)
    opened = {incident.id: incident.opened_at for incident in history.incidents}
    total.paged = {service: opened[number] for service, number in history.paged.items() if number in opened}
    return _bounded(total)


def _people(total: Tally, history: History, zones: Mapping[str, str]) -> None:
    for page in history.pages:
        person = total.people.setdefault(page.person, PersonTally())
        local = page.sent_at.astimezone(ZoneInfo(zones.get(page.person, "UTC")))
        person.pages += 1
        person.weekend_pages += local.isoweekday() >= 6
        person.seconds += page.seconds
        if (night := night_of(local)) is not None:
            person.nights.add(night)
    for answer in history.answers:
        person = total.people.setdefault(answer.person, PersonTally())
        _add(person.answers, {_tenths(answer.acknowledged_at - answer.since): 1})


def _kinds(total: Tally, history: History) -> None:
    for counted in history.kinds:
        total.kinds.setdefault(counted.kind, KindTally()).alerts += counted.episodes
        total.alerts += counted.episodes
    for incident in history.incidents:
        alone = incident.resolved_by == ALERTMANAGER.person and incident.id not in history.noted
        together = incident.kinds if len(incident.kinds) <= MOST_TOGETHER else ()
        for name in incident.kinds:
            kind = total.kinds.setdefault(name, KindTally())
            kind.incidents += 1
            kind.critical += incident.severity == "critical"
            kind.by_itself += alone
            kind.idle += alone and incident.taken
            if len(incident.kinds) == 1:
                kind.alone_pages += incident.pages
                kind.alone_night_pages += incident.night_pages
            _add(kind.beside, {other: 1 for other in together if other != name})


def _bounded(total: Tally) -> Tally:
    if len(total.kinds) > MOST_KINDS:
        kept = sorted(total.kinds.items(), key=lambda one: (-one[1].alerts, one[0]))[:MOST_KINDS]
        total.kinds = dict(kept)
    for kind in total.kinds.values():
        if len(kind.beside) > MOST_BESIDE:
            kind.beside = dict(Counter(kind.beside).most_common(MOST_BESIDE))
    return total


def _add(counts: dict[_K, int], more: Mapping[_K, int]) -> None:
    if not counts:
        counts.update(more)
        return
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count


def _tenths(length: timedelta) -> int:
    return round(max(length.total_seconds(), 0.0) / 6)
