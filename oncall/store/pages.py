"""Pages and the deliveries that carry them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.message import MessageKind
from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import incident, page
from oncall.store.statements import Prepared, any_of


class PageStatus(StrEnum):
    """How far a page has come. None of them means that a person has seen it."""

    PLANNED = "planned"
    #: A node is at it; if the lease runs out, another takes over.
    SENDING = "sending"
    #: The provider took it, or may have.
    SENT = "sent"
    #: It will not get through; the person's next method took over.
    FAILED = "failed"
    #: Nobody needs it any more.
    CANCELLED = "cancelled"


#: Channel, address, and whether it is about pages.
Contact = tuple[str, str, bool]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One person (or channel, when `person` is empty), one contact method."""

    id: str
    incident: int | None
    team: str
    person: str
    channel: str
    address: str
    kind: MessageKind
    important: bool
    step: int
    reason: str
    text: str = ""
    code: str = ""
    status: PageStatus = PageStatus.PLANNED
    planned_at: datetime
    due_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    leased_by: str | None = None
    leased_until: datetime | None = None
    bundled_into: str | None = None
    #: When it was first due, where a limit holds it back.
    held_since: datetime | None = None
    detail: str = ""


async def add(tx: AsyncConnection, pages: Sequence[Page]) -> None:
    """Write planned pages."""
    if pages:
        await _ADD.run(tx, [_row(p) for p in pages])


async def due(tx: AsyncConnection, now: datetime, limit: int) -> list[Page]:
    """Planned pages whose instant has come, and pages whose sender died; important ones first."""
    return [_page(row) for row in await _DUE.rows(tx, {"now": now, "most": limit})]


async def held_beside(tx: AsyncConnection, due: Collection[Page]) -> list[Page]:
    """Pages that a limit still holds back from the contacts of these, so that one message may carry them all."""
    if not due:
        return []
    taken, contacts = {one.id for one in due}, {(one.channel, one.address) for one in due}
    rows = await _HELD.rows(tx, {"channels": {c for c, _ in contacts}, "addresses": {a for _, a in contacts}})
    held = [_page(row) for row in rows]
    return [one for one in held if one.id not in taken and (one.channel, one.address) in contacts]


async def next_due(tx: AsyncConnection) -> datetime | None:
    """The earliest instant at which a planned page is due."""
    earliest: datetime | None = await _NEXT_DUE.scalar(tx)
    return earliest


async def update(tx: AsyncConnection, pages: Sequence[Page]) -> None:
    """Write pages as they are now."""
    if pages:
        await _UPDATE.run(tx, [_changes(p, _CHANGING) for p in pages])


async def claim(tx: AsyncConnection, pages: Sequence[Page]) -> None:
    """Write pages as they are now that a node has taken them: only what the taking changes."""
    if pages:
        await _CLAIM.run(tx, [_changes(p, _CLAIMING) for p in pages])


async def cancel(tx: AsyncConnection, incident: int, teams: Collection[str], why: str) -> int:
    """Stop what was planned for these teams and not yet begun; notices and posts to channels still go out."""
    statement = (
        sa.update(page)
        .where(
            page.c.incident_id == incident,
            page.c.team.in_(list(teams)),
            page.c.status == PageStatus.PLANNED.value,
            page.c.kind == MessageKind.PAGE.value,
        )
        .values(status=PageStatus.CANCELLED.value, detail=why)
    )
    return (await tx.execute(statement)).rowcount


async def let_go(tx: AsyncConnection, node: str, now: datetime) -> int:
    """Have what a dead node was sending carried again; how many pages."""
    sending = sa.update(page).where(page.c.status == PageStatus.SENDING.value, page.c.leased_by == node)
    return (await tx.execute(sending.values(leased_until=now))).rowcount


async def lock(tx: AsyncConnection, page_ids: Collection[str]) -> None:
    """Keep everybody else from deciding about these pages until the transaction ends."""
    for part in chunks(sorted(page_ids), IN_LIST):
        await _LOCK.run(tx, {"ids": part})


async def under_way(tx: AsyncConnection, channel: str, page_id: str) -> bool:
    """Whether an attempt to carry the page is not recorded yet; if so, nobody records it before the transaction ends."""
    query = sa.select(page.c.id).where(
        page.c.id == page_id, page.c.channel == channel, page.c.status == PageStatus.SENDING.value
    )
    return (await tx.execute(query.with_for_update())).scalar() is not None


