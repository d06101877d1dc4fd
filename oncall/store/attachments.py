"""Files beside incidents."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import attachment


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    id: int = 0
    incident_id: int
    at: datetime
    by: str
    name: str
    content_type: str
    body: bytes


async def add(tx: AsyncConnection, value: Attachment) -> int:
    """Write a file; its number."""
    row = {k: v for k, v in msgspec.structs.asdict(value).items() if k != "id"}
    return int((await tx.execute(sa.insert(attachment).values(row).returning(attachment.c.id))).scalar_one())


async def get(tx: AsyncConnection, incident: int, number: int) -> Attachment | None:
    """One file of an incident, None if it has none of that number."""
    query = sa.select(attachment).where(attachment.c.id == number, attachment.c.incident_id == incident)
    row = (await tx.execute(query)).one_or_none()
    return Attachment(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name for it


async def size_of(tx: AsyncConnection, incident: int) -> int:
    """How many bytes an incident's files have together."""
    query = sa.select(sa.func.sum(sa.func.length(attachment.c.body))).where(attachment.c.incident_id == incident)
    return int((await tx.execute(query)).scalar() or 0)
