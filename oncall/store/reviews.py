"""Reviews and what is to be done after incidents."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.review import Review
from oncall.store.schema import action_item, incident, review


class ActionItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do. `owner` is a person's id, empty where nobody has it yet."""

    id: int = 0
    incident: int
    team: str
    text: str
    owner: str
    due: date | None
    made_at: datetime
    made_by: str
    done_at: datetime | None = None
    done_by: str = ""


async def get(tx: AsyncConnection, number: int, *, lock: bool = False) -> Review | None:
    """The review of one incident, None if it has none."""
    query = sa.select(review).where(review.c.incident_id == number)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        return None
    return Review(
        sections=row.sections,
        version=row.version,
        drafted_at=row.drafted_at,
        drafted_by=row.drafted_by,
        saved_at=row.saved_at,
        saved_by=row.saved_by,
    )


async def save(tx: AsyncConnection, number: int, value: Review) -> None:
    """Write the review of one incident; the caller holds the incident's lock."""
    row = msgspec.structs.asdict(value)
    changed = await tx.execute(sa.update(review).where(review.c.incident_id == number).values(row))
    if not changed.rowcount:
        await tx.execute(sa.insert(review).values(incident_id=number, **row))


async def add_action(tx: AsyncConnection, value: ActionItem) -> int:
    """Write an item; its number."""
    row = {("incident_id" if k == "incident" else k): v for k, v in msgspec.structs.asdict(value).items() if k != "id"}
    return int((await tx.execute(sa.insert(action_item).values(row).returning(action_item.c.id))).scalar_one())


async def change_action(tx: AsyncConnection, value: ActionItem) -> None:
    """Write an item as it is now."""
    changed = {
        "text": value.text,
        "owner": value.owner,
        "due": value.due,
        "done_at": value.done_at,
        "done_by": value.done_by,
    }
    await tx.execute(sa.update(action_item).where(action_item.c.id == value.id).values(changed))


async def action(tx: AsyncConnection, number: int, *, lock: bool = False) -> ActionItem | None:
    """One item."""
    query = sa.select(action_item).where(action_item.c.id == number)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _action(row) if row else None


async def actions(
    tx: AsyncConnection,
    *,
    incident_number: int | None = None,
    team: str = "",
    owner: str = "",
    done: bool | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[ActionItem]:
    """Items by number, from the one after `after` on."""
    query = sa.select(action_item).where(action_item.c.id > after).order_by(action_item.c.id).limit(limit)
    if incident_number is not None:
        query = query.where(action_item.c.incident_id == incident_number)
    if team:
        query = query.where(action_item.c.team == team)
    if owner:
        query = query.where(action_item.c.owner == owner)
    if done is not None:
        query = query.where(action_item.c.done_at.is_not(None) if done else action_item.c.done_at.is_(None))
    return [_action(row) for row in (await tx.execute(query)).all()]


async def open_and_due(tx: AsyncConnection, until: date) -> list[ActionItem]:
    """Open items that are due on or before that day."""
    query = (
        sa.select(action_item)
        .where(action_item.c.done_at.is_(None), action_item.c.due <= until)
        .order_by(action_item.c.due, action_item.c.id)
    )
    return [_action(row) for row in (await tx.execute(query)).all()]


async def open_actions(tx: AsyncConnection, teams: Collection[str]) -> list[ActionItem]:
    """Open items of these teams, by number."""
    query = (
        sa.select(action_item)
        .where(action_item.c.team.in_(list(teams)), action_item.c.done_at.is_(None))
        .order_by(action_item.c.id)
    )
    return [_action(row) for row in (await tx.execute(query)).all()]


async def unreviewed(tx: AsyncConnection, team: str, since: datetime, limit: int) -> list[tuple[int, str]]:
    """Critical incidents a team led, over since then and without a review, newest first: (number, title)."""
    query = sa.select(incident.c.id, incident.c.title).where(incident.c.lead_team == team, *_unreviewed(since))
    return [(row.id, row.title) for row in (await tx.execute(query.order_by(incident.c.id.desc()).limit(limit))).all()]


async def unreviewed_of(
    tx: AsyncConnection, teams: Collection[str], since: datetime, limit: int
) -> dict[str, list[tuple[int, str]]]:
    """The same of several teams, at most `limit` of each."""
    place = sa.func.row_number().over(partition_by=incident.c.lead_team, order_by=incident.c.id.desc())
    ranked = (
        sa.select(incident.c.id, incident.c.title, incident.c.lead_team, place.label("place"))
        .where(incident.c.lead_team.in_(list(teams)), *_unreviewed(since))
        .subquery()
    )
    query = sa.select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.id.desc())
    found: dict[str, list[tuple[int, str]]] = {}
    for row in (await tx.execute(query)).all():
        found.setdefault(row.lead_team, []).append((row.id, row.title))
    return found


def _unreviewed(since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        incident.c.resolved_at >= since,
        incident.c.severity == "critical",
        incident.c.drill.is_(False),
        incident.c.merged_into.is_(None),
        ~sa.exists().where(review.c.incident_id == incident.c.id),
    )


def _action(row: Any) -> ActionItem:
    return ActionItem(
        id=row.id,
        incident=row.incident_id,
        team=row.team,
        text=row.text,
        owner=row.owner,
        due=row.due,
        made_at=row.made_at,
        made_by=row.made_by,
        done_at=row.done_at,
        done_by=row.done_by,
    )
