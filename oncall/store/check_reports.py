"""Outcomes of checks that are made elsewhere."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.store.schema import check_report


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody else found out about a service."""

    service: str
    check: str
    passed: bool
    detail: str
    at: datetime
    by: str


async def put(tx: AsyncConnection, value: CheckReport) -> None:
    """Write a report in the place of the one before."""
    row = msgspec.structs.asdict(value)
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    kept = {name: row[name] for name in ("passed", "detail", "at", "by")}
    keys = ["service", "check"]
    await tx.execute(insert(check_report).values(row).on_conflict_do_update(index_elements=keys, set_=kept))


async def everything(tx: AsyncConnection) -> list[CheckReport]:
    """Every report."""
    query = sa.select(check_report).order_by(check_report.c.service, check_report.c.check)
    return [CheckReport(**row._mapping) for row in (await tx.execute(query)).all()]  # noqa: SLF001 - its public name
