from __future__ import annotations

import sqlalchemy as sa

from tests.acceptance.story import Story, alert, body

DOWN = body(alert("LedgerDown", service="ledger"))


async def test_invariant_1_what_cannot_be_written_is_not_taken_and_the_retry_pages(story: Story) -> None:
    """503 makes Alertmanager send the same bytes again."""
    async with story.engine.database.write() as tx:
        await tx.execute(sa.text("alter table inbox rename to inbox_elsewhere"))
    await story.post(DOWN, expect=503)
    async with story.engine.database.write() as tx:
        await tx.execute(sa.text("alter table inbox_elsewhere rename to inbox"))
    await story.receive(DOWN)
    await story.expect_text("carol")
