"""Local passwords, as argon2 hashes."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import password


class Password(msgspec.Struct, frozen=True, kw_only=True):
    """One person's password, and how often a wrong one was tried since the last right one."""

    person: str
    hash: str
    changed_at: datetime
    failures: int = 0
    failed_at: datetime | None = None


async def get(tx: AsyncConnection, person: str) -> Password | None:
    """A person's password, None if they have none."""
    row = (await tx.execute(sa.select(password).where(password.c.person == person))).one_or_none()
    return Password(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name for it


async def save(tx: AsyncConnection, value: Password) -> None:
    """Write a password as it is now."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = msgspec.structs.asdict(value)
    changed = {name: row[name] for name in row if name != "person"}
    await tx.execute(insert(password).values(row).on_conflict_do_update(index_elements=["person"], set_=changed))
