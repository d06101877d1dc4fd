"""What people prefer about their contact methods."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.person import Preference
from oncall.store.schema import contact_preference


async def everybodys(tx: AsyncConnection) -> dict[str, Preference]:
    """By person; whoever never said anything is left out."""
    rows = (await tx.execute(sa.select(contact_preference))).all()
    return {row.person: Preference(order=tuple(row.order), left_out=tuple(row.left_out)) for row in rows}


async def save(tx: AsyncConnection, person: str, preference: Preference, now: datetime) -> None:
    """Write what a person prefers, in the place of what they did."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    values = {name: list(value) for name, value in msgspec.structs.asdict(preference).items()} | {"changed_at": now}
    statement = insert(contact_preference).values(person=person, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["person"], set_=values))
