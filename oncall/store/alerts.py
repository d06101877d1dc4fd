"""Episodes of alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store import counters
from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import alert, incident
from oncall.store.statements import Prepared, any_of
from routing.alert import Severity


class EpisodeStatus(StrEnum):
    """Firing, over, or no longer heard of."""

    FIRING = "firing"
    RESOLVED = "resolved"
    STALE = "stale"


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an alert, and where it was put."""

    id: int
    incident: int
    integration: str
    fingerprint: str
    #: The source's group it came in, as the inbox names it.
    stream: str
    status: EpisodeStatus
    name: str
    kind: str
    severity: Severity
    paging: bool
    team: str
    service: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator_url: str
    starts_at: datetime
    received_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    why_team: str
    why_group: str
    #: When its incident was resolved, where that is known; not a column of its own.
    incident_resolved_at: datetime | None = None


class ActiveName(msgspec.Struct, frozen=True, kw_only=True):
    """As little of an episode as it takes to see whether it is still named."""

    id: int
    incident: int
    integration: str
    stream: str
    fingerprint: str
    name: str


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """As little of an episode as it takes to say how an incident came about."""

    id: int
    kind: str
    paging: bool
    starts_at: datetime
    ended_at: datetime | None
    why_group: str


async def new_ids(tx: AsyncConnection, count: int) -> int:
    """The first of `count` episode numbers."""
    return await counters.take(tx, "alert", count)


async def active(tx: AsyncConnection, integration: str, fingerprints: Collection[str]) -> dict[str, Episode]:
    """The episodes that are not over, by fingerprint."""
    found: dict[str, Episode] = {}
    for part in chunks(sorted(fingerprints), IN_LIST):
        for row in await _ACTIVE.rows(tx, {"from": integration, "fingerprints": part}):
            found[row.fingerprint] = msgspec.structs.replace(
                _episode(row), incident_resolved_at=row.incident_resolved_at
            )
    return found


async def latest_ended(tx: AsyncConnection, integration: str, fingerprints: Collection[str]) -> dict[str, Episode]:
    """The newest episode that is over, by fingerprint."""
    found: dict[str, Episode] = {}
    for part in chunks(sorted(fingerprints), IN_LIST):
        rows = await _LATEST_ENDED.rows(tx, {"from": integration, "fingerprints": part})
        found.update({row.fingerprint: _episode(row) for row in rows})
    return found


