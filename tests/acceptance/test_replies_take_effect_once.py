from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from oncall.incident import Actor, Via
from oncall.services import incidents
from oncall.services.answers import replies
from oncall.services.answers.replies import Incoming
from oncall.store import incidents as incident_rows
from oncall.store import replies as reply_rows
from tests.acceptance.story import Story, alert, body


async def test_invariant_9_a_reply_delivered_twice_acts_once_and_is_answered_the_same(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    incoming = Incoming(id="SM1", channel="phone", address="alice", text="ack")
    answers = [await replies.handle(story.engine, incoming) for _ in range(3)]
    assert answers == ["#1 acknowledged."] * 3
    taken = [line for line in await story.timeline(1) if line.startswith("acknowledged: ")]
    assert len(taken) == 1
    await story.settle()


async def _begun_and_crashed(story: Story, text: str) -> Incoming:
    """An answer that a node had noted when it died, and that the provider hands over again."""
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    incoming = Incoming(id="SM1", channel="phone", address="alice", text=text)
    async with story.engine.database.write() as tx:
        await reply_rows.remember(
            tx,
            reply_id=incoming.id,
            at=story.clock.now(),
            channel=incoming.channel,
            address=incoming.address,
            person="alice",
            text=text,
            answer="",
        )
    await story.restart()
    return incoming


async def test_invariant_9_an_answer_that_a_crash_interrupted_is_not_lost(story: Story) -> None:
    incoming = await _begun_and_crashed(story, "ack")
    assert await replies.handle(story.engine, incoming) == "#1 acknowledged."
    await story.expect_quiet(lasting="10m")


async def test_invariant_9_what_must_not_happen_twice_is_asked_back(story: Story) -> None:
    incoming = await _begun_and_crashed(story, "escalate")
    assert "say it again if it is not done: escalate" in await replies.handle(story.engine, incoming)
    story.forget_messages()


async def test_invariant_9_whoever_is_late_hears_who_was_first_and_when(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    await story.expect_call("alice", within="2m")
    await story.expect_text("bob", within="5m")
    await story.at("09:06").reply("alice", "ack")
    assert await story.at("09:07").reply("bob", "ack") == "#1: Alice Adams acknowledged it at 09:06 UTC."


async def test_a_key_in_a_call_acknowledges(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    await story.expect_call("alice", within="2m", saying="(?i)press 4|4")
    assert await story.press("alice", "4", incident=1) == "#1 acknowledged."
    await story.expect_quiet(lasting="20m")


async def test_a_stranger_changes_nothing_and_gets_no_answer(story: Story) -> None:
    await story.at("09:00").receive("01-critical-firing-bearer.json")
    await story.expect_text("alice")
    assert await story.reply("mallory", "ack all") == ""
    await story.expect_call("alice", within="2m")


@pytest.mark.parametrize("verb", [incidents.acknowledge, incidents.resolve])
async def test_invariant_5_what_people_do_counts_from_when_it_holds_the_incident(story: Story, verb: Any) -> None:
    """While it waits for the database pages still go out; its time in the record is not before theirs."""
    await story.at("09:00").receive(body(alert("LedgerDown", service="ledger")))
    await story.expect_text("carol")
    async with story.engine.database.write() as tx:
        await incident_rows.get(tx, [1], lock=True)
        waiting = asyncio.create_task(verb(story.engine, 1, by=Actor("carol", Via.PHONE)))
        await asyncio.sleep(0)
        story.clock.move_to(story.clock.now() + timedelta(seconds=9))
    changed = await waiting
    assert story.clock.now() in {changed.lead.acknowledged_at, changed.resolved_at}
    story.forget_messages()
