"""Silences, and the log of what they kept quiet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import silence, silence_log
from oncall.store.statements import Prepared
from routing.matchers import parse_matchers
from routing.silence import Silence


class Silenced(msgspec.Struct, frozen=True, kw_only=True):
    """One alert that a silence kept quiet."""

    at: datetime
    silence: int
    integration: str
    fingerprint: str
    labels: dict[str, str]


async def add(tx: AsyncConnection, value: Silence, now: datetime) -> int:
    """Write a silence; its number."""
    statement = (
        sa.insert(silence)
        .values(
            matchers=[str(matcher) for matcher in value.matchers],
            starts_at=value.starts_at,
            ends_at=value.ends_at,
            until_resolved=value.until_resolved,
            by=value.by,
            comment=value.comment,
            created_at=now,
        )
        .returning(silence.c.id)
    )
    return int((await tx.execute(statement)).scalar_one())


async def end(tx: AsyncConnection, number: int, now: datetime) -> bool:
    """End a silence now; False if there is none in force by that number."""
    statement = (
        sa.update(silence)
        .where(silence.c.id == number, sa.or_(silence.c.ends_at.is_(None), silence.c.ends_at > now))
        .values(ends_at=now)
    )
    return (await tx.execute(statement)).rowcount > 0


async def in_force(tx: AsyncConnection, now: datetime) -> list[Silence]:
    """The silences that have not ended."""
    return [_silence(row) for row in await _IN_FORCE.rows(tx, {"now": now})]


async def log(tx: AsyncConnection, rows: Sequence[Silenced]) -> None:
    """Note alerts that were kept quiet."""
    if rows:
        await _LOG.run(
            tx,
            [
                {
                    "at": r.at,
                    "silence_id": r.silence,
                    "integration": r.integration,
                    "fingerprint": r.fingerprint,
                    "labels": r.labels,
                }
                for r in rows
            ],
        )


async def logged(tx: AsyncConnection, number: int, limit: int = 200) -> list[Silenced]:
    """What one silence kept quiet, newest first."""
    query = (
        sa.select(silence_log).where(silence_log.c.silence_id == number).order_by(silence_log.c.id.desc()).limit(limit)
    )
    return [
        Silenced(
            at=row.at,
            silence=row.silence_id,
            integration=row.integration,
            fingerprint=row.fingerprint,
            labels=row.labels,
        )
        for row in (await tx.execute(query)).all()
    ]


def _silence(row: Any) -> Silence:
    matchers = tuple(matcher for text in row.matchers for matcher in parse_matchers(text))
    return Silence(
        id=str(row.id),
        matchers=matchers,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        by=row.by,
        comment=row.comment,
        until_resolved=row.until_resolved,
    )


async def forget_log(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete lines about alerts that were silenced before that instant, a batch at a time; how many."""
    old = sa.select(silence_log.c.id).where(silence_log.c.at < before).limit(limit)
    return (await tx.execute(sa.delete(silence_log).where(silence_log.c.id.in_(old)))).rowcount


_LOG = Prepared(sa.insert(silence_log))
_IN_FORCE = Prepared(
    sa.select(silence)
    .where(
        sa.or_(
            silence.c.ends_at.is_(None),
            # One that was ended before it began is none, also for a node whose clock is a little behind.
            sa.and_(silence.c.ends_at > sa.bindparam("now"), silence.c.ends_at > silence.c.starts_at),
        )
    )
    .order_by(silence.c.id)
)
