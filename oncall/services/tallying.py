"""Keeping tallies true: days to which something happened are added up anew, and those nobody added up yet, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.engine import Engine
from oncall.services.interruption import costing, interrupted
from oncall.services.tally import VERSION, History, Tally, merged, tallies
from oncall.store import insights as rows
from oncall.store import tallies as tally_rows

#: Days of the past one run adds up, so that a year of them does not stand in the way of anything.
DAYS_AT_ONCE = 30
#: Transactions are over long before: lines older than this are all there, also those with lower numbers.
SETTLED = timedelta(minutes=5)


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
    months = {f"{day:%Y-%m}" for day in due} | ({period[:7] for period in known} - known)
    for month in sorted(months):
        await _add_up_month(engine, month, now)
    async with engine.database.write() as tx:
        await tally_rows.set_mark(tx, settled)
    return len(missing[DAYS_AT_ONCE:])


async def rebuild(engine: Engine) -> None:
    """Forget every tally whose incidents are all kept, and add them up anew."""
    oldest = _oldest(engine).isoformat()
    async with engine.database.write() as tx:
        await tally_rows.forget(tx, from_day=oldest, from_month=oldest[:7])
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


async def _add_up_month(engine: Engine, month: str, now: datetime) -> None:
    first = date.fromisoformat(f"{month}-01")
    days = [f"{month}-{number:02}" for number in range(1, days_of(first) + 1)]
    parts: dict[str, list[Tally]] = defaultdict(list)
    async with engine.database.read() as tx:
        for team, sums in await tally_rows.sums_by_team(tx, days):
            parts[team].append(read_tally(sums))
    await _save(engine, month, {team: merged(found) for team, found in parts.items()}, now)


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


async def last_paged(tx: AsyncConnection, first: date, last: date) -> dict[str, datetime]:
    """By service: when the newest incident of these days was opened that has a paging alert of it."""
    newest: dict[str, datetime] = {}
    for sums in await tally_rows.sums(tx, periods_of(first, last), ""):
        for service, at in msgspec.json.decode(sums, type=_Paged).paged.items():
            newest[service] = max(at, newest.get(service, at))
    return newest


def read_tally(sums: str) -> Tally:
    """A tally as it is kept."""
    return msgspec.json.decode(sums, type=Tally)


def days_of(first: date) -> int:
    """How many days the month of its first day has."""
    return ((first + timedelta(days=31)).replace(day=1) - first).days


def periods_of(first: date, last: date) -> list[str]:
    """The fewest months and days that make up the days from `first` to `last`."""
    found, day = [], first
    while day <= last:
        whole = days_of(day) if day.day == 1 else 0
        if whole and day + timedelta(days=whole - 1) <= last:
            found.append(f"{day:%Y-%m}")
            day += timedelta(days=whole)
        else:
            found.append(day.isoformat())
            day += timedelta(days=1)
    return found


def _back(last: date, first: date) -> list[date]:
    return [last - timedelta(days=back) for back in range((last - first).days + 1)]
