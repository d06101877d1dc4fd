"""Reply codes and replies: which incident a short number means to one address, and what was already answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import reply, reply_code
from oncall.store.statements import Prepared, any_of

#: Channel, address, incident.
Named = tuple[str, str, int]


async def codes_for(tx: AsyncConnection, wanted: Sequence[Named], now: datetime) -> dict[Named, int]:
    """The codes that name these incidents to these addresses: those they have, else the smallest free ones."""
    used: dict[tuple[str, str], dict[int, int]] = {}
    for part in chunks(sorted({address for _, address, _ in wanted}), IN_LIST):
        for row in await _CODES.rows(tx, {"addresses": part}):
            used.setdefault((row.channel, row.address), {})[row.incident_id] = row.code
    found: dict[Named, int] = {}
    new = []
    for channel, address, incident in wanted:
        mine = used.setdefault((channel, address), {})
        if incident not in mine:
            taken = set(mine.values())
            mine[incident] = next(n for n in range(1, len(taken) + 2) if n not in taken)
            named = {"channel": channel, "address": address, "code": mine[incident]}
            new.append({**named, "incident_id": incident, "given_at": now})
        found[channel, address, incident] = mine[incident]
    if new:
        await _GIVE.run(tx, new)
    return found


async def incident_of(tx: AsyncConnection, channel: str, address: str, code: int) -> int | None:
    """The incident a code means to this address."""
    query = sa.select(reply_code.c.incident_id).where(
        reply_code.c.channel == channel, reply_code.c.address == address, reply_code.c.code == code
    )
    found: int | None = (await tx.execute(query)).scalar()
    return found


async def free(tx: AsyncConnection, incident: int) -> None:
    """The incident is over: its codes may be given again."""
    await tx.execute(sa.delete(reply_code).where(reply_code.c.incident_id == incident))


async def answered(tx: AsyncConnection, reply_id: str) -> str | None:
    """What was answered to this reply before, None if it is new."""
    found: str | None = (await tx.execute(sa.select(reply.c.answer).where(reply.c.id == reply_id))).scalar()
    return found


async def remember(
    tx: AsyncConnection, *, reply_id: str, at: datetime, channel: str, address: str, person: str, text: str, answer: str
) -> None:
    """Note a reply and its answer, so that it takes effect once."""
    await tx.execute(
        sa.insert(reply).values(
            id=reply_id, at=at, channel=channel, address=address, person=person, text=text[:1000], answer=answer
        )
    )


async def set_answer(tx: AsyncConnection, reply_id: str, answer: str) -> None:
    """Note what was answered."""
    await tx.execute(sa.update(reply).where(reply.c.id == reply_id).values(answer=answer))


async def count_since(tx: AsyncConnection, channel: str, address: str, since: datetime) -> int:
    """How many replies came from an address."""
    query = (
        sa.select(sa.func.count())
        .select_from(reply)
        .where(reply.c.channel == channel, reply.c.address == address, reply.c.at >= since)
    )
    return int((await tx.execute(query)).scalar_one())


async def forget(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete old replies, a batch at a time."""
    old = sa.select(reply.c.id).where(reply.c.at < before).limit(limit)
    return (await tx.execute(sa.delete(reply).where(reply.c.id.in_(old)))).rowcount


_GIVE = Prepared(sa.insert(reply_code))
_CODES = Prepared(sa.select(reply_code).where(reply_code.c.address.in_(any_of("addresses"))))
