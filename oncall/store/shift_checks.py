"""What was found about whoever comes on call, ahead of each shift."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import shift_check


class ShiftCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One person before one shift.

    Attributes:
        works: Something came back lately from a contact method of theirs.
        why: A sentence.
        team_told_at: When the team heard that nothing did.
    """

    schedule: str
    person: str
    starts_at: datetime
    at: datetime
    works: bool
    why: str
    team_told_at: datetime | None = None


async def of_schedule(tx: AsyncConnection, schedule: str, since: datetime) -> list[ShiftCheck]:
    """The checks of shifts that begin from then on, soonest first."""
    query = sa.select(shift_check).where(shift_check.c.schedule == schedule, shift_check.c.starts_at >= since)
    rows = (await tx.execute(query.order_by(shift_check.c.starts_at, shift_check.c.person))).all()
    return [ShiftCheck(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


async def failed(tx: AsyncConnection, people: Collection[str], since: datetime) -> set[str]:
    """Those of these people of whom a check since then found that nothing works."""
    query = sa.select(shift_check.c.person).where(
        shift_check.c.person.in_(list(people)), shift_check.c.at >= since, shift_check.c.works.is_(False)
    )
    return set((await tx.execute(query)).scalars())


async def save(tx: AsyncConnection, checks: Sequence[ShiftCheck]) -> None:
    """Write checks, each in the place of an earlier one of the same shift."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    for one in checks:
        row = msgspec.structs.asdict(one)
        changed = {key: row[key] for key in ("at", "works", "why", "team_told_at")}
        statement = insert(shift_check).values(row)
        await tx.execute(
            statement.on_conflict_do_update(index_elements=["schedule", "person", "starts_at"], set_=changed)
        )


async def forget(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete checks of shifts that began before then, a batch at a time."""
    old = (
        sa.select(shift_check.c.schedule, shift_check.c.person, shift_check.c.starts_at)
        .where(shift_check.c.starts_at < before)
        .limit(limit)
    )
    rows = (await tx.execute(old)).all()
    for row in rows:
        await tx.execute(
            sa.delete(shift_check).where(
                shift_check.c.schedule == row.schedule,
                shift_check.c.person == row.person,
                shift_check.c.starts_at == row.starts_at,
            )
        )
    return len(rows)
