"""Whatever grouping makes of an alert, or fails to: somebody is paged, and nothing false is learned."""

from __future__ import annotations

import pytest

from grouping import Deployed, Grouper
from oncall.store import grouping_state
from tests.acceptance.story import Story, alert, body
from tests.acceptance.test_silences_keep_quiet import silence

LEDGER = body(alert("LedgerDown", service="ledger"))


async def _parts(story: Story) -> set[str]:
    """What grouping remembers something of."""
    async with story.engine.database.read() as tx:
        return {row.table for row in await grouping_state.load(tx)}


async def test_where_grouping_fails_the_alert_has_its_own_incident_and_pages(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("the counts are broken")

    monkeypatch.setattr(Grouper, "assign", broken)
    await story.at("09:00").receive(LEDGER)
    await story.expect_text("carol", within="10s", saying="LedgerDown")
    assert len(await story.incidents("triggered")) == 1
    assert any("grouping could not place it" in line for line in await story.timeline(1))
    monkeypatch.undo()
    await story.at("09:01").receive(body(alert("PostgresDown", service="postgres", starts="09:01")))
    await story.expect_text("alice", within="10s", saying="PostgresDown")


async def test_a_silenced_alert_teaches_nothing(story: Story) -> None:
    await silence(story, '{service="ledger"}', 60)
    await story.at("09:00").receive(LEDGER)
    assert not await _parts(story) & {"kind", "pair", "tie", "habit", "member"}


async def test_a_deploy_is_counted_before_the_next_alert_and_once(story: Story) -> None:
    async with story.engine.database.write() as tx:
        await grouping_state.deployed(tx, Deployed(service="ledger", at=story.clock.now()))
    await story.at("09:00").receive(LEDGER)
    await story.expect_text("carol", within="10s", saying="LedgerDown")
    async with story.engine.database.read() as tx:
        rows = await grouping_state.load(tx)
    assert [row.key for row in rows if row.table == grouping_state.DEPLOYED] == []
    assert sum(row.table == "kind" and "a deploy" in (row.value or "") for row in rows) == 1
