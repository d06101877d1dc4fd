"""Past incidents, as far as it takes to compare them, and what ended them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident import Entry, EntryKind
from oncall.incident.record import ABOUT
from oncall.store.incidents import entry_of
from oncall.store.schema import incident, timeline
from oncall.store.statements import Prepared, any_of


class Comparable(msgspec.Struct, frozen=True, kw_only=True):
    """What two incidents are compared by."""

    id: int
    title: str
    service: str
    team: str
    kinds: frozenset[str]


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """When an incident that is over began and ended, and who ended it."""

    opened_at: datetime
    resolved_at: datetime
    resolved_by: str


async def comparable(tx: AsyncConnection, number: int) -> Comparable | None:
    """One incident, over or not; `team` is the one that leads it."""
    row = await _COMPARABLE.first(tx, {"number": number})
    return _comparable(row) if row else None


async def newest_resolved(tx: AsyncConnection, *, team: str, before: int, limit: int) -> list[Comparable]:
    """The newest incidents a team led that are over, with a number below `before`; no merged ones, no drills."""
    rows = await _NEWEST_RESOLVED.rows(tx, {"team": team, "before": before, "most": limit})
    return [_comparable(row) for row in rows]


async def ends_of(tx: AsyncConnection, numbers: Collection[int]) -> dict[int, Ended]:
    """How these ended, by number; those that are not over are left out."""
    rows = await _ENDS.rows(tx, {"numbers": list(numbers)}) if numbers else ()
    return {
        row.id: Ended(opened_at=row.opened_at, resolved_at=row.resolved_at, resolved_by=row.resolved_by) for row in rows
    }


async def last_words(tx: AsyncConnection, numbers: Collection[int]) -> dict[int, Entry]:
    """The line with the newest note, or else with the reason of the resolution, by incident."""
    rows = await _LAST_WORDS.rows(tx, {"numbers": list(numbers)}) if numbers else ()
    # Who became commander, or that a page hurt nobody, is no solution.
    return {row.incident_id: entry_of(row) for row in rows if ABOUT not in row.data}


async def drills(tx: AsyncConnection, *, limit: int, before: int | None = None) -> list[int]:
    """Numbers of the newest drills, or of those before one."""
    query = sa.select(incident.c.id).where(incident.c.drill).order_by(incident.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(incident.c.id < before)
    return list((await tx.execute(query)).scalars())


async def drills_open_since(tx: AsyncConnection, before: datetime) -> list[int]:
    """Numbers of open drills that began before that instant."""
    query = sa.select(incident.c.id).where(
        incident.c.drill, incident.c.resolved_at.is_(None), incident.c.opened_at <= before
    )
    return list((await tx.execute(query)).scalars())


_COMPARED = sa.select(incident.c.id, incident.c.title, incident.c.service, incident.c.lead_team, incident.c.kinds)
_COMPARABLE = Prepared(_COMPARED.where(incident.c.id == sa.bindparam("number")))
_NEWEST_RESOLVED = Prepared(
    _COMPARED.where(
        incident.c.lead_team == sa.bindparam("team"),
        incident.c.id < sa.bindparam("before"),
        incident.c.resolved_at.is_not(None),
        incident.c.merged_into.is_(None),
        incident.c.drill.is_(False),
    )
    .order_by(incident.c.id.desc())
    .limit(sa.bindparam("most"))
)
_ENDS = Prepared(
    sa.select(incident.c.id, incident.c.opened_at, incident.c.resolved_at, incident.c.resolved_by).where(
        incident.c.id.in_(any_of("numbers")), incident.c.resolved_at.is_not(None)
    )
)
_LAST_WORDS = Prepared(
    sa.select(timeline)
    .where(
        timeline.c.incident_id.in_(any_of("numbers")),
        timeline.c.kind.in_([EntryKind.NOTE.value, EntryKind.RESOLVED.value]),
    )
    .order_by(timeline.c.kind == EntryKind.NOTE.value, timeline.c.id)
)


def _comparable(row: Any) -> Comparable:
    return Comparable(id=row.id, title=row.title, service=row.service, team=row.lead_team, kinds=frozenset(row.kinds))
