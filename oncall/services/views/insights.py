"""What a manager asks: who carries how much, which alerts only make noise, and how the volume goes."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import mean, median
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from oncall.engine import Engine
from oncall.incident import ALERTMANAGER
from oncall.services.people.rights import Caller, Right
from oncall.store import insights as rows
from oncall.store.insights import KindCount, PastAnswer, PastIncident, PastPage

#: Hours in which a page breaks somebody's night, in their own zone.
NIGHT = (22, 7)
MOST_KINDS = 40
#: A kind needs this many incidents before anything is said about it.
ENOUGH = 5
#: Share of a kind's incidents that must go with another kind for it to be called redundant.
ALWAYS = 0.95


class InsightsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which team (by id; empty for all) and how many days back."""

    team: Annotated[str, msgspec.Meta(max_length=200)] = ""
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 28


class PersonLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What one person carried. A night is one between 22 and 7 o'clock in their zone in which they were paged."""

    person: str
    name: str
    pages: int
    nights: int
    weekend_pages: int
    answered: int
    #: Median from the team being asked to this person's acknowledgement; null where they answered nothing.
    minutes_to_answer: float | None


class TeamLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What one team had: incidents it led, and how fast somebody answered and it was over."""

    team: str
    name: str
    incidents: int
    paging: int
    minutes_to_answer: float | None
    minutes_to_resolve: float | None


class KindLoad(msgspec.Struct, frozen=True, kw_only=True):
    """One alert kind. `advice` says what the history suggests; empty where nothing is to be said."""

    kind: str
    alerts: int
    incidents: int
    #: Incidents with it that went away by themselves, with nothing written down.
    by_itself: int
    advice: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents opened in one day (UTC), what was to be expected from the same weekdays before, and whether it is odd."""

    day: date
    incidents: int
    expected: float | None
    unusual: bool


class Insights(msgspec.Struct, frozen=True, kw_only=True):
    """Load and noise from `since` until now. `tomorrow` is how many incidents are to be expected."""

    since: datetime
    until: datetime
    team: str
    people: tuple[PersonLoad, ...]
    teams: tuple[TeamLoad, ...]
    kinds: tuple[KindLoad, ...]
    days: tuple[Day, ...]
    tomorrow: float | None


async def view_insights(engine: Engine, caller: Caller, query: InsightsQuery) -> Insights:
    """Load and noise of one team or of all."""
    caller.require(Right.SEE)
    now = engine.clock.now()
    since = now - timedelta(days=query.days)
    directory = engine.directory
    async with engine.database.read() as tx:
        first = await rows.first_since(tx, since)
        incidents = await rows.incidents_from(tx, first, query.team)
        pages = await rows.pages_since(tx, sorted(directory.people), since, query.team)
        answers = await rows.answers_from(tx, first, query.team)
        kinds = await rows.kinds_from(tx, first, query.team, limit=MOST_KINDS)
        noted = await rows.with_notes(tx, [i.id for i in incidents])
    zones = {person.id: person.timezone for person in directory.people.values()}
    names = {person.id: person.name for person in directory.people.values()}
    days = volume([i.opened_at for i in incidents], now, query.days)
    return Insights(
        since=since,
        until=now,
        team=query.team,
        people=people_load(pages, answers, zones, names),
        teams=teams_load(incidents, answers, {team.id: team.name for team in directory.teams.values()}),
        kinds=kinds_load(kinds, incidents, noted),
        days=days,
        tomorrow=tomorrow([i.opened_at for i in incidents], days),
    )


def people_load(
    pages: Sequence[PastPage], answers: Sequence[PastAnswer], zones: Mapping[str, str], names: Mapping[str, str]
) -> tuple[PersonLoad, ...]:
    """Who carried what, the most loaded first."""
    by_person: dict[str, list[PastPage]] = defaultdict(list)
    for page in pages:
        by_person[page.person].append(page)
    waits: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        waits[answer.person].append(_minutes(answer.acknowledged_at - answer.since))
    found = []
    for person in set(by_person) | (set(waits) & set(names)):
        local = [page.sent_at.astimezone(ZoneInfo(zones.get(person, "UTC"))) for page in by_person[person]]
        found.append(
            PersonLoad(
                person=person,
                name=names.get(person, person),
                pages=len(local),
                nights=len({_night(at) for at in local} - {None}),
                weekend_pages=sum(at.isoweekday() >= 6 for at in local),
                answered=len(waits[person]),
                minutes_to_answer=round(median(waits[person]), 1) if waits[person] else None,
            )
        )
    return tuple(sorted(found, key=lambda p: (-p.nights, -p.pages, p.name)))


