from __future__ import annotations

from tests.acceptance.story import Story, alert, body


async def test_an_alert_first_heard_of_when_it_was_over_is_filed_and_asks_nobody(story: Story) -> None:
    await story.at("09:00").receive(body(alert("LedgerDown", status="resolved", service="ledger")))
    await story.expect_quiet(lasting="10m")
    (filed,) = await story.incidents()
    assert filed.resolved_at is not None
