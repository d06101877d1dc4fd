"""Deploys as pipelines reported them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import deploy
from oncall.store.statements import Prepared, any_of


class Deploy(msgspec.Struct, frozen=True, kw_only=True):
    """One change that went into production. `service` is the catalog's name where it is known."""

    service: str
    version: str = ""
    by: str = ""
    summary: str = ""
    link: str = ""
    at: datetime
    id: int = 0


async def add(tx: AsyncConnection, value: Deploy) -> int:
    """Write one; its number."""
    row = {name: field for name, field in msgspec.structs.asdict(value).items() if name != "id"}
    return int((await tx.execute(sa.insert(deploy).values(row).returning(deploy.c.id))).scalar_one())


async def of_services(
    tx: AsyncConnection, services: Collection[str], since: datetime, until: datetime, *, limit: int
) -> list[Deploy]:
    """Deploys of these services in [since, until], newest first."""
    found: list[Deploy] = []
    for part in chunks(sorted(services), IN_LIST):
        span = {"services": part, "since": since, "until": until, "most": limit}
        found += [_deploy(row) for row in await _OF_SERVICES.rows(tx, span)]
    return sorted(found, key=_newest)[:limit]


async def latest_of(tx: AsyncConnection, service: str, *, until: datetime, limit: int) -> list[Deploy]:
    """A service's newest deploys up to an instant."""
    query = sa.select(deploy).where(deploy.c.service == service, deploy.c.at <= until)
    rows = (await tx.execute(query.order_by(deploy.c.at.desc(), deploy.c.id.desc()).limit(limit))).all()
    return [_deploy(row) for row in rows]


async def latest(tx: AsyncConnection, *, limit: int, after: int | None = None) -> list[Deploy]:
    """The newest deploys of all; `after` goes on behind that one (none where it is gone, as are those behind it)."""
    query = sa.select(deploy).order_by(deploy.c.at.desc(), deploy.c.id.desc()).limit(limit)
    if after is not None:
        # Deploys are told of late, so that their numbers are in another order than their instants.
        last = sa.select(deploy.c.at).where(deploy.c.id == after).scalar_subquery()
        query = query.where(deploy.c.at <= last, sa.or_(deploy.c.at < last, deploy.c.id < after))
    return [_deploy(row) for row in (await tx.execute(query)).all()]


async def forget(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` deploys that are older; how many."""
    old = sa.select(deploy.c.id).where(deploy.c.at < before).limit(limit).scalar_subquery()
    return (await tx.execute(sa.delete(deploy).where(deploy.c.id.in_(old)))).rowcount


def _newest(value: Deploy) -> tuple[float, int]:
    return -value.at.timestamp(), -value.id


def _deploy(row: Any) -> Deploy:
    return Deploy(**row._asdict())


_OF_SERVICES = Prepared(
    sa.select(deploy)
    .where(
        deploy.c.service.in_(any_of("services")),
        deploy.c.at >= sa.bindparam("since"),
        deploy.c.at <= sa.bindparam("until"),
    )
    .order_by(deploy.c.at.desc(), deploy.c.id.desc())
    .limit(sa.bindparam("most"))
)
