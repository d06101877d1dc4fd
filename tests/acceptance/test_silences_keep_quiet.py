from __future__ import annotations

from datetime import timedelta

from oncall.store import silences
from routing.matchers import parse_matchers
from routing.silence import Silence
from tests.acceptance.story import Story, alert, body

DOWN = body(alert("LedgerDown", service="ledger"))


async def silence(story: Story, matchers: str, minutes: int) -> int:
    now = story.clock.now()
    silence = Silence(
        id="",
        matchers=tuple(parse_matchers(matchers)),
        starts_at=now,
        ends_at=now + timedelta(minutes=minutes),
        by="carol",
    )
    async with story.engine.database.write() as tx:
        return await silences.add(tx, silence, now)


async def test_invariant_1_a_silenced_alert_is_in_the_silence_log_and_pages_nobody(story: Story) -> None:
    number = await silence(story, '{service="ledger"}', 60)
    await story.at("09:00").receive(DOWN)
    await story.expect_quiet(lasting="10m")
    assert await story.incidents() == []
    async with story.engine.database.read() as tx:
        (kept,) = await silences.logged(tx, number)
    assert kept.labels["alertname"] == "LedgerDown"


async def test_other_alerts_page_meanwhile(story: Story) -> None:
    await silence(story, '{service="checkout"}', 60)
    await story.at("09:00").receive(DOWN)
    await story.expect_text("carol")


async def test_an_alert_that_still_fires_when_the_silence_is_over_pages_with_the_next_repeat(story: Story) -> None:
    await silence(story, '{service="ledger"}', 30)
    await story.at("09:00").receive(DOWN)
    await story.at("09:40").receive(DOWN)
    await story.expect_text("carol")
