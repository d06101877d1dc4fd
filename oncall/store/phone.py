"""The built-in phone's messages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import phone_message


class PhoneMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One text or call on the built-in phone; `inbound` came from the person."""

    id: int = 0
    person: str
    at: datetime
    kind: str
    inbound: bool
    text: str
    page_id: str = ""
    incident_id: int | None = None
    answered_at: datetime | None = None


async def add(tx: AsyncConnection, message: PhoneMessage) -> int:
    """Write a message; its number."""
    row = {k: v for k, v in msgspec.structs.asdict(message).items() if k != "id"}
    return int((await tx.execute(sa.insert(phone_message).values(row).returning(phone_message.c.id))).scalar_one())


async def of_page(tx: AsyncConnection, person: str, kind: str, page_id: str) -> int | None:
    """The message that carried this page to the phone already, if any."""
    query = sa.select(phone_message.c.id).where(
        phone_message.c.person == person, phone_message.c.kind == kind, phone_message.c.page_id == page_id
    )
    found: int | None = (await tx.execute(query.limit(1))).scalar()
    return found


async def of_person(tx: AsyncConnection, person: str, *, after: int = 0, limit: int = 100) -> list[PhoneMessage]:
    """The newest messages of one phone, oldest of them first."""
    query = (
        sa.select(phone_message)
        .where(phone_message.c.person == person, phone_message.c.id > after)
        .order_by(phone_message.c.id.desc())
        .limit(limit)
    )
    return [_message(row) for row in reversed((await tx.execute(query)).all())]


async def get(tx: AsyncConnection, number: int) -> PhoneMessage | None:
    """One message."""
    row = (await tx.execute(sa.select(phone_message).where(phone_message.c.id == number))).one_or_none()
    return _message(row) if row else None


async def answered(tx: AsyncConnection, numbers: Collection[int], now: datetime) -> None:
    """These calls rang and were answered."""
    await tx.execute(sa.update(phone_message).where(phone_message.c.id.in_(list(numbers))).values(answered_at=now))


def _message(row: Any) -> PhoneMessage:
    return PhoneMessage(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


async def forget(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete what phones were sent and answered before that instant, a batch at a time; how many."""
    # Only the first rows are looked at, for their numbers grow with time and there is no index of it.
    oldest = sa.select(phone_message.c.id, phone_message.c.at).order_by(phone_message.c.id).limit(limit).subquery()
    old = sa.select(oldest.c.id).where(oldest.c.at < before)
    return (await tx.execute(sa.delete(phone_message).where(phone_message.c.id.in_(old)))).rowcount
