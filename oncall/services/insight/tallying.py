"""Keeping tallies true: days to which something happened are added up anew, and those nobody added up yet, newest first."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.services.insight.interruption import costing, interrupted
from oncall.services.insight.tally import VERSION, History, Load, Tally, merged, tallies
from oncall.store import insights as rows
from oncall.store import tallies as tally_rows
from oncall.store.tallies import Counted

#: Days of the past one run adds up, so that a year of them does not stand in the way of anything.
DAYS_AT_ONCE = 30
#: Transactions are over long before: lines older than this are all there, also those with lower numbers.
SETTLED = timedelta(minutes=5)
#: Alert kinds that are shown, those that came most.
MOST_SHOWN = 40
#: Letters of a day's name; those of months and weeks are shorter.
DAY = len("2026-05-31")


class _Paged(msgspec.Struct):
    """As much of a tally as says when services last paged."""

    paged: dict[str, datetime] = {}


async def keep_up(engine: Engine) -> int:
    """Add up what changed since the last run and some days that were never added up; how many of those are left.

    Every change to an incident writes a line of its timeline, so the lines since the last run name the days. A day whose
    incidents may be gone already stays as it was last added up.
    """
    now = engine.clock.now()
    oldest = _oldest(engine)
    async with engine.database.read() as tx:
        mark = await tally_rows.mark(tx)
        touched = {opened.date() for opened in await tally_rows.touched_after(tx, mark)}
        settled = await tally_rows.last_line_before(tx, mark, now - SETTLED)
        known = await tally_rows.periods(tx, VERSION)
        began = await rows.first_opened(tx)
    since = max(oldest, began.date()) if began else now.date()
    missing = [day for day in _back(now.date(), since) if day.isoformat() not in known]
    due = {day for day in touched if day >= oldest} | set(missing[:DAYS_AT_ONCE])
    for day in sorted(due):
        await _add_up(engine, day, now)
    added_up = {date.fromisoformat(period) for period in known if len(period) == DAY}
    for span in sorted({span for day in due for span in spans_of(day)} | _spans(added_up) - known):
        await _add_up_span(engine, span, now)
    async with engine.database.write() as tx:
        await tally_rows.set_mark(tx, settled)
    return len(missing[DAYS_AT_ONCE:])


async def rebuild(engine: Engine) -> None:
    """Forget every tally whose incidents are all kept, and add them up anew."""
    oldest = _oldest(engine)
    async with engine.database.write() as tx:
        await tally_rows.forget(tx, from_day=oldest.isoformat(), from_spans=spans_of(oldest))
    while await keep_up(engine):
        pass


def _oldest(engine: Engine) -> date:
    """The first day of which every incident is still kept."""
    return (engine.clock.now() - engine.settings.keep_history).date() + timedelta(days=1)


async def _add_up(engine: Engine, day: date, now: datetime) -> None:
    begin = datetime.combine(day, time(), UTC)
    zones = {person.id: person.timezone for person in engine.directory.people.values()}
    async with engine.database.read() as tx:
        history = await _history(tx, begin, begin + timedelta(days=1), zones)
    await _save(engine, day.isoformat(), tallies(history, zones), now)


async def _add_up_span(engine: Engine, span: str, now: datetime) -> None:
    days = [day.isoformat() for day in days_in(span)]
    parts: dict[str, list[Tally]] = defaultdict(list)
    async with engine.database.read() as tx:
        for team, sums in await tally_rows.sums_by_team(tx, days):
            parts[team].append(read_tally(sums))
    await _save(engine, span, {team: merged(found) for team, found in parts.items()}, now)


async def _save(engine: Engine, period: str, found: dict[str, Tally], now: datetime) -> None:
    sums = {team: (one.incidents, one.alerts, msgspec.json.encode(one).decode()) for team, one in found.items()}
    async with engine.database.write() as tx:
        await tally_rows.save(tx, period, sums, VERSION, now)


async def _history(tx: AsyncConnection, since: datetime, until: datetime, zones: Mapping[str, str]) -> History:
    numbers = await rows.numbers_between(tx, since, until)
    incidents, pages = await rows.incidents_of(tx, numbers), await rows.pages_of(tx, numbers)
    answers = await rows.answers_of(tx, numbers)
    return History(
        incidents=costing(incidents, pages, answers, zones),
        pages=interrupted(pages, incidents, answers),
        answers=answers,
        kinds=await rows.kinds_of(tx, numbers),
        noted=frozenset(await rows.with_notes(tx, numbers)),
        paged=await rows.newest_paging(tx, numbers),
    )


async def total_of(
    engine: Engine, tx: AsyncConnection, first: date, last: date, team: str, *, counted: Mapping[str, Counted]
) -> Tally:
    """Everything of one team, or of all under the empty name, in the days from `first` to `last`.

    `counted` has at least what those days came to. What is over hardly changes: its sums are remembered for as long as
    none of its rows is written anew.
    """
    periods = periods_of(first, last)
    going_on = {engine.clock.now().date().isoformat(), *spans_of(engine.clock.now().date())}
    over = [period for period in periods if period not in going_on and period in counted]
    key = (team, *((period, counted[period]) for period in over))
    settled: Tally | None = engine.sums.get(key)
    if settled is None:
        settled = merged(map(read_tally, (await tally_rows.sums(tx, over, team)).values()))
        engine.sums.put(key, settled)
    fresh = await tally_rows.sums(tx, [period for period in periods if period in going_on], team)
    return merged([settled, *map(read_tally, fresh.values())], most_kinds=MOST_SHOWN)


async def last_paged(engine: Engine, tx: AsyncConnection, first: date, last: date) -> dict[str, datetime]:
    """By service: when the newest incident of these days was opened that has a paging alert of it.

    Remembered by the rows it was made from, all but those that go on.
    """
    counted = await tally_rows.counted(tx, spans_of(first)[0], "")
    periods = [period for period in periods_of(first, last) if period in counted]
    going_on = {last.isoformat(), *spans_of(last)}
    over = [period for period in periods if period not in going_on]
    key = ("paged", *((period, counted[period]) for period in over))
    settled: dict[str, datetime] | None = engine.sums.get(key)
    if settled is None:
        settled = _newest({}, await tally_rows.sums(tx, over, ""))
        engine.sums.put(key, settled)
    return _newest(settled, await tally_rows.sums(tx, [period for period in periods if period in going_on], ""))


def _newest(known: Mapping[str, datetime], sums: Mapping[str, str]) -> dict[str, datetime]:
    newest = dict(known)
    for one in sums.values():
        for service, at in msgspec.json.decode(one, type=_Paged).paged.items():
            newest[service] = max(at, newest.get(service, at))
    return newest


def read_load(sums: str) -> Load:
    """As much of a tally as says who carried what: a fraction of what it takes to read all of it."""
    return msgspec.json.decode(sums, type=Load)


def read_tally(sums: str) -> Tally:
    """A tally as it is kept."""
    return msgspec.json.decode(sums, type=Tally)


def days_of(first: date) -> int:
    """How many days the month of its first day has."""
    return ((first + timedelta(days=31)).replace(day=1) - first).days


@functools.lru_cache(maxsize=1024)
def spans_of(day: date) -> tuple[str, str]:
    """The month and the week a day lies in, as tallies name them: 2026-05 and 2026-W22 (ISO 8601, from Monday)."""
    year, week, _ = day.isocalendar()
    return f"{day:%Y-%m}", f"{year}-W{week:02}"


def days_in(span: str) -> list[date]:
    """The days of a month or a week."""
    if "W" in span:
        monday = date.fromisocalendar(int(span[:4]), int(span[6:]), 1)
        return [monday + timedelta(days=number) for number in range(7)]
    first = date.fromisoformat(f"{span}-01")
    return [first + timedelta(days=number) for number in range(days_of(first))]


def periods_of(first: date, last: date) -> list[str]:
    """The fewest months, weeks and days that make up the days from `first` to `last`, in order."""
    count = (last - first).days + 1
    # From the end: how many rows the rest takes, and the first of them with its length.
    fewest: list[tuple[int, str, int]] = [(0, "", 0)] * (max(count, 0) + 1)
    for place in range(count - 1, -1, -1):
        day = first + timedelta(days=place)
        month, week = spans_of(day)
        steps = [(day.isoformat(), 1)]
        if day.weekday() == 0:
            steps.append((week, 7))
        if day.day == 1:
            steps.append((month, days_of(day)))
        fewest[place] = min(
            (1 + fewest[place + length][0], name, length) for name, length in steps if place + length <= count
        )
    found, place = [], 0
    while place < count:
        _, name, length = fewest[place]
        found.append(name)
        place += length
    return found


def _spans(days: Iterable[date]) -> set[str]:
    return {span for day in days for span in spans_of(day)}


def _back(last: date, first: date) -> list[date]:
    return [last - timedelta(days=back) for back in range((last - first).days + 1)]