def teams_load(
    incidents: Sequence[PastIncident], answers: Sequence[PastAnswer], names: Mapping[str, str]
) -> tuple[TeamLoad, ...]:
    """What each team led, the busiest first."""
    led: dict[str, list[PastIncident]] = defaultdict(list)
    for incident in incidents:
        led[incident.team].append(incident)
    waits: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        waits[answer.team].append(_minutes(answer.acknowledged_at - answer.since))
    found = []
    for team, own in led.items():
        lasted = [_minutes(i.resolved_at - i.opened_at) for i in own if i.resolved_at]
        found.append(
            TeamLoad(
                team=team,
                name=names.get(team, team),
                incidents=len(own),
                paging=sum(i.severity == "critical" for i in own),
                minutes_to_answer=round(median(waits[team]), 1) if waits[team] else None,
                minutes_to_resolve=round(median(lasted), 1) if lasted else None,
            )
        )
    return tuple(sorted(found, key=lambda t: (-t.paging, -t.incidents, t.name)))


def kinds_load(kinds: Sequence[KindCount], incidents: Sequence[PastIncident], noted: set[int]) -> tuple[KindLoad, ...]:
    """The alert kinds that came most, with what the history suggests about each."""
    of_kind: dict[str, list[PastIncident]] = defaultdict(list)
    for incident in incidents:
        for kind in incident.kinds:
            of_kind[kind].append(incident)
    found = []
    for counted in kinds:
        own = of_kind.get(counted.kind, [])
        alone = [i for i in own if i.resolved_by == ALERTMANAGER.person and i.id not in noted]
        found.append(
            KindLoad(
                kind=counted.kind,
                alerts=counted.episodes,
                incidents=len(own),
                by_itself=len(alone),
                advice=_advice(counted.kind, own, alone),
            )
        )
    return tuple(found)


def volume(opened: Sequence[datetime], now: datetime, days: int) -> tuple[Day, ...]:
    """Incidents by day, today last. A day is unusual when it is far beyond the same weekdays before it."""
    counts = Counter(at.date() for at in opened)
    span = [now.date() - timedelta(days=back) for back in range(days - 1, -1, -1)]
    series = [(day, counts.get(day, 0)) for day in span]
    found = []
    began = min(counts, default=now.date())
    known = [(day, count) for day, count in series if day >= began]
    for day, count in series:
        expected = expected_on([(at, number) for at, number in known if at < day], day)
        # Counts scatter by about their square root; three times that is no chance any more.
        unusual = expected is not None and count > expected + 3 * math.sqrt(max(expected, 1.0))
        found.append(Day(day=day, incidents=count, expected=expected, unusual=unusual))
    return tuple(found)


def tomorrow(opened: Sequence[datetime], days: Sequence[Day]) -> float | None:
    """How many incidents the day after the last one is to bring, as far as that can be said."""
    if not opened or not days:
        return None
    began = min(at.date() for at in opened)
    return expected_on([(d.day, d.incidents) for d in days if d.day >= began], days[-1].day + timedelta(days=1))


def expected_on(series: Sequence[tuple[date, int]], day: date) -> float | None:
    """The mean of the same weekday in the four weeks before; None with fewer than two of them."""
    same = [
        count for at, count in series if at.weekday() == day.weekday() and timedelta(0) < day - at <= timedelta(days=28)
    ]
    return round(mean(same), 1) if len(same) >= 2 else None


def _advice(kind: str, own: Sequence[PastIncident], alone: Sequence[PastIncident]) -> str:
    if len(own) < ENOUGH:
        return ""
    critical = sum(i.severity == "critical" for i in own)
    if len(alone) == len(own) and critical:
        return f"Went away by itself all {len(own)} times: make it a warning, or let it wait longer."
    beside = Counter(other for incident in own for other in incident.kinds if other != kind)
    for other, times in beside.most_common(1):
        if times >= ALWAYS * len(own):
            return f"Comes with {other} {times} of {len(own)} times: one of the two is enough."
    return ""


def _night(at: datetime) -> date | None:
    """The day on whose evening the night began, None in the daytime."""
    if at.hour >= NIGHT[0]:
        return at.date()
    return at.date() - timedelta(days=1) if at.hour < NIGHT[1] else None


def _minutes(length: timedelta) -> float:
    return max(length.total_seconds(), 0.0) / 60