async def got_through(tx: AsyncConnection, page_ids: Collection[str], now: datetime, detail: str) -> None:
    """Of these pages, those that wait to be tried again are with the provider after all."""
    waiting = sa.update(page).where(page.c.id.in_(list(page_ids)), page.c.status == PageStatus.PLANNED.value)
    await tx.execute(waiting.values(status=PageStatus.SENT.value, sent_at=now, detail=detail))


async def another_method(tx: AsyncConnection, tried: Page) -> bool:
    """Whether the person has a planned page left in the same asking, beside this one."""
    return (await tx.execute(_left(tried))).scalar() is not None


async def hasten(tx: AsyncConnection, failed: Page, now: datetime) -> bool:
    """Bring the person's next page of the same asking forward to now; False if none is left."""
    found = (await tx.execute(_left(failed))).scalar()
    if found is None:
        return False
    await tx.execute(sa.update(page).where(page.c.id == found, page.c.due_at > now).values(due_at=now))
    return True


async def hopeful(tx: AsyncConnection, failed: Page) -> bool:
    """Whether any page of the same asking may still get through, or has."""
    alive = [PageStatus.PLANNED.value, PageStatus.SENDING.value, PageStatus.SENT.value]
    query = (
        sa.select(sa.func.count())
        .select_from(page)
        .where(
            page.c.incident_id == failed.incident,
            page.c.team == failed.team,
            page.c.planned_at == failed.planned_at,
            page.c.kind == failed.kind.value,
            page.c.status.in_(alive),
        )
    )
    return bool((await tx.execute(query)).scalar_one())


async def get(tx: AsyncConnection, page_id: str) -> Page | None:
    """One page."""
    row = (await tx.execute(sa.select(page).where(page.c.id == page_id))).one_or_none()
    return _page(row) if row else None


async def of_incident(tx: AsyncConnection, number: int) -> list[Page]:
    """An incident's pages in the order they were planned."""
    query = sa.select(page).where(page.c.incident_id == number).order_by(page.c.planned_at, page.c.due_at, page.c.id)
    return [_page(row) for row in (await tx.execute(query)).all()]


async def asked(tx: AsyncConnection, incidents: Collection[int]) -> dict[int, set[str]]:
    """The people who were sent a page for each incident."""
    found: dict[int, set[str]] = {number: set() for number in incidents}
    for part in chunks(sorted(incidents), IN_LIST):
        query = (
            sa.select(page.c.incident_id, page.c.person)
            .where(
                page.c.incident_id.in_(part),
                page.c.person != "",
                page.c.kind == MessageKind.PAGE.value,
                page.c.status.in_([PageStatus.SENT.value, PageStatus.SENDING.value]),
            )
            .distinct()
        )
        for number, person in (await tx.execute(query)).all():
            found[number].add(person)
    return found


async def recent(tx: AsyncConnection, addresses: Collection[str], since: datetime) -> dict[Contact, list[datetime]]:
    """When messages went to these addresses lately, by channel, address and whether they were pages, oldest first.

    A bundle counts once.
    """
    found: dict[Contact, list[datetime]] = {}
    for part in chunks(sorted(addresses), IN_LIST):
        for row in await _RECENT.rows(tx, {"addresses": part, "since": since}):
            contact = (row.channel, row.address, row.kind == MessageKind.PAGE.value)
            found.setdefault(contact, []).append(row.sent_at)
    return found


async def latest_incident(tx: AsyncConnection, channel: str, address: str) -> int | None:
    """The incident a bare word from this address is about: the newest it was asked about and that is not over.

    Where all are over, the newest of all, so that the answer can say so. Of a bundle, the loudest. What is on its way
    counts: a node may die between sending and recording, and whoever answers has the message.
    """
    query = (
        _told(page.c.incident_id, channel, address)
        .order_by(
            sa.case((sa.and_(_ASKING, incident.c.resolved_at.is_(None)), 0), else_=1),
            sa.func.coalesce(page.c.sent_at, page.c.leased_until).desc(),
            page.c.bundled_into.is_not(None),
        )
        .limit(1)
    )
    found: int | None = (await tx.execute(query)).scalar()
    return found


async def open_incidents(tx: AsyncConnection, channel: str, address: str) -> list[int]:
    """Every incident that is not over and of which a page has set out to this address: what "all" is about there.

    One whose page nobody can have got yet is not among them: it would be taken by somebody who knows nothing of it.
    """
    query = _told(page.c.incident_id, channel, address).where(_ASKING, incident.c.resolved_at.is_(None)).distinct()
    return list((await tx.execute(query)).scalars())


def _told(what: Any, channel: str, address: str) -> sa.Select[Any]:
    """Of the messages about incidents that have set out to an address."""
    return (
        sa.select(what)
        .join(incident, incident.c.id == page.c.incident_id)
        .where(
            page.c.channel == channel,
            page.c.address == address,
            sa.or_(page.c.sent_at.is_not(None), page.c.status == PageStatus.SENDING.value),
        )
    )


