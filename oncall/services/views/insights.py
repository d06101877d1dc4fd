"""What a manager asks: who carries how much, which alerts only make noise, and how the volume goes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.seasonal import WEEKS, expected_on, forecast, unusual
from oncall.services.insight.tally import KindTally, Load, PersonTally, Tally, added, median_minutes, merged_load
from oncall.services.insight.tallying import DAY, MOST_SHOWN, periods_of, read_load, spans_of, total_of
from oncall.services.people.rights import Caller, Right
from oncall.store import tallies as tally_rows
from oncall.store.tallies import Counted

#: Days before those shown that expectations come from.
COMPARED = timedelta(weeks=WEEKS)
#: Days ahead of which something is said.
AHEAD = 7
#: Weeks that are shown one by one.
MOST_WEEKS = 13
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
    #: Minutes from each page until it was over for whoever took it, until somebody took it for the others.
    interrupted_minutes: int
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
    #: Of those, how many somebody had acknowledged: taken, and nothing done.
    idle: int
    #: Pages, and pages at night, that would not have been sent without it: for incidents that had no other kind.
    saved_pages: int
    saved_night_pages: int
    advice: str


class Day(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One day (UTC): incidents and alerts, what was to be expected of each, and whether it is far beyond that."""

    day: date
    incidents: int
    expected: float | None
    unusual: bool
    alerts: int
    expected_alerts: float | None
    unusual_alerts: bool


class DayAhead(msgspec.Struct, frozen=True, kw_only=True):
    """A day to come; null where nothing is to be said. A number beyond `high` would be unusual."""

    day: date
    incidents: float | None
    incidents_high: float | None
    alerts: float | None
    alerts_high: float | None


