"""What is known about addresses beyond what the files say: STOP, faults, answers, codes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import contact
from oncall.store.statements import Prepared, any_of


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One address of one channel.

    Attributes:
        stopped_at: The person wrote STOP then.
        fault: Why the last attempt was refused for good, "" if it was not, and `fault_at` when.
        answered_at: When a human act last came back from it.
        verified_at: When a code proved that it is theirs.
        code_digest: SHA-256 of a code that was sent and not entered yet; it counts until `code_expires_at`.
    """

    channel: str
    address: str
    stopped_at: datetime | None = None
    fault: str = ""
    fault_at: datetime | None = None
    answered_at: datetime | None = None
    verified_at: datetime | None = None
    code_digest: str = ""
    code_expires_at: datetime | None = None
    code_tries: int = 0


async def get(tx: AsyncConnection, channel: str, address: str, *, lock: bool = False) -> Contact:
    """What is known; an address nobody has seen yet is one without marks."""
    query = sa.select(contact).where(contact.c.channel == channel, contact.c.address == address)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return Contact(**row._mapping) if row else Contact(channel=channel, address=address)  # noqa: SLF001 - public there


async def stopped(tx: AsyncConnection, addresses: Collection[str]) -> set[tuple[str, str]]:
    """Channel and address of those from which the person wrote STOP."""
    found: set[tuple[str, str]] = set()
    for part in chunks(sorted(addresses), IN_LIST):
        found |= {(row.channel, row.address) for row in await _STOPPED.rows(tx, {"addresses": part})}
    return found


async def change(tx: AsyncConnection, channel: str, address: str, **values: Any) -> None:
    """Write some of what is known about an address."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    fresh = {"channel": channel, "address": address, "fault": "", "code_digest": "", "code_tries": 0}
    statement = insert(contact).values(fresh | values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["channel", "address"], set_=values))


_STOPPED = Prepared(
    sa.select(contact.c.channel, contact.c.address).where(
        contact.c.address.in_(any_of("addresses")), contact.c.stopped_at.is_not(None)
    )
)
