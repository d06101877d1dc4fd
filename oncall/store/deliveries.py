"""Deliveries: the attempts to carry pages, and what providers said of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from notifiers.outcome import Outcome, OutcomeKind
from oncall.store.incidents import IN_LIST, chunks
from oncall.store.pages import PageStatus
from oncall.store.schema import delivery, incident, page
from oncall.store.statements import Prepared


class Attempt(msgspec.Struct, frozen=True):
    """One attempt to carry a page, as it is to be recorded."""

    page: str
    channel: str
    started: datetime
    ended: datetime
    outcome: Outcome


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, as it was recorded."""

    id: int
    page: str
    channel: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    provider_id: str
    code: str
    detail: str
    trace: str = ""


async def record(tx: AsyncConnection, attempts: Sequence[Attempt]) -> None:
    """Write what came of attempts."""
    if attempts:
        await _RECORD.run(
            tx,
            [
                {
                    "page_id": one.page,
                    "channel": one.channel,
                    "started_at": one.started,
                    "ended_at": one.ended,
                    "outcome": one.outcome.kind.value,
                    "provider_id": one.outcome.provider_id,
                    "code": one.outcome.code,
                    "detail": one.outcome.detail,
                    "trace": one.outcome.trace or None,
                }
                for one in attempts
            ],
        )


async def find(tx: AsyncConnection, channel: str, provider_id: str, page_id: str) -> Delivery | None:
    """The attempt a provider reports on: by its own name for it, else the newest of the page that has none yet."""
    row = None
    if provider_id:
        named = sa.select(delivery).where(delivery.c.channel == channel, delivery.c.provider_id == provider_id)
        row = (await tx.execute(named.order_by(delivery.c.id.desc()).limit(1))).one_or_none()
    if row is None and page_id:
        nameless = sa.select(delivery).where(
            delivery.c.channel == channel, delivery.c.page_id == page_id, delivery.c.provider_id == ""
        )
        row = (await tx.execute(nameless.order_by(delivery.c.id.desc()).limit(1))).one_or_none()
    return _delivery(row) if row else None


async def settle(tx: AsyncConnection, number: int, outcome: Outcome) -> None:
    """Write what a provider reported of an attempt later."""
    values = {
        "outcome": outcome.kind.value,
        "provider_id": outcome.provider_id,
        "code": outcome.code,
        "detail": outcome.detail,
    }
    await tx.execute(sa.update(delivery).where(delivery.c.id == number).values(values))


class AwaitedReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A message that went out and whose incident still waits for an answer."""

    channel: str
    page: str
    provider_id: str


async def awaiting_receipt(
    tx: AsyncConnection, channels: Collection[str], since: datetime, limit: int
) -> list[AwaitedReceipt]:
    """Accepted pages of these channels whose incident is triggered, newest first."""
    query = (
        sa.select(delivery.c.channel, delivery.c.page_id, delivery.c.provider_id)
        .join(page, page.c.id == delivery.c.page_id)
        .join(incident, incident.c.id == page.c.incident_id)
        .where(
            delivery.c.channel.in_(list(channels)),
            delivery.c.started_at >= since,
            delivery.c.provider_id != "",
            delivery.c.outcome.in_([OutcomeKind.ACCEPTED.value, OutcomeKind.DELIVERED.value]),
            page.c.kind == MessageKind.PAGE.value,
            incident.c.status == "triggered",
        )
        .order_by(delivery.c.id.desc())
        .limit(limit)
    )
    return [
        AwaitedReceipt(channel=row.channel, page=row.page_id, provider_id=row.provider_id)
        for row in (await tx.execute(query)).all()
    ]


class InDoubt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt whose answer was lost, and by what its message can be found."""

    page: str
    channel: str
    address: str
    started_at: datetime
    trace: str


async def in_doubt(
    tx: AsyncConnection, channels: Collection[str], since: datetime, until: datetime, limit: int
) -> list[InDoubt]:
    """Attempts that began in this span, of which nobody knows whether they were carried out; oldest first.

    Those that are about to be sent once more are left out: they are looked up before that.
    """
    query = (
        sa.select(delivery.c.page_id, delivery.c.channel, page.c.address, delivery.c.started_at, delivery.c.trace)
        .join(page, page.c.id == delivery.c.page_id)
        .where(
            delivery.c.channel.in_(list(channels)),
            delivery.c.started_at >= since,
            delivery.c.started_at <= until,
            delivery.c.outcome == OutcomeKind.UNKNOWN.value,
            delivery.c.provider_id == "",
            delivery.c.trace.is_not(None),
            page.c.status.in_([PageStatus.SENT.value, PageStatus.FAILED.value]),
        )
        .order_by(delivery.c.id)
        .limit(limit)
    )
    return [
        InDoubt(page=row.page_id, channel=row.channel, address=row.address, started_at=row.started_at, trace=row.trace)
        for row in (await tx.execute(query)).all()
    ]


async def known(tx: AsyncConnection, channel: str, provider_ids: Collection[str]) -> set[str]:
    """Those of a provider's names for messages that some attempt already has."""
    query = sa.select(delivery.c.provider_id).where(
        delivery.c.channel == channel, delivery.c.provider_id.in_(list(provider_ids))
    )
    return set((await tx.execute(query)).scalars())


async def of_pages(tx: AsyncConnection, page_ids: Collection[str]) -> list[Delivery]:
    """The attempts to carry these pages, in order."""
    found: list[Delivery] = []
    for part in chunks(sorted(page_ids), IN_LIST):
        query = sa.select(delivery).where(delivery.c.page_id.in_(part)).order_by(delivery.c.id)
        found += [_delivery(row) for row in (await tx.execute(query)).all()]
    return found


async def since(tx: AsyncConnection, channels: Collection[str], since: datetime) -> list[Delivery]:
    """The attempts through these channels since then, in order."""
    query = sa.select(delivery).where(delivery.c.channel.in_(list(channels)), delivery.c.started_at >= since)
    return [_delivery(row) for row in (await tx.execute(query.order_by(delivery.c.id))).all()]


async def newest(tx: AsyncConnection, channel: str, since: datetime, limit: int) -> list[Delivery]:
    """The newest attempts through a channel since then, newest first."""
    query = sa.select(delivery).where(delivery.c.channel == channel, delivery.c.started_at >= since)
    rows = await tx.execute(query.order_by(delivery.c.started_at.desc(), delivery.c.id.desc()).limit(limit))
    return [_delivery(row) for row in rows.all()]


_RECORD = Prepared(sa.insert(delivery))


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        page=row.page_id,
        channel=row.channel,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        provider_id=row.provider_id,
        code=row.code,
        detail=row.detail,
        trace=row.trace or "",
    )