class PersonWeek(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one person carried in the week that began on that Monday (UTC)."""

    week: date
    person: str
    name: str
    pages: int
    nights: int
    weekend_pages: int
    interrupted_minutes: int
    answered: int
    minutes_to_answer: float | None


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """One week of the team, or of all."""

    week: date
    incidents: int
    alerts: int
    pages: int
    nights: int
    interrupted_minutes: int
    minutes_to_answer: float | None


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
    ahead: tuple[DayAhead, ...]
    #: The last quarter at most, the oldest first; the first and the last may be parts of weeks.
    weeks: tuple[Week, ...]
    person_weeks: tuple[PersonWeek, ...]
    tomorrow: float | None


async def view_insights(engine: Engine, caller: Caller, query: InsightsQuery) -> Insights:
    """Load and noise of one team or of all: the tallies of the days as a whole, today's as of a minute ago."""
    caller.require(Right.SEE)
    now = engine.clock.now()
    today = now.date()
    first = today - timedelta(days=query.days - 1)
    async with engine.database.read() as tx:
        counted = await tally_rows.counted(tx, spans_of(first - COMPARED)[0], query.team)
        total = await total_of(engine, tx, first, today, query.team, counted=counted)
        since = max(first, today - timedelta(weeks=MOST_WEEKS) + timedelta(days=1))
        weeks = await _weeks(engine, tx, weeks_between(since, today), query.team, counted)
        counted_at = await tally_rows.made_at(tx, today.isoformat())
    directory = engine.directory
    names = {person.id: person.name for person in directory.people.values()}
    series = [(date.fromisoformat(period), one) for period, one in counted.items() if len(period) == DAY]
    incidents, alerts = {day: one.incidents for day, one in series}, {day: one.alerts for day, one in series}
    ahead = days_ahead(incidents, alerts, today)
    return Insights(
        since=datetime.combine(first, time(), UTC),
        until=now,
        counted_at=counted_at,
        team=query.team,
        people=people_load(total, names),
        teams=teams_load(total, {team.id: team.name for team in directory.teams.values()}),
        kinds=kinds_load(total),
        days=_days(engine, incidents, alerts, today, query.days),
        ahead=ahead,
        weeks=tuple(week for week, _ in weeks.values()),
        person_weeks=person_weeks({monday: people for monday, (_, people) in weeks.items()}, names),
        tomorrow=ahead[0].incidents if ahead else None,
    )


def _carried(person: PersonTally) -> dict[str, Any]:
    return {
        "pages": person.pages,
        "nights": len(person.nights),
        "weekend_pages": person.weekend_pages,
        "interrupted_minutes": round(person.seconds / 60),
        "answered": sum(person.answers.values()),
        "minutes_to_answer": median_minutes(person.answers),
    }


def people_load(total: Load, names: Mapping[str, str]) -> tuple[PersonLoad, ...]:
    """Who carried what, the most loaded first; those who are in the files or were paged."""
    found = [
        PersonLoad(person=name, name=names.get(name, name), **_carried(person))
        for name, person in total.people.items()
        if person.pages or name in names
    ]
    return tuple(sorted(found, key=lambda p: (-p.nights, -p.pages, p.name)))


async def _weeks(
    engine: Engine, tx: AsyncConnection, parts: Mapping[date, Sequence[str]], team: str, counted: Mapping[str, Counted]
) -> dict[date, tuple[Week, tuple[PersonWeek, ...]]]:
    """Each of these weeks and who carried what in it, by its Monday.

    Remembered by what its rows came to and when they were written, so that of all weeks the one that goes on is read.
    """
    keys: dict[date, Hashable] = {}
    for monday, names in parts.items():
        if known := tuple((name, counted[name]) for name in names if name in counted):
            keys[monday] = ("week", team, monday, known)
    found = {monday: engine.weeks.get(key) for monday, key in keys.items()}
    unknown = [monday for monday, week in found.items() if week is None]
    wanted = [name for monday in unknown for name in parts[monday]]
    loads = {name: read_load(one) for name, one in (await tally_rows.sums(tx, wanted, team)).items()}
    for monday in unknown:
        load = merged_load(loads[name] for name in parts[monday] if name in loads)
        found[monday] = _week(monday, load), week_of_people(monday, load)
        engine.weeks.put(keys[monday], found[monday])
    return {monday: week for monday, week in found.items() if week is not None}


def _days(
    engine: Engine, incidents: Mapping[date, int], alerts: Mapping[date, int], today: date, days: int
) -> tuple[Day, ...]:
    """The same as `volume`; days that are over are remembered by the counts they follow from."""
    past = tuple((day, count, alerts[day]) for day, count in incidents.items() if day < today)
    key = ("days", today, days, past)
    over: tuple[Day, ...] | None = engine.weeks.get(key)
    if over is None:
        over = volume(incidents, alerts, today, days)[:-1]
        engine.weeks.put(key, over)
    return (*over, *volume(incidents, alerts, today, 1))


def teams_load(total: Load, names: Mapping[str, str]) -> tuple[TeamLoad, ...]:
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
    most = sorted(total.kinds.items(), key=lambda one: (-one[1].alerts, one[0]))[:MOST_SHOWN]
    return tuple(
        KindLoad(
            kind=name,
            alerts=kind.alerts,
            incidents=kind.incidents,
            by_itself=kind.by_itself,
            idle=kind.idle,
            saved_pages=kind.alone_pages,
            saved_night_pages=kind.alone_night_pages,
            advice=_advice(kind),
        )
        for name, kind in most
        if kind.alerts
    )


def weeks_between(first: date, last: date) -> dict[date, list[str]]:
    """The weeks that touch these days, by their Monday: whole ones as such, those at the ends as the days in question."""
    found = {}
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        found[monday] = periods_of(max(monday, first), min(monday + timedelta(days=6), last))
        monday += timedelta(days=7)
    return found


def week_of_people(monday: date, load: Load) -> tuple[PersonWeek, ...]:
    """What everybody carried in that week, without names: those are the files' of the day it is looked at."""
    return tuple(
        PersonWeek(week=monday, person=name, name=name, **_carried(person)) for name, person in load.people.items()
    )


def person_weeks(weeks: Mapping[date, Sequence[PersonWeek]], names: Mapping[str, str]) -> tuple[PersonWeek, ...]:
    """Who carried what in which week, by name and week; those who are in the files or were paged."""
    by_person: dict[str, list[PersonWeek]] = {}
    for people in weeks.values():
        for one in people:
            if one.pages or one.person in names:
                by_person.setdefault(one.person, []).append(one)
    found = []
    for person, own in by_person.items():
        name = names.get(person, person)
        found += own if name == person else [replace(one, name=name) for one in own]
    return tuple(sorted(found, key=lambda one: (one.name, one.week)))


def volume(incidents: Mapping[date, int], alerts: Mapping[date, int], today: date, days: int) -> tuple[Day, ...]:
    """Incidents and alerts by day, today last, each held against the same weekdays before it.

    The series have the days that were counted, also those before the ones shown; what lies before them is not known.
    """
    found = []
    for back in range(days - 1, -1, -1):
        day = today - timedelta(days=back)
        expected, of_alerts = expected_on(incidents, day), expected_on(alerts, day)
        found.append(
            Day(
                day=day,
                incidents=incidents.get(day, 0),
                expected=expected.value if expected else None,
                unusual=unusual(incidents.get(day, 0), expected),
                alerts=alerts.get(day, 0),
                expected_alerts=of_alerts.value if of_alerts else None,
                unusual_alerts=unusual(alerts.get(day, 0), of_alerts),
            )
        )
    return tuple(found)


def days_ahead(incidents: Mapping[date, int], alerts: Mapping[date, int], today: date) -> tuple[DayAhead, ...]:
    """What the next week is likely to bring."""
    of_incidents = {one.day: one for one in forecast(incidents, today, AHEAD)}
    of_alerts = {one.day: one for one in forecast(alerts, today, AHEAD)}
    found = []
    for number in range(1, AHEAD + 1):
        day = today + timedelta(days=number)
        one, other = of_incidents.get(day), of_alerts.get(day)
        found.append(
            DayAhead(
                day=day,
                incidents=one.value if one else None,
                incidents_high=one.high if one else None,
                alerts=other.value if other else None,
                alerts_high=other.high if other else None,
            )
        )
    return tuple(found)


def _week(monday: date, tally: Load) -> Week:
    return Week(
        week=monday,
        incidents=tally.incidents,
        alerts=tally.alerts,
        pages=sum(person.pages for person in tally.people.values()),
        nights=sum(len(person.nights) for person in tally.people.values()),
        interrupted_minutes=round(sum(person.seconds for person in tally.people.values()) / 60),
        minutes_to_answer=median_minutes(added(team.answers for team in tally.teams.values())),
    )


def _advice(kind: KindTally) -> str:
    if kind.incidents < ENOUGH:
        return ""
    if kind.idle == kind.incidents:
        return f"Acknowledged all {kind.incidents} times, and nothing was done: a warning would do.{_saves(kind)}"
    if kind.by_itself == kind.incidents and kind.critical:
        said = f"Went away by itself all {kind.incidents} times: make it a warning, or let it wait longer."
        return f"{said}{_saves(kind)}"
    other, times = max(kind.beside.items(), key=lambda one: one[1], default=("", 0))
    if other and times >= ALWAYS * kind.incidents:
        alerts = f"{kind.alerts} alert" if kind.alerts == 1 else f"{kind.alerts} alerts"
        said = f"Comes with {other} {times} of {kind.incidents} times: one of the two is enough."
        return f"{said} Without it there were {alerts} fewer.{_saves(kind)}"
    return ""


def _saves(kind: KindTally) -> str:
    if not kind.alone_pages:
        return ""
    pages = f"{kind.alone_pages} page" if kind.alone_pages == 1 else f"{kind.alone_pages} pages"
    nights = f", {kind.alone_night_pages} of them at night" if kind.alone_night_pages else ""
    return f" It would have saved {pages}{nights}."
