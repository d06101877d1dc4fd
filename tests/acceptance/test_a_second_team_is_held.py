"""Where the evidence that it is the same trouble is strong, a second team is told first and paged only if need be."""

from __future__ import annotations

from oncall.incident import InvolvementStatus
from oncall.incident.reading import readable
from oncall.store import incidents
from tests.acceptance.story import Story, alert, body


async def _fire(story: Story, hour: int) -> None:
    """The ledger goes down, and postgres, on which it depends, is reported twenty seconds later."""
    await story.at(f"{hour:02d}:00").receive(body(alert("LedgerDown", service="ledger", starts=f"{hour:02d}:00")))
    await story.at(f"{hour:02d}:00:20").receive(
        body(alert("PostgresDown", service="postgres", starts=f"{hour:02d}:00"))
    )


async def _both(story: Story) -> None:
    """The same trouble as an hour before, when each of them had an incident of its own."""
    await _fire(story, 9)
    for name, service in (("LedgerDown", "ledger"), ("PostgresDown", "postgres")):
        over = alert(name, status="resolved", service=service, starts="09:00")
        await story.at("09:10").receive(body({**over, "endsAt": "2026-11-20T09:09:00Z"}))
    story.forget_messages()
    await _fire(story, 10)
    assert len(await story.incidents("triggered")) == 1
    await story.expect_text("carol", within="10s", saying="LedgerDown")
    await story.expect_text("alice", within="10s", saying="Platform is told now and paged at 10:05 UTC")


async def _read(story: Story) -> str:
    """The timeline of the newest incident as people read it."""
    async with story.engine.database.read() as tx:
        entries = await incidents.entries(tx, 3)
    return "\n".join(readable(entry, story.engine.directory, "UTC") for _, entry in entries)


async def test_invariant_8_when_the_lead_acknowledges_the_other_team_hears_it_instead_of_a_page(story: Story) -> None:
    await _both(story)
    await story.at("10:01").reply("carol", "ack")
    await story.expect_text("alice", within="5m", saying="Platform was not paged: Carol Clark of Payments acknowledged")
    await story.expect_quiet(lasting="30m")
    platform = (await story.incidents())[-1].of("platform")
    assert platform is not None
    assert platform.status is InvolvementStatus.NOTICE
    assert any("platform was told" in line for line in await story.timeline(3))
    assert "Platform is told, and paged unless Payments acknowledges" in await _read(story)


async def test_when_nobody_acknowledges_the_other_team_is_paged_after_the_hold(story: Story) -> None:
    await _both(story)
    paged = await story.expect_text("alice", within="6m", saying="Reply")
    assert f"{paged.at:%H:%M:%S}" == "10:05:20"
    assert any(line.startswith("released: ") for line in await story.timeline(3))
    story.forget_messages()


async def test_invariant_8_an_acknowledgement_of_the_second_team_leaves_the_leads_page_alone(story: Story) -> None:
    await _both(story)
    await story.expect_text("alice", within="6m", saying="Reply")
    await story.reply("alice", "ack")
    await story.expect_text("dave", within="6m", saying="LedgerDown")
    story.forget_messages()