async def active_in_streams(tx: AsyncConnection, streams: Collection[tuple[str, str]]) -> list[ActiveName]:
    """The firing episodes that came in these groups, each named (integration, stream)."""
    found: list[ActiveName] = []
    for part in chunks(sorted(streams), IN_LIST // 2):
        found += [
            ActiveName(
                id=row.id,
                incident=row.incident_id,
                integration=row.integration,
                stream=row.stream,
                fingerprint=row.fingerprint,
                name=row.name,
            )
            for row in await _ACTIVE_IN_STREAMS.rows(tx, {"streams": part})
        ]
    return found


async def latest_incident_of_stream(tx: AsyncConnection, integration: str, stream: str) -> int | None:
    """The incident of the newest episode that came in this group."""
    query = (
        sa.select(alert.c.incident_id)
        .where(alert.c.integration == integration, alert.c.stream == stream)
        .order_by(alert.c.id.desc())
        .limit(1)
    )
    found: int | None = (await tx.execute(query)).scalar()
    return found


async def of_incident(tx: AsyncConnection, number: int, *, limit: int = 5000) -> list[Episode]:
    """An incident's episodes in the order they came."""
    query = sa.select(alert).where(alert.c.incident_id == number).order_by(alert.c.id).limit(limit)
    return [_episode(row) for row in (await tx.execute(query)).all()]


async def first_of_incident(tx: AsyncConnection, number: int, *, limit: int) -> list[Begun]:
    """The episodes that came first, in that order."""
    return [
        Begun(
            id=row.id,
            kind=row.kind,
            paging=row.paging,
            starts_at=row.starts_at,
            ended_at=row.ended_at,
            why_group=row.why_group,
        )
        for row in await _FIRST_OF_INCIDENT.rows(tx, {"number": number, "most": limit})
    ]


async def loudest(tx: AsyncConnection, number: int) -> Episode | None:
    """The alert that best stands for an incident: a paging one, still firing, the earliest of those."""
    row = await _LOUDEST.first(tx, {"number": number})
    return _episode(row) if row else None


async def active_counts(tx: AsyncConnection, incidents: Collection[int]) -> dict[int, int]:
    """How many episodes of each incident are not over; 0 for those without any."""
    found = dict.fromkeys(incidents, 0)
    for part in chunks(sorted(incidents), IN_LIST):
        query = (
            sa.select(alert.c.incident_id, sa.func.count())
            .where(alert.c.incident_id.in_(part), alert.c.ended_at.is_(None))
            .group_by(alert.c.incident_id)
        )
        found.update((await tx.execute(query)).all())
    return found


async def totals(tx: AsyncConnection, incidents: Collection[int]) -> dict[int, int]:
    """How many episodes each incident has in all."""
    found = dict.fromkeys(incidents, 0)
    for part in chunks(sorted(incidents), IN_LIST):
        query = (
            sa.select(alert.c.incident_id, sa.func.count())
            .where(alert.c.incident_id.in_(part))
            .group_by(alert.c.incident_id)
        )
        found.update((await tx.execute(query)).all())
    return found


async def counts_of_open(tx: AsyncConnection, incidents: Collection[int]) -> dict[int, tuple[int, int]]:
    """Of incidents that are open: how many episodes each has in all, and how many are not over; (0, 0) without any."""
    found = dict.fromkeys(incidents, (0, 0))
    for part in chunks(sorted(incidents), IN_LIST):
        for number, total, over in await _COUNTS_OF_OPEN.rows(tx, {"incidents": part}):
            found[number] = total, total - over
    return found


async def silent_since(tx: AsyncConnection, before: datetime, limit: int = 500) -> list[Episode]:
    """Firing episodes that were last heard of before that instant."""
    query = (
        sa.select(alert)
        .where(alert.c.last_seen_at < before, alert.c.ended_at.is_(None), alert.c.status == EpisodeStatus.FIRING.value)
        .order_by(alert.c.last_seen_at)
        .limit(limit)
    )
    return [_episode(row) for row in (await tx.execute(query)).all()]


async def add(tx: AsyncConnection, episodes: Sequence[Episode]) -> None:
    """Write new episodes."""
    if episodes:
        await _ADD.run(tx, [_row(e) for e in episodes])


async def update(tx: AsyncConnection, episodes: Sequence[Episode]) -> None:
    """Write what may change about episodes: status, text, times, and the incident they are in."""
    if episodes:
        await _UPDATE.run(tx, [_changes(e) for e in episodes])


async def touch(tx: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """Note that these episodes were heard of again, unchanged."""
    for part in chunks(sorted(ids), IN_LIST):
        await _TOUCH.run(tx, {"ids": part, "now": now})


async def mark_stale(tx: AsyncConnection, ids: Sequence[int]) -> None:
    """These episodes were no longer heard of; they are not over."""
    for part in chunks(sorted(ids), IN_LIST):
        await tx.execute(sa.update(alert).where(alert.c.id.in_(part)).values(status=EpisodeStatus.STALE.value))


async def move(tx: AsyncConnection, number: int, to: int, why: str) -> int | None:
    """Put a stored episode into another incident, where `why` begins its reason; the one it was in, None if not stored."""
    origin: int | None = (await tx.execute(sa.select(alert.c.incident_id).where(alert.c.id == number))).scalar()
    if origin is not None:
        await move_all(tx, [number], to, why)
    return origin


async def move_all(tx: AsyncConnection, ids: Collection[int], to: int, why: str) -> None:
    """Put these episodes into another incident, where `why` begins their reason: why they came there, then what it was."""
    reason = sa.literal(moved_reason(why, "")).concat(alert.c.why_group)
    for part in chunks(sorted(ids), IN_LIST):
        await tx.execute(sa.update(alert).where(alert.c.id.in_(part)).values(incident_id=to, why_group=reason))


def moved_reason(why: str, before: str) -> str:
    """Why an episode is where it was moved to, with the reason it had before."""
    return f"{why}; before that: {before}"


_CHANGING = (
    "incident_id",
    "stream",
    "status",
    "annotations",
    "generator_url",
    "starts_at",
    "last_seen_at",
    "ended_at",
    "why_group",
)

_ACTIVE = Prepared(
    sa.select(alert, incident.c.resolved_at.label("incident_resolved_at"))
    .join(incident, incident.c.id == alert.c.incident_id)
    .where(
        alert.c.integration == sa.bindparam("from"),
        alert.c.fingerprint.in_(any_of("fingerprints")),
        alert.c.ended_at.is_(None),
    )
)
_LATEST_ENDED = Prepared(
    sa.select(alert).where(
        alert.c.id.in_(
            sa.select(sa.func.max(alert.c.id))
            .where(
                alert.c.integration == sa.bindparam("from"),
                alert.c.fingerprint.in_(any_of("fingerprints")),
                alert.c.ended_at.is_not(None),
            )
            .group_by(alert.c.fingerprint)
        )
    )
)
_ACTIVE_IN_STREAMS = Prepared(
    sa.select(
        alert.c.id, alert.c.incident_id, alert.c.integration, alert.c.stream, alert.c.fingerprint, alert.c.name
    ).where(
        sa.tuple_(alert.c.integration, alert.c.stream).in_(any_of("streams")),
        alert.c.ended_at.is_(None),
        alert.c.status == EpisodeStatus.FIRING.value,
    )
)
_LOUDEST = Prepared(
    sa.select(alert)
    .where(alert.c.incident_id == sa.bindparam("number"))
    .order_by(alert.c.paging.desc(), alert.c.ended_at.is_not(None), alert.c.id)
    .limit(1)
)
_FIRST_OF_INCIDENT = Prepared(
    sa.select(alert.c.id, alert.c.kind, alert.c.paging, alert.c.starts_at, alert.c.ended_at, alert.c.why_group)
    .where(alert.c.incident_id == sa.bindparam("number"))
    .order_by(alert.c.id)
    .limit(sa.bindparam("most"))
)
_COUNTS_OF_OPEN = Prepared(
    sa.select(alert.c.incident_id, sa.func.count(), sa.func.count(alert.c.ended_at))
    .where(alert.c.incident_id.in_(any_of("incidents")))
    .group_by(alert.c.incident_id)
)
_ADD = Prepared(sa.insert(alert))
_UPDATE = Prepared(
    sa.update(alert)
    .where(alert.c.id == sa.bindparam("key"))
    .values({name: sa.bindparam(f"new_{name}") for name in _CHANGING})
)
_TOUCH = Prepared(
    sa.update(alert)
    .where(alert.c.id.in_(any_of("ids")))
    .values(last_seen_at=sa.bindparam("now"), status=EpisodeStatus.FIRING.value)
)


def _changes(episode: Episode) -> dict[str, Any]:
    row = _row(episode)
    return {"key": episode.id} | {f"new_{name}": row[name] for name in _CHANGING}


def _row(episode: Episode) -> dict[str, Any]:
    return {
        "id": episode.id,
        "incident_id": episode.incident,
        "integration": episode.integration,
        "fingerprint": episode.fingerprint,
        "stream": episode.stream,
        "status": episode.status.value,
        "name": episode.name,
        "kind": episode.kind,
        "severity": episode.severity.value,
        "paging": episode.paging,
        "team": episode.team,
        "service": episode.service,
        "labels": dict(episode.labels),
        "annotations": dict(episode.annotations),
        "generator_url": episode.generator_url,
        "starts_at": episode.starts_at,
        "received_at": episode.received_at,
        "last_seen_at": episode.last_seen_at,
        "ended_at": episode.ended_at,
        "why_team": episode.why_team,
        "why_group": episode.why_group,
    }


def _episode(row: Any) -> Episode:
    return Episode(
        id=row.id,
        incident=row.incident_id,
        integration=row.integration,
        fingerprint=row.fingerprint,
        stream=row.stream,
        # The end decides: a batch could once leave "firing" beside it, and its next run would pass for a repeat.
        status=EpisodeStatus.RESOLVED if row.ended_at else EpisodeStatus(row.status),
        name=row.name,
        kind=row.kind,
        severity=Severity(row.severity),
        paging=row.paging,
        team=row.team,
        service=row.service,
        labels=row.labels,
        annotations=row.annotations,
        generator_url=row.generator_url,
        starts_at=row.starts_at,
        received_at=row.received_at,
        last_seen_at=row.last_seen_at,
        ended_at=row.ended_at,
        why_team=row.why_team,
        why_group=row.why_group,
    )
