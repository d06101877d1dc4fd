"""Incidents, involvements and timelines: rows to values and back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident import Actor, Entry, EntryKind, Incident, IncidentStatus, Involvement, InvolvementStatus, Via
from oncall.incident.telling import Mark, MarkKind
from oncall.incident.values import Position
from oncall.store import counters
from oncall.store.schema import incident, involvement, timeline
from oncall.store.search import Search, conditions
from oncall.store.statements import Prepared, any_of, upsert
from routing.alert import Severity
from routing.escalation import Policy

_T = TypeVar("_T")

#: How many bound values one statement may carry on the older SQLite builds, with room to spare.
IN_LIST = 500
_MARK_KINDS = frozenset(kind.value for kind in MarkKind)


async def new_ids(tx: AsyncConnection, count: int = 1) -> int:
    """The first of `count` incident numbers."""
    return await counters.take(tx, "incident", count)


async def get(
    tx: AsyncConnection, ids: Collection[int], *, lock: bool = False, skip_locked: bool = False
) -> dict[int, Incident]:
    """These incidents, by number; absent ones are left out.

    `lock` keeps other writers out until the end; every writer locks the incident before anything that hangs on it,
    and several in the order of their numbers. `skip_locked` leaves out those another node is at.
    """
    found: dict[int, Incident] = {}
    query = (_FREE if skip_locked else _LOCKED) if lock else _GET
    for part in chunks(sorted(ids), IN_LIST):
        rows = await query.rows(tx, {"ids": part})
        teams = await _involvements(tx, part)
        found.update({row.id: _incident(row, teams.get(row.id, ())) for row in rows})
    return found


async def waiting(tx: AsyncConnection, ids: Collection[int]) -> set[tuple[int, str]]:
    """The parts of these incidents that nobody has answered yet: (incident, team)."""
    found: set[tuple[int, str]] = set()
    for part in chunks(sorted(ids), IN_LIST):
        found.update((row[0], row[1]) for row in await _WAITING.rows(tx, {"ids": part}))
    return found


async def open_by_group(tx: AsyncConnection, keys: Collection[str]) -> dict[str, int]:
    """The newest open incident that each of these groups opened."""
    found: dict[str, int] = {}
    for part in chunks(sorted(keys), IN_LIST):
        query = (
            sa.select(incident.c.group_key, sa.func.max(incident.c.id))
            .where(incident.c.group_key.in_(part), incident.c.resolved_at.is_(None))
            .group_by(incident.c.group_key)
        )
        found.update((await tx.execute(query)).all())
    return found


async def due(tx: AsyncConnection, now: datetime, limit: int) -> list[int]:
    """Incidents with an involvement that is due, longest waiting first. Not locked: look again once they are."""
    return list(dict.fromkeys(row[0] for row in await _DUE.rows(tx, {"now": now, "most": limit})))


async def next_due(tx: AsyncConnection) -> datetime | None:
    """The earliest instant at which any involvement is due."""
    query = sa.select(sa.func.min(involvement.c.next_due_at)).where(involvement.c.next_due_at.is_not(None))
    earliest: datetime | None = (await tx.execute(query)).scalar()
    return earliest


async def begin_anew(tx: AsyncConnection, team: str, now: datetime) -> int:
    """Have a team's policies that ran out, or could ask nobody, walked again at once; how many involvements wait."""
    waits = sa.update(involvement).where(
        involvement.c.team == team,
        involvement.c.status == InvolvementStatus.TRIGGERED.value,
        involvement.c.step == 0,
        involvement.c.round == 0,
        involvement.c.next_due_at > now,
    )
    return (await tx.execute(waits.values(next_due_at=now))).rowcount


async def save(tx: AsyncConnection, incidents: Iterable[Incident], entries: Sequence[Entry], now: datetime) -> None:
    """Write incidents as they are now, with all involvements, and add timeline lines."""
    incidents = list(incidents)
    if incidents:
        await _SAVE.run(tx, [_incident_row(i, now) for i in incidents])
        rows = [_involvement_row(i.id, place, part) for i in incidents for place, part in enumerate(i.involvements)]
        await _SAVE_INVOLVEMENT.run(tx, rows)
    await add_entries(tx, entries)


