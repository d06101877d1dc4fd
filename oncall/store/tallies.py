"""Tallies of days and months: rows to values, and how far the history was added up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import counter, incident, tally, timeline

_Kept = TypeVar("_Kept", str, int)

#: The row of `counter` with the last line of the timeline that was added up.
_MARK = "tally"


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
    """Write a period anew: by team the number of incidents, of alerts, and the sums as JSON."""
    await tx.execute(sa.delete(tally).where(tally.c.period == period))
    rows = [
        {
            "period": period,
            "team": team,
            "incidents": incidents,
            "alerts": alerts,
            "version": version,
            "made_at": now,
            "sums": value,
        }
        for team, (incidents, alerts, value) in sums.items()
    ]
    await tx.execute(sa.insert(tally), rows)


async def sums(tx: AsyncConnection, wanted: Sequence[str], team: str) -> list[str]:
    """The sums of these periods for one team, or for all under the empty name; those that exist."""
    found: list[str] = []
    for part in chunks(wanted, IN_LIST):
        query = sa.select(tally.c.sums).where(tally.c.team == team, tally.c.period.in_(part))
        found += (await tx.execute(query)).scalars()
    return found


async def sums_by_team(tx: AsyncConnection, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """(team, sums) of every team in these periods."""
    query = sa.select(tally.c.team, tally.c.sums).where(tally.c.period.in_(wanted))
    return [(row.team, row.sums) for row in (await tx.execute(query)).all()]


async def state_of(tx: AsyncConnection, wanted: Sequence[str], team: str) -> frozenset[tuple[str, datetime, int]]:
    """Which of these periods there are for one team, when each was written, and how long its sums are."""
    found: set[tuple[str, datetime, int]] = set()
    for part in chunks(wanted, IN_LIST):
        query = sa.select(tally.c.period, tally.c.made_at, sa.func.length(tally.c.sums)).where(
            tally.c.team == team, tally.c.period.in_(part)
        )
        found.update((row[0], row[1], row[2]) for row in (await tx.execute(query)).all())
    return frozenset(found)


async def sums_of_teams(
    tx: AsyncConnection, teams: Collection[str], wanted: Sequence[str]
) -> dict[str, dict[str, str]]:
    """By team and period the sums of these periods; those that exist."""
    return await _of_teams(tx, tally.c.sums, teams, wanted)


async def counts_of_teams(
    tx: AsyncConnection, teams: Collection[str], wanted: Sequence[str]
) -> dict[str, dict[str, int]]:
    """By team and period how many incidents these periods brought; those that exist."""
    return await _of_teams(tx, tally.c.incidents, teams, wanted)


async def _of_teams(
    tx: AsyncConnection, what: sa.Column[_Kept], teams: Collection[str], wanted: Sequence[str]
) -> dict[str, dict[str, _Kept]]:
    query = sa.select(tally.c.team, tally.c.period, what).where(
        tally.c.period.in_(wanted), tally.c.team.in_(list(teams))
    )
    found: dict[str, dict[str, _Kept]] = {}
    for team, period, kept in (await tx.execute(query)).all():
        found.setdefault(team, {})[period] = kept
    return found


async def counts_by_day(tx: AsyncConnection, first: str, last: str, team: str) -> dict[str, tuple[int, int]]:
    """How many incidents and alerts each day from `first` to `last` brought; days without a tally are left out."""
    query = sa.select(tally.c.period, tally.c.incidents, tally.c.alerts).where(
        tally.c.team == team, tally.c.period >= first, tally.c.period <= last, sa.func.length(tally.c.period) == 10
    )
    return {row.period: (row.incidents, row.alerts) for row in (await tx.execute(query)).all()}


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
