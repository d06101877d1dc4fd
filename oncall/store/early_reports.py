"""What providers report of a message before the attempt that made it is recorded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.outcome import Outcome, OutcomeKind
from oncall.store.incidents import IN_LIST, chunks
from oncall.store.schema import early_report
from oncall.store.statements import Prepared, any_of


async def keep(tx: AsyncConnection, page_id: str, outcome: Outcome, at: datetime) -> None:
    """Keep a report until the attempt is recorded. The page must be locked: see `pages.under_way`."""
    await tx.execute(
        sa.insert(early_report).values(
            page_id=page_id,
            at=at,
            outcome=outcome.kind.value,
            provider_id=outcome.provider_id,
            code=outcome.code,
            detail=outcome.detail,
        )
    )


async def of_pages(tx: AsyncConnection, page_ids: Collection[str]) -> dict[str, list[Outcome]]:
    """What was reported of these pages and not taken in yet, in the order it came."""
    found: dict[str, list[Outcome]] = {}
    for part in chunks(sorted(page_ids), IN_LIST):
        for row in await _OF_PAGES.rows(tx, {"pages": part}):
            outcome = Outcome(
                kind=OutcomeKind(row.outcome), provider_id=row.provider_id, code=row.code, detail=row.detail
            )
            found.setdefault(row.page_id, []).append(outcome)
    return found


async def forget(tx: AsyncConnection, page_ids: Collection[str]) -> None:
    """They are taken in."""
    for part in chunks(sorted(page_ids), IN_LIST):
        await tx.execute(sa.delete(early_report).where(early_report.c.page_id.in_(part)))


_OF_PAGES = Prepared(
    sa.select(early_report).where(early_report.c.page_id.in_(any_of("pages"))).order_by(early_report.c.id)
)
