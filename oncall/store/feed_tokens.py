"""Secret addresses of feeds people subscribe to; only SHA-256 digests are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import feed_token as token


class FeedToken(msgspec.Struct, frozen=True, kw_only=True):
    """Leave to read one feed: of a "person" or of a "team"."""

    digest: str
    kind: str
    subject: str
    #: Whether gaps are events of their own.
    gaps: bool
    by: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


async def add(tx: AsyncConnection, value: FeedToken) -> None:
    """Write a token."""
    await tx.execute(sa.insert(token).values(msgspec.structs.asdict(value)))


async def get(tx: AsyncConnection, digest: str) -> FeedToken | None:
    """The token of that digest, unless it was revoked."""
    query = sa.select(token).where(token.c.digest == digest, token.c.revoked_at.is_(None))
    row = (await tx.execute(query)).one_or_none()
    return _token(row) if row else None


async def of(tx: AsyncConnection, by: str) -> list[FeedToken]:
    """Those somebody made and did not revoke, newest first."""
    query = sa.select(token).where(token.c.by == by, token.c.revoked_at.is_(None))
    return [_token(row) for row in (await tx.execute(query.order_by(token.c.created_at.desc()))).all()]


async def used(tx: AsyncConnection, digest: str, now: datetime) -> None:
    """Note that it was used."""
    await tx.execute(sa.update(token).where(token.c.digest == digest).values(last_used_at=now))


async def revoke(tx: AsyncConnection, digest: str, by: str, now: datetime) -> bool:
    """End it; False if there is none of theirs in force."""
    mine = sa.update(token).where(token.c.digest == digest, token.c.by == by, token.c.revoked_at.is_(None))
    return (await tx.execute(mine.values(revoked_at=now))).rowcount > 0


def _token(row: Any) -> FeedToken:
    return FeedToken(**dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name for it
