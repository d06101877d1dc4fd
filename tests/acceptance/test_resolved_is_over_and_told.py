from __future__ import annotations

import itertools
from typing import Any

import sqlalchemy as sa

from oncall.incident import IncidentStatus
from oncall.store.schema import alert as alert_row
from tests.acceptance.story import Story, alert, body


async def test_invariant_12_resolved_by_alertmanager_is_resolved_and_whoever_was_paged_is_told(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    await story.at("09:01").receive("03-critical-resolved.json")
    assert (await story.incident()).status is IncidentStatus.RESOLVED
    await story.expect_text("alice", within="5m", saying="(?i)resolved")
    await story.expect_quiet(lasting="1h")


async def test_an_incident_is_over_only_when_every_alert_is(story: Story) -> None:
    both = [alert("Down", service="ledger", pod=pod) for pod in "ab"]
    await story.at("09:00").receive(body(*both))
    await story.expect_text("carol")
    await story.reply("carol", "ack")
    await story.receive(body({**both[0], "status": "resolved", "endsAt": "2026-11-20T09:00:00Z"}, both[1]))
    assert (await story.incident()).status is IncidentStatus.ACKNOWLEDGED
    over = [{**one, "status": "resolved", "endsAt": "2026-11-20T09:00:30Z"} for one in both]
    await story.at("09:01").receive(body(*over))
    assert (await story.incident()).status is IncidentStatus.RESOLVED
    await story.expect_text("carol", within="5m", saying="(?i)resolved")


async def test_an_alert_that_ends_and_fires_again_while_nobody_looked_is_one_more_episode(story: Story) -> None:
    """Both bodies wait in the inbox and are worked off together; the inbox goes on."""
    down = alert("Down", service="ledger")
    await story.at("09:00").receive(body(down))
    await story.expect_text("carol")
    await story.post(body({**down, "status": "resolved", "endsAt": "2026-11-20T09:00:30Z"}))
    await story.post(body({**down, "startsAt": "2026-11-20T09:00:40Z"}))
    await story.settle()
    assert [i.status for i in await story.incidents()].count(IncidentStatus.TRIGGERED) == 1


async def test_an_alert_that_came_was_repeated_and_went_while_nobody_looked_is_over(story: Story) -> None:
    """All three bodies wait in the inbox and are worked off together; its next run pages like any other."""
    down = alert("Down", service="ledger")
    for report in (down, down, _over(down)):
        await story.post(body(report))
    await story.settle()
    story.forget_messages()
    assert (await story.incident()).status is IncidentStatus.RESOLVED
    await story.at("09:10").receive(body({**down, "startsAt": "2026-11-20T09:10:00Z"}))
    await story.expect_text("carol")


async def test_invariant_12_whatever_waits_in_the_inbox_of_an_alert_its_last_word_counts(story: Story) -> None:
    said = {f"Down{n}": words for n, words in enumerate(itertools.product(("firing", "resolved"), repeat=4))}
    for turn in range(4):
        for name, words in said.items():
            down = alert(name, service="ledger")
            await story.post(body(down if words[turn] == "firing" else _over(down)))
    await story.settle()
    story.forget_messages()
    async with story.engine.database.read() as tx:
        running = (await tx.execute(sa.select(alert_row.c.name).where(alert_row.c.ended_at.is_(None)))).scalars()
        assert set(running) == {name for name, words in said.items() if words[-1] == "firing"}


async def test_an_alert_that_was_left_firing_after_its_end_pages_when_it_fires_again(story: Story) -> None:
    """Earlier versions could write such a row; its end counts, or the alert would pass for a repeat for ever."""
    story.checking = False
    down = alert("Down", service="ledger")
    await story.receive(body(down))
    await story.receive(body(_over(down)))
    async with story.engine.database.write() as tx:
        await tx.execute(sa.update(alert_row).values(status="firing"))
    story.forget_messages()
    await story.at("09:10").receive(body({**down, "startsAt": "2026-11-20T09:10:00Z"}))
    await story.expect_text("carol")


def _over(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "status": "resolved", "endsAt": "2026-11-20T08:50:10Z"}