_ASKING = page.c.kind.in_([MessageKind.PAGE.value, MessageKind.REMINDER.value])


async def carried_by(tx: AsyncConnection, page_id: str) -> list[Page]:
    """The page and those that went out in the same message, in the order they were planned."""
    query = sa.select(page).where(sa.or_(page.c.id == page_id, page.c.bundled_into == page_id))
    found = [_page(row) for row in (await tx.execute(query.order_by(page.c.planned_at, page.c.id))).all()]
    return sorted(found, key=lambda p: p.id != page_id)


def _left(tried: Page) -> sa.Select[tuple[str]]:
    """The person's next planned page of the same asking, other than this one: it may wait to be tried again."""
    return (
        sa.select(page.c.id)
        .where(
            page.c.incident_id == tried.incident,
            page.c.team == tried.team,
            page.c.person == tried.person,
            page.c.planned_at == tried.planned_at,
            page.c.kind == tried.kind.value,
            page.c.status == PageStatus.PLANNED.value,
            page.c.id != tried.id,
        )
        .order_by(page.c.due_at)
        .limit(1)
    )


_CHANGING = (
    "status",
    "code",
    "due_at",
    "attempts",
    "sent_at",
    "leased_by",
    "leased_until",
    "bundled_into",
    "held_since",
    "detail",
)
#: What changes while a page is taken for sending.
_CLAIMING = ("status", "code", "attempts", "leased_by", "leased_until", "bundled_into")

_DUE = Prepared(
    sa.select(page)
    .where(
        page.c.due_at <= sa.bindparam("now"),
        sa.or_(
            page.c.status == PageStatus.PLANNED.value,
            sa.and_(page.c.status == PageStatus.SENDING.value, page.c.leased_until <= sa.bindparam("now")),
        ),
    )
    .order_by(page.c.important.desc(), page.c.due_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LOCK = Prepared(sa.select(page.c.id).where(page.c.id.in_(any_of("ids"))).order_by(page.c.id).with_for_update())
_HELD = Prepared(
    sa.select(page)
    .where(
        page.c.channel.in_(any_of("channels")),
        page.c.address.in_(any_of("addresses")),
        page.c.sent_at.is_(None),
        page.c.status == PageStatus.PLANNED.value,
        page.c.held_since.is_not(None),
    )
    .with_for_update(skip_locked=True)
)
_NEXT_DUE = Prepared(sa.select(sa.func.min(page.c.due_at)).where(page.c.status == PageStatus.PLANNED.value))
_ADD = Prepared(sa.insert(page))


def _set(names: Sequence[str]) -> Prepared:
    return Prepared(
        sa.update(page)
        .where(page.c.id == sa.bindparam("key"))
        .values({name: sa.bindparam(f"new_{name}") for name in names})
    )


_UPDATE, _CLAIM = _set(_CHANGING), _set(_CLAIMING)
_RECENT = Prepared(
    sa.select(page.c.channel, page.c.address, page.c.kind, page.c.sent_at)
    .where(
        page.c.address.in_(any_of("addresses")),
        page.c.sent_at >= sa.bindparam("since"),
        page.c.bundled_into.is_(None),
    )
    .order_by(page.c.sent_at)
)


def _changes(value: Page, names: Sequence[str]) -> dict[str, Any]:
    changed = {f"new_{name}": getattr(value, name) for name in names}
    return changed | {"key": value.id, "new_status": value.status.value}


def _row(value: Page) -> dict[str, Any]:
    row = msgspec.structs.asdict(value)
    row["incident_id"] = row.pop("incident")
    return row | {"kind": value.kind.value, "status": value.status.value}


_NAMES = ["incident" if column.name == "incident_id" else column.name for column in page.c]


def _page(row: Any) -> Page:
    values = dict(zip(_NAMES, row, strict=True))
    values["kind"], values["status"] = MessageKind(values["kind"]), PageStatus(values["status"])
    return Page(**values)


async def forget_loose(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete messages that belong to no incident (about shifts, tests), planned before that instant; how many."""
    over = [PageStatus.SENT.value, PageStatus.FAILED.value, PageStatus.CANCELLED.value]
    old = (
        sa.select(page.c.id)
        .where(page.c.incident_id.is_(None), page.c.planned_at < before, page.c.status.in_(over))
        .limit(limit)
    )
    return (await tx.execute(sa.delete(page).where(page.c.id.in_(old)))).rowcount
