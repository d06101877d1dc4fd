"""What a manager asks: who carries how much, which alerts only make noise, and how the volume goes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from statistics import mean
from typing import Annotated

import msgspec

from oncall.engine import Engine
from oncall.services.people.rights import Caller, Right
from oncall.services.tally import KindTally, Tally, median_minutes, merged
from oncall.services.tallying import periods_of, read_tally
from oncall.store import tallies as tally_rows

#: Days before those shown that expectations come from.
COMPARED = timedelta(days=28)
MOST_KINDS = 40
#: A kind needs this many incidents before anything is said about it.
ENOUGH = 5
#: Share of a kind's incidents that must go with another kind for it to be called redundant.
ALWAYS = 0.95


class InsightsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which team (by id; empty for all) and how many days (UTC), today the last."""

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
    """Load and noise of the incidents opened from `since` on. `tomorrow` is how many incidents are to be expected."""

    since: datetime
    until: datetime
    #: When today was last counted; null where it was not yet.
    counted_at: datetime | None
    team: str
    people: tuple[PersonLoad, ...]
    teams: tuple[TeamLoad, ...]
    kinds: tuple[KindLoad, ...]
    days: tuple[Day, ...]
    tomorrow: float | None


async def view_insights(engine: Engine, caller: Caller, query: InsightsQuery) -> Insights:
    """Load and noise of one team or of all: the tallies of the days as a whole, today's as of a minute ago."""
    caller.require(Right.SEE)
    now = engine.clock.now()
    today = now.date()
    first = today - timedelta(days=query.days - 1)
    async with engine.database.read() as tx:
        sums = await tally_rows.sums(tx, periods_of(first, today), query.team)
        counts = await tally_rows.incidents_by_day(tx, (first - COMPARED).isoformat(), today.isoformat(), query.team)
        counted_at = await tally_rows.made_at(tx, today.isoformat())
    total = merged(read_tally(one) for one in sums)
    directory = engine.directory
    series = {date.fromisoformat(day): count for day, count in counts.items()}
    days = volume(series, today, query.days)
    return Insights(
        since=datetime.combine(first, time(), UTC),
        until=now,
        counted_at=counted_at,
        team=query.team,
        people=people_load(total, {person.id: person.name for person in directory.people.values()}),
        teams=teams_load(total, {team.id: team.name for team in directory.teams.values()}),
        kinds=kinds_load(total),
        days=days,
        tomorrow=expected_on(series, today + timedelta(days=1)),
    )


def people_load(total: Tally, names: Mapping[str, str]) -> tuple[PersonLoad, ...]:
    """Who carried what, the most loaded first; those who are in the files or were paged."""
    found = [
        PersonLoad(
            person=name,
            name=names.get(name, name),
            pages=person.pages,
            nights=len(person.nights),
            weekend_pages=person.weekend_pages,
            answered=sum(person.answers.values()),
            minutes_to_answer=median_minutes(person.answers),
        )
        for name, person in total.people.items()
        if person.pages or name in names
    ]
    return tuple(sorted(found, key=lambda p: (-p.nights, -p.pages, p.name)))


def teams_load(total: Tally, names: Mapping[str, str]) -> tuple[TeamLoad, ...]:
    """What each team led, the busiest first."""
    found = [
        TeamLoad(
            team=name,
            name=names.get(name, name),
            incidents=team.incidents,
            paging=team.paging,
            minutes_to_answer=median_minutes(team.answers),
            minutes_to_resolve=median_minutes(team.ends),
        )
        for name, team in total.teams.items()
    ]
    return tuple(sorted(found, key=lambda t: (-t.paging, -t.incidents, t.name)))


def kinds_load(total: Tally) -> tuple[KindLoad, ...]:
    """The alert kinds that came most, with what the history suggests about each."""
    most = sorted(total.kinds.items(), key=lambda one: (-one[1].alerts, one[0]))[:MOST_KINDS]
    return tuple(
        KindLoad(
            kind=name,
            alerts=kind.alerts,
            incidents=kind.incidents,
            by_itself=kind.by_itself,
            advice=_advice(kind),
        )
        for name, kind in most
        if kind.alerts
    )


def volume(series: Mapping[date, int], today: date, days: int) -> tuple[Day, ...]:
    """Incidents by day, today last. A day is unusual when it is far beyond the same weekdays before it.

    `series` has the days that were counted, also those before the ones shown; what lies before them is not known.
    """
    found = []
    for back in range(days - 1, -1, -1):
        day = today - timedelta(days=back)
        count, expected = series.get(day, 0), expected_on(series, day)
        # Counts scatter by about their square root; three times that is no chance any more.
        unusual = expected is not None and count > expected + 3 * math.sqrt(max(expected, 1.0))
        found.append(Day(day=day, incidents=count, expected=expected, unusual=unusual))
    return tuple(found)


def expected_on(series: Mapping[date, int], day: date) -> float | None:
    """The mean of the same weekday in the four weeks before; None with fewer than two of them."""
    same = [series[at] for week in range(1, 5) if (at := day - timedelta(weeks=week)) in series]
    return round(mean(same), 1) if len(same) >= 2 else None


def _advice(kind: KindTally) -> str:
    if kind.incidents < ENOUGH:
        return ""
    if kind.by_itself == kind.incidents and kind.critical:
        return f"Went away by itself all {kind.incidents} times: make it a warning, or let it wait longer."
    other, times = max(kind.beside.items(), key=lambda one: one[1], default=("", 0))
    if other and times >= ALWAYS * kind.incidents:
        return f"Comes with {other} {times} of {kind.incidents} times: one of the two is enough."
    return ""
