"""Reads made for views: bounded, and answered from an index however large the tables are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident import Entry
from oncall.store.alerts import Episode, _episode
from oncall.store.incidents import IN_LIST, chunks, entry_of
from oncall.store.rotations import StoredSegment, _segment
from oncall.store.schema import alert, incident, involvement, page, phone_message, segment, timeline


async def alerts_of(tx: AsyncConnection, number: int, *, limit: int, skip: int = 0) -> list[Episode]:
    """An incident's alerts: those that fire first, then as they came."""
    query = (
        sa.select(alert)
        .where(alert.c.incident_id == number)
        .order_by(alert.c.ended_at.is_not(None), alert.c.paging.desc(), alert.c.id)
        .limit(limit)
        .offset(skip)
    )
    return [_episode(row) for row in (await tx.execute(query)).all()]


async def newest_entries(
    tx: AsyncConnection, number: int, *, limit: int, before: int | None = None
) -> list[tuple[int, Entry]]:
    """The end of a timeline, newest first: (line id, line)."""
    query = sa.select(timeline).where(timeline.c.incident_id == number).order_by(timeline.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(timeline.c.id < before)
    return [(row.id, entry_of(row)) for row in (await tx.execute(query)).all()]


async def changed_up_to(tx: AsyncConnection) -> tuple[int, int]:
    """The newest timeline line and the newest phone message: whoever waits for news compares these."""
    lines = sa.select(sa.func.max(timeline.c.id)).scalar_subquery()
    messages = sa.select(sa.func.max(phone_message.c.id)).scalar_subquery()
    row = (await tx.execute(sa.select(lines, messages))).one()
    return row[0] or 0, row[1] or 0


async def open_for_teams(tx: AsyncConnection, teams: Collection[str], *, limit: int) -> list[int]:
    """Numbers of open incidents that involve one of these teams, newest first."""
    query = (
        sa.select(incident.c.id)
        .where(
            incident.c.resolved_at.is_(None),
            # Held against the few open ones, not the other way round: years of others are not read.
            sa.exists().where(involvement.c.incident_id == incident.c.id, involvement.c.team.in_(list(teams))),
        )
        .order_by(incident.c.id.desc())
        .limit(limit)
    )
    return list((await tx.execute(query)).scalars())


async def newest_open(tx: AsyncConnection, *, limit: int) -> list[tuple[int, str]]:
    """The newest open incidents: number and title."""
    query = (
        sa.select(incident.c.id, incident.c.title)
        .where(incident.c.resolved_at.is_(None))
        .order_by(incident.c.id.desc())
        .limit(limit)
    )
    return [(row.id, row.title) for row in (await tx.execute(query)).all()]


async def open_asking(tx: AsyncConnection, person: str, *, limit: int) -> dict[int, set[str]]:
    """Open incidents for which this person was paged, the newest first, each with the teams they were paged for."""
    query = (
        sa.select(incident.c.id)
        .where(
            incident.c.resolved_at.is_(None),
            sa.exists().where(
                page.c.incident_id == incident.c.id,
                page.c.person == person,
                page.c.kind == "page",
                page.c.sent_at.is_not(None),
            ),
        )
        .order_by(incident.c.id.desc())
        .limit(limit)
    )
    found: dict[int, set[str]] = {number: set() for number in (await tx.execute(query)).scalars()}
    if found:
        teams = sa.select(page.c.incident_id, page.c.team).where(
            page.c.incident_id.in_(list(found)), page.c.person == person, page.c.kind == "page"
        )
        for row in (await tx.execute(teams.distinct())).all():
            found[row.incident_id].add(row.team)
    return found


async def asked_for(tx: AsyncConnection, number: int, person: str) -> set[str]:
    """The teams this person was paged for in one incident."""
    query = sa.select(page.c.team).where(page.c.incident_id == number, page.c.person == person, page.c.kind == "page")
    return set((await tx.execute(query)).scalars())


async def phone_numbers(tx: AsyncConnection, people: Collection[str]) -> dict[str, int]:
    """How many messages each built-in phone has had; 0 for those that were never used."""
    found = dict.fromkeys(people, 0)
    for part in chunks(sorted(people), IN_LIST):
        query = (
            sa.select(phone_message.c.person, sa.func.count())
            .where(phone_message.c.person.in_(part), phone_message.c.inbound.is_(False))
            .group_by(phone_message.c.person)
        )
        found.update((await tx.execute(query)).all())
    return found


async def segments_of_all(
    tx: AsyncConnection, since: datetime, until: datetime, schedules: Collection[str] | None = None
) -> dict[str, list[StoredSegment]]:
    """The segments of every schedule, or of some, that touch [since, until), in order."""
    query = (
        sa.select(segment)
        .where(segment.c.ends_at > since, segment.c.starts_at < until)
        .order_by(segment.c.schedule, segment.c.starts_at)
    )
    if schedules is not None:
        query = query.where(segment.c.schedule.in_(list(schedules)))
    found: dict[str, list[StoredSegment]] = {}
    for row in (await tx.execute(query)).all():
        found.setdefault(row.schedule, []).append(_segment(row))
    return found


async def line_between(tx: AsyncConnection, number: int, after: int, until: int) -> bool:
    """Whether an incident has a timeline line with an id in (after, until]."""
    query = (
        sa.select(timeline.c.id)
        .where(timeline.c.incident_id == number, timeline.c.id > after, timeline.c.id <= until)
        .limit(1)
    )
    return (await tx.execute(query)).scalar() is not None


async def message_between(tx: AsyncConnection, person: str, after: int, until: int) -> bool:
    """Whether a built-in phone has a message with an id in (after, until]."""
    query = (
        sa.select(phone_message.c.id)
        .where(phone_message.c.person == person, phone_message.c.id > after, phone_message.c.id <= until)
        .limit(1)
    )
    return (await tx.execute(query)).scalar() is not None
