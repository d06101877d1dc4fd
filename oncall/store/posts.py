"""Which channels show which incidents, and what of it is out of date."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import incident_post
from oncall.store.statements import Prepared, any_of


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One incident's message in one channel, or a direct message that asks about it.

    Attributes:
        place: Where it is, as its provider names it; empty until it was posted.
        page: The page a direct message carried; "" for a channel's.
        shown: How the incidents of a direct message stood when it was last written; of a channel's message what it
            showed, as a digest.
    """

    incident: int
    channel: str
    place: str
    due_at: datetime
    told: int
    attempts: int
    page: str = ""
    shown: str = ""


async def add(tx: AsyncConnection, wanted: Sequence[tuple[int, str]]) -> None:
    """These incidents are to be shown in these channels; `touch` makes them due."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    for incident, channel in dict.fromkeys(wanted):
        row = {"incident_id": incident, "channel": channel, "place": "", "told": 0, "attempts": 0}
        await tx.execute(insert(incident_post).values(row).on_conflict_do_nothing())


async def incident_at(tx: AsyncConnection, place: str) -> int | None:
    """The incident whose message in a team's channel is at that place."""
    query = sa.select(incident_post.c.incident_id).where(
        incident_post.c.place == place, incident_post.c.page_id.is_(None)
    )
    number: int | None = (await tx.execute(query.limit(1))).scalar()
    return number


async def follow(tx: AsyncConnection, page_id: str, place: str, incidents: Collection[int], now: datetime) -> None:
    """A direct message about these incidents stands there; it is looked at once, for they may have changed meanwhile."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    for incident in sorted(incidents):
        row = {"incident_id": incident, "channel": page_id, "place": place, "told": 0, "attempts": 0, "due_at": now}
        await tx.execute(insert(incident_post).values(**row, page_id=page_id, shown="").on_conflict_do_nothing())


async def touch(tx: AsyncConnection, incidents: Collection[int], now: datetime) -> None:
    """These incidents changed, so their messages are out of date."""
    for part in chunks(sorted(incidents), IN_LIST):
        await _TOUCH.run(tx, {"incidents": part, "now": now})


async def any_due(tx: AsyncConnection, now: datetime) -> bool:
    """Whether any message is out of date and free; cheaper than to claim in vain."""
    free = sa.or_(incident_post.c.leased_until.is_(None), incident_post.c.leased_until <= now)
    query = sa.select(incident_post.c.incident_id).where(incident_post.c.due_at <= now, free).limit(1)
    return (await tx.execute(query)).first() is not None


async def claim(tx: AsyncConnection, now: datetime, until: datetime, limit: int) -> list[Post]:
    """Messages that are out of date and nobody is at, held until `until`."""
    query = (
        sa.select(incident_post)
        .where(
            incident_post.c.due_at <= now,
            sa.or_(incident_post.c.leased_until.is_(None), incident_post.c.leased_until <= now),
        )
        .order_by(incident_post.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = [
        Post(
            incident=row.incident_id,
            channel=row.channel,
            place=row.place,
            due_at=row.due_at,
            told=row.told,
            attempts=row.attempts,
            page=row.page_id or "",
            shown=row.shown or "",
        )
        for row in (await tx.execute(query)).all()
    ]
    for post in found:
        await tx.execute(sa.update(incident_post).where(_is(post)).values(leased_until=until))
    return found


async def hold(tx: AsyncConnection, post: Post, until: datetime) -> None:
    """Let go of a claimed message that cannot be shown before then; it stays due."""
    await tx.execute(sa.update(incident_post).where(_is(post)).values(leased_until=until))


async def settle(
    tx: AsyncConnection,
    post: Post,
    *,
    place: str,
    told: int,
    free_at: datetime,
    again: datetime | None,
    shown: str = "",
) -> None:
    """Note what came of bringing it up to date; it may be claimed again from `free_at`.

    Without `again` it is no longer due, unless it changed in the meantime.
    """
    tries = post.attempts + 1 if again else 0
    values = {"place": place, "told": told, "leased_until": free_at, "attempts": tries, "shown": shown}
    await tx.execute(sa.update(incident_post).where(_is(post)).values(values))
    unchanged = sa.and_(_is(post), incident_post.c.due_at == post.due_at)
    await tx.execute(sa.update(incident_post).where(unchanged).values(due_at=again))


def _is(post: Post) -> sa.ColumnElement[bool]:
    return sa.and_(incident_post.c.incident_id == post.incident, incident_post.c.channel == post.channel)


_TOUCH = Prepared(
    sa.update(incident_post)
    .where(incident_post.c.incident_id.in_(any_of("incidents")))
    .values(due_at=sa.bindparam("now"))
)
