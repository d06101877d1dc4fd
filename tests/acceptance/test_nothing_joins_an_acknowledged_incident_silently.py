from __future__ import annotations

from tests.acceptance.story import Story, alert, body

DOWN = alert("LedgerDown", service="ledger", pod="a")


async def _taken(story: Story) -> None:
    await story.at("09:00").receive(body(DOWN))
    await story.expect_text("carol")
    await story.at("09:01").reply("carol", "ack")


async def test_invariant_8_another_kind_pages_again(story: Story) -> None:
    await _taken(story)
    await story.at("09:10").receive(body(DOWN, alert("LedgerDataLoss", service="ledger")))
    await story.expect_text("carol", within="10s", saying="LedgerDataLoss|LedgerDown")
    story.forget_messages()


async def test_invariant_8_more_of_the_same_kind_does_not(story: Story) -> None:
    await _taken(story)
    await story.at("09:10").receive(body(DOWN, alert("LedgerDown", service="ledger", pod="b")))
    await story.expect_quiet(lasting="10m")
    assert len(await story.incidents()) == 1


async def test_invariant_8_higher_severity_pages_again(story: Story) -> None:
    first = alert("Latency", service="ledger", severity="warning")
    await story.at("09:00").receive(body(first))
    await story.expect_quiet(lasting="5m")
    await story.receive(body(first, alert("Latency", service="ledger")))
    await story.expect_text("carol")
    story.forget_messages()


async def test_invariant_8_another_team_is_asked(story: Story) -> None:
    await _taken(story)
    await story.at("09:10").receive(body(DOWN, alert("PostgresDown", service="postgres")))
    await story.expect_text("alice", within="6m")
    story.forget_messages()