async def add_entries(tx: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Add lines to timelines."""
    if entries:
        await _ADD_ENTRY.run(
            tx,
            [entry_row(e) for e in entries],
        )


def entry_row(value: Entry) -> dict[str, Any]:
    """A line of a timeline as its table has it."""
    return {
        "incident_id": value.incident,
        "at": value.at,
        "kind": value.kind.value,
        "text": value.text,
        "by": value.actor.person,
        "via": value.actor.via.value,
        "team": value.team,
        "data": value.data,
        "marks": msgspec.to_builtins(value.marks) if value.marks else None,
    }


async def entries(tx: AsyncConnection, number: int, *, after: int = 0, limit: int = 500) -> list[tuple[int, Entry]]:
    """A timeline in the order it was written: (line id, line)."""
    query = (
        sa.select(timeline)
        .where(timeline.c.incident_id == number, timeline.c.id > after)
        .order_by(timeline.c.id)
        .limit(limit)
    )
    return [(row.id, entry_of(row)) for row in (await tx.execute(query)).all()]


async def latest(tx: AsyncConnection, number: int, kinds: Collection[EntryKind]) -> Entry | None:
    """The newest line of these kinds in a timeline."""
    query = (
        sa.select(timeline)
        .where(timeline.c.incident_id == number, timeline.c.kind.in_([kind.value for kind in kinds]))
        .order_by(timeline.c.id.desc())
        .limit(1)
    )
    row = (await tx.execute(query)).one_or_none()
    return entry_of(row) if row else None


async def waits_for_complete_message(tx: AsyncConnection, numbers: Collection[int]) -> set[int]:
    """Those that are open only because the message that ended them left alerts out, and nobody reopened them since."""
    found: set[int] = set()
    for part in chunks(sorted(numbers), IN_LIST):
        last = (
            sa.select(sa.func.max(timeline.c.id))
            .join(incident, incident.c.id == timeline.c.incident_id)
            .where(
                timeline.c.incident_id.in_(part),
                incident.c.resolved_at.is_(None),
                timeline.c.kind.in_([EntryKind.STALE.value, EntryKind.REOPENED.value, EntryKind.OPENED.value]),
            )
            .group_by(timeline.c.incident_id)
        )
        query = sa.select(timeline.c.incident_id, timeline.c.data).where(timeline.c.id.in_(last))
        found |= {row.incident_id for row in (await tx.execute(query)).all() if row.data.get("left_out")}
    return found


async def listed(
    tx: AsyncConnection,
    *,
    status: str = "",
    team: str = "",
    search: Search | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Incident]:
    """Incidents, newest first; `status` is one of triggered, acknowledged, resolved, open, or empty for all."""
    query = sa.select(incident.c.id).order_by(incident.c.id.desc()).limit(limit)
    if status == "open":
        query = query.where(incident.c.resolved_at.is_(None))
    elif status:
        query = query.where(incident.c.status == status)
        if status != IncidentStatus.RESOLVED.value:
            # Says nothing new, and lets the few open ones be found without reading years of others.
            query = query.where(incident.c.resolved_at.is_(None))
    if team and status in {"", IncidentStatus.RESOLVED.value}:
        query = query.where(incident.c.id.in_(sa.select(involvement.c.incident_id).where(involvement.c.team == team)))
    elif team:
        # The few open ones are held against the team, not all that the team ever had against them.
        query = query.where(sa.exists().where(involvement.c.incident_id == incident.c.id, involvement.c.team == team))
    if search is not None:
        query = query.where(*conditions(search))
    if before is not None:
        query = query.where(incident.c.id < before)
    numbers = list((await tx.execute(query)).scalars())
    found = await get(tx, numbers)
    return [found[n] for n in numbers]


async def count_open(tx: AsyncConnection) -> dict[str, int]:
    """How many incidents are open, by status."""
    query = (
        sa.select(incident.c.status, sa.func.count())
        .where(incident.c.resolved_at.is_(None))
        .group_by(incident.c.status)
    )
    return dict((await tx.execute(query)).all())


async def count_open_by_team(tx: AsyncConnection) -> dict[str, int]:
    """How many open incidents involve each team."""
    query = (
        sa.select(involvement.c.team, sa.func.count())
        .join(incident, incident.c.id == involvement.c.incident_id)
        .where(incident.c.resolved_at.is_(None))
        .group_by(involvement.c.team)
    )
    return dict((await tx.execute(query)).all())


def chunks(values: Sequence[_T], size: int) -> Iterable[Sequence[_T]]:
    """Parts of at most `size`."""
    return (values[at : at + size] for at in range(0, len(values), size))


async def _involvements(tx: AsyncConnection, ids: Sequence[int]) -> dict[int, list[Involvement]]:
    found: dict[int, list[Involvement]] = {}
    for row in await _INVOLVEMENTS.rows(tx, {"ids": ids}):
        found.setdefault(row.incident_id, []).append(_involvement(row))
    return found


_THESE = sa.select(incident).where(incident.c.id.in_(any_of("ids"))).order_by(incident.c.id)
_GET = Prepared(_THESE)
_LOCKED = Prepared(_THESE.with_for_update())
_FREE = Prepared(_THESE.with_for_update(skip_locked=True))
_INVOLVEMENTS = Prepared(
    sa.select(involvement)
    .where(involvement.c.incident_id.in_(any_of("ids")))
    .order_by(involvement.c.incident_id, involvement.c.place)
)
_WAITING = Prepared(
    sa.select(involvement.c.incident_id, involvement.c.team).where(
        involvement.c.incident_id.in_(any_of("ids")), involvement.c.status == InvolvementStatus.TRIGGERED.value
    )
)
_SAVE = upsert(incident, ["id"])
_SAVE_INVOLVEMENT = upsert(involvement, ["incident_id", "team"])
_ADD_ENTRY = Prepared(sa.insert(timeline))
_DUE = Prepared(
    sa.select(involvement.c.incident_id)
    .where(involvement.c.next_due_at <= sa.bindparam("now"))
    .order_by(involvement.c.next_due_at)
    .limit(sa.bindparam("most"))
)


def _incident(row: Any, involvements: Sequence[Involvement]) -> Incident:
    return Incident(
        id=row.id,
        title=row.title,
        severity=Severity(row.severity),
        service=row.service,
        opened_at=row.opened_at,
        involvements=tuple(involvements),
        status=IncidentStatus(row.status),
        kinds=frozenset(row.kinds),
        group_key=row.group_key,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
        merged_into=row.merged_into,
        drill=row.drill,
    )


def _incident_row(value: Incident, now: datetime) -> dict[str, Any]:
    return {
        "id": value.id,
        "title": value.title,
        "status": value.status.value,
        "severity": value.severity.value,
        "service": value.service,
        "lead_team": value.lead.team,
        "group_key": value.group_key,
        "kinds": sorted(value.kinds),
        "opened_at": value.opened_at,
        "resolved_at": value.resolved_at,
        "resolved_by": value.resolved_by,
        "merged_into": value.merged_into,
        "drill": value.drill,
        "updated_at": now,
    }


def _involvement(row: Any) -> Involvement:
    return Involvement(
        team=row.team,
        status=InvolvementStatus(row.status),
        severity=Severity(row.severity),
        policy=msgspec.convert(row.policy, Policy),
        since=row.since,
        lead=row.lead,
        position=Position(step=row.step, round=row.round),
        turn=row.turn,
        next_due_at=row.next_due_at,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        acknowledged_via=Via(row.acknowledged_via) if row.acknowledged_via else None,
        expires_at=row.expires_at,
        reminded=row.reminded,
        snoozed=row.snoozed,
    )


def _involvement_row(number: int, place: int, value: Involvement) -> dict[str, Any]:
    return {
        "incident_id": number,
        "team": value.team,
        "place": place,
        "status": value.status.value,
        "severity": value.severity.value,
        "lead": value.lead,
        "policy": msgspec.to_builtins(value.policy),
        "step": value.position.step,
        "round": value.position.round,
        "turn": value.turn,
        "since": value.since,
        "next_due_at": value.next_due_at,
        "acknowledged_by": value.acknowledged_by,
        "acknowledged_at": value.acknowledged_at,
        "acknowledged_via": value.acknowledged_via.value if value.acknowledged_via else None,
        "expires_at": value.expires_at,
        "reminded": value.reminded,
        "snoozed": value.snoozed,
    }


def entry_of(row: Any) -> Entry:
    """A line of a timeline from its row."""
    return Entry(
        incident=row.incident_id,
        at=row.at,
        kind=EntryKind(row.kind),
        text=row.text,
        actor=Actor(row.by, Via(row.via)),
        team=row.team,
        marks=marks_of(row.marks),
        data=row.data,
    )


def marks_of(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Mark, ...]:
    """The marks of a line's text from their column; those of a kind that only newer nodes know are left out."""
    return tuple(msgspec.convert(mark, Mark) for mark in stored or () if mark["kind"] in _MARK_KINDS)
