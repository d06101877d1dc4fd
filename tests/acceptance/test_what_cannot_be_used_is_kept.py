from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from oncall.services.intake.batch import Batch
from oncall.store import inbox
from oncall.store.inbox import Waiting
from tests.acceptance.story import Story, alert, body


async def _kept(story: Story) -> list[inbox.Quarantined]:
    async with story.engine.database.read() as tx:
        return await inbox.list_quarantine(tx)


async def test_invariant_1_one_bad_alert_is_quarantined_and_the_rest_page(story: Story) -> None:
    good, bad = alert("LedgerDown", service="ledger"), alert("Broken")
    bad["labels"] = {"alertname": 7}
    await story.at("09:00").receive(body(good, bad))
    await story.expect_text("carol", saying="LedgerDown")
    (kept,) = await _kept(story)
    assert kept.path == "$.alerts[1].labels.alertname" or kept.path.startswith("$.alerts[1]")
    assert kept.reason
    story.forget_messages()


async def test_a_body_that_is_no_webhook_is_refused_and_kept_for_a_person_to_see(story: Story) -> None:
    await story.at("09:00").receive(b'{"text": "hello"}', expect=400)
    (kept,) = await _kept(story)
    assert kept.body == b'{"text": "hello"}'


async def test_a_body_that_is_not_json_is_refused_and_kept(story: Story) -> None:
    await story.at("09:00").receive(b"\x00\xff not json", expect=400)
    (kept,) = await _kept(story)
    assert kept.body == b"\x00\xff not json"


async def test_a_body_whose_rows_the_database_refuses_costs_itself_alone(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would be the first of every batch, and nothing behind it would ever page."""
    read = Batch.read

    async def refuse_the_first(batch: Batch, waiting: Waiting) -> None:
        if waiting.id == 1:
            raise IntegrityError("insert into alert", {}, ValueError("unique"))
        await read(batch, waiting)

    monkeypatch.setattr(Batch, "read", refuse_the_first)
    await story.at("09:00").receive(body(alert("Refused", service="checkout"), group="a"))
    await story.receive(body(alert("LedgerDown", service="ledger"), group="b"))
    await story.expect_text("carol", saying="LedgerDown")
    (kept,) = await _kept(story)
    assert "IntegrityError" in kept.reason
    story.forget_messages()
