"""Tallies of days and months: rows to values, and how far the history was added up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import counter, incident, tally, timeline
from oncall.store.statements import Prepared, any_of

#: The row of `counter` with the last line of the timeline that was added up.
_MARK = "tally"
_TICK = timedelta(microseconds=1)
#: Between the days of a team that come in one text, and within each.
_BETWEEN, _WITHIN = ";", " "


class Counted(NamedTuple):
    """What a period came to, and when its sums were last written."""

    incidents: int
    alerts: int
    made_at: datetime


async def mark(tx: AsyncConnection) -> int:
    """The last line of the timeline that was added up for good."""
    value = (await tx.execute(sa.select(counter.c.value).where(counter.c.name == _MARK))).scalar()
    return int(value or 0)


async def set_mark(tx: AsyncConnection, line: int) -> None:
    """Remember how far it was added up."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(counter).values(name=_MARK, value=line)
    await tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": line}))


async def touched_after(tx: AsyncConnection, line: int) -> list[datetime]:
    """When those incidents were opened to which something happened after that line of the timeline."""
    touched = sa.select(timeline.c.incident_id).where(timeline.c.id > line).distinct()
    query = sa.select(incident.c.opened_at).where(incident.c.id.in_(touched))
    return list((await tx.execute(query)).scalars())


async def last_line_before(tx: AsyncConnection, line: int, instant: datetime) -> int:
    """The last line of the timeline after `line` that was written before that instant; `line` if there is none."""
    query = sa.select(sa.func.max(timeline.c.id)).where(timeline.c.id > line, timeline.c.at < instant)
    return int((await tx.execute(query)).scalar() or line)


async def periods(tx: AsyncConnection, version: int) -> set[str]:
    """Days and months that were added up by this version."""
    query = sa.select(tally.c.period).where(tally.c.team == "", tally.c.version == version)
    return set((await tx.execute(query)).scalars())


async def save(
    tx: AsyncConnection, period: str, sums: Mapping[str, tuple[int, int, str]], version: int, now: datetime
) -> None:
    """Make a period say this: by team the number of incidents, of alerts, and the sums as JSON.

    What a team had already stays as it was written, so that `made_at` says when its sums last changed; of all teams it
    says when they were last added up.
    """
    before = (await tx.execute(sa.select(tally).where(tally.c.period == period))).all()
    kept = {
        row.team
        for row in before
        if row.team and row.version == version and sums.get(row.team) == (row.incidents, row.alerts, row.sums)
    }
    # Never the same instant twice, whatever the clock says: what is remembered of a period is known by it.
    made_at = max([now, *(row.made_at + _TICK for row in before)])
    await tx.execute(sa.delete(tally).where(tally.c.period == period, tally.c.team.not_in(sorted(kept))))
    rows = [
        {
            "period": period,
            "team": team,
            "incidents": incidents,
            "alerts": alerts,
            "version": version,
            "made_at": made_at,
            "sums": value,
        }
        for team, (incidents, alerts, value) in sums.items()
        if team not in kept
    ]
    if rows:
        await tx.execute(sa.insert(tally), rows)


async def sums(tx: AsyncConnection, wanted: Sequence[str], team: str) -> dict[str, str]:
    """By period the sums of one team, or of all under the empty name; those that exist."""
    found: dict[str, str] = {}
    for part in chunks(wanted, IN_LIST):
        found.update(await _SUMS.rows(tx, {"team": team, "periods": part}))
    return found


async def sums_by_team(tx: AsyncConnection, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """(team, sums) of every team in these periods."""
    query = sa.select(tally.c.team, tally.c.sums).where(tally.c.period.in_(wanted))
    return [(row.team, row.sums) for row in (await tx.execute(query)).all()]


async def counted(tx: AsyncConnection, since: str, team: str) -> dict[str, Counted]:
    """What each day, week and month of one team came to, or of all; at least those that begin in that month or later."""
    rows = await _COUNTED.rows(tx, {"team": team, "since": since})
    return {period: Counted(incidents, alerts, made_at) for period, incidents, alerts, made_at in rows}


async def sums_of_teams(
    tx: AsyncConnection, teams: Collection[str], wanted: Sequence[str]
) -> dict[str, dict[str, str]]:
    """By team and period the sums of these periods; those that exist."""
    found: dict[str, dict[str, str]] = {}
    for part in chunks(sorted(teams), IN_LIST):
        for team, period, kept in await _SUMS_OF_TEAMS.rows(tx, {"teams": part, "periods": list(wanted)}):
            found.setdefault(team, {})[period] = kept
    return found


async def days_of_teams(tx: AsyncConnection, teams: Collection[str], first: str, last: str) -> dict[str, str]:
    """By team its days from `first` to `last` in one text, see `read_days`; the same while none of them changes."""
    found: dict[str, str] = {}
    for part in chunks(sorted(teams), IN_LIST):
        days = {"teams": part, "first": first, "last": last, "letters": len(first)}
        found.update(await _DAYS_OF_TEAMS.rows(tx, days))
    return found


def read_days(text: str) -> dict[str, int]:
    """How many incidents each day of such a text brought."""
    lines = (line.split(_WITHIN, 2) for line in text.split(_BETWEEN) if line)
    return {day: int(count) for day, count, _ in lines}


async def made_at(tx: AsyncConnection, period: str) -> datetime | None:
    """When a period was last added up; None if never."""
    query = sa.select(tally.c.made_at).where(tally.c.period == period, tally.c.team == "")
    found: datetime | None = (await tx.execute(query)).scalar()
    return found


async def forget(tx: AsyncConnection, *, from_day: str, from_spans: Collection[str]) -> None:
    """Delete tallies of that day, month and week on, and begin again at the first line of the timeline."""
    length = sa.func.length(tally.c.period)
    later = sa.or_(
        *(sa.and_(length == len(first), tally.c.period >= first) for first in (from_day, *from_spans)),
    )
    await tx.execute(sa.delete(tally).where(later))
    await tx.execute(sa.delete(counter).where(counter.c.name == _MARK))


_COUNTED = Prepared(
    sa.select(tally.c.period, tally.c.incidents, tally.c.alerts, tally.c.made_at).where(
        tally.c.team == sa.bindparam("team"), tally.c.period >= sa.bindparam("since")
    )
)
_SUMS = Prepared(
    sa.select(tally.c.period, tally.c.sums).where(
        tally.c.team == sa.bindparam("team"), tally.c.period.in_(any_of("periods"))
    )
)
_SUMS_OF_TEAMS = Prepared(
    sa.select(tally.c.team, tally.c.period, tally.c.sums).where(
        tally.c.period.in_(any_of("periods")), tally.c.team.in_(any_of("teams"))
    )
)
_DAY = tally.c.period + _WITHIN + sa.cast(tally.c.incidents, sa.Text) + _WITHIN + sa.cast(tally.c.made_at, sa.Text)
_DAYS_OF_TEAMS = Prepared(
    sa.select(tally.c.team, sa.func.aggregate_strings(_DAY, _BETWEEN))
    .where(
        tally.c.team.in_(any_of("teams")),
        tally.c.period >= sa.bindparam("first"),
        tally.c.period <= sa.bindparam("last"),
        sa.func.length(tally.c.period) == sa.bindparam("letters"),
    )
    .group_by(tally.c.team)
)
