"""Direct messages that were sent: rewritten once somebody took the incident or it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from oncall.engine import Organisation
from oncall.incident import Actor, Via
from oncall.person import ContactMethod, ContactRule
from oncall.services import incidents
from oncall.services.delivery import incident_posts
from oncall.services.people import contacts
from oncall.services.people.contacts import Method
from oncall.standins.faults import Fault
from oncall.store import incidents as incident_rows
from tests.oncall.web.webhooks.test_twilio_doors import firing

ANA, BEN = "U0000ANA", "U0000BEN"
BY_BEN = Actor("ben", Via.WEB)
pytestmark = pytest.mark.usefixtures("door", "in_slack")


@pytest.fixture
def in_slack(engine):
    """Ana and Ben are paged in Slack alone."""
    people = dict(engine.directory.people)
    for name, member in (("ana", ANA), ("ben", BEN)):
        method, rule = ContactMethod(channel="slack", address=member), ContactRule(channel="slack")
        people[name] = replace(people[name], methods=(method,), important=(rule,), ordinary=(rule,))
    engine.organisation = Organisation(replace(engine.directory, people=people))


@pytest.fixture
def shown(engine, clock):
    async def later(length: timedelta = timedelta(seconds=2)) -> None:
        await incident_posts.show_due(engine)
        clock.move(length)
        await incident_posts.show_due(engine)

    return later


def direct(slack, user: str = ANA):
    return [post for post in slack.workspace.posts if post.channel == "D" + user[1:]]


def labels(post) -> list[str]:
    return [e["text"]["text"] for block in post.blocks for e in block.get("elements", ()) if e["type"] == "button"]


async def test_after_an_acknowledgement_it_says_who_and_when_and_nobody_can_acknowledge_again(
    engine, happens, slack, shown
):
    number = await happens.receive(firing())
    (post,) = direct(slack)
    assert "Acknowledge" in labels(post)
    await incidents.acknowledge(engine, number, by=BY_BEN)
    await shown()
    assert direct(slack) == [post]
    assert "Acknowledged by Ben" in post.text
    assert "09:00 UTC" in post.text
    assert any("Acknowledged by Ben" in str(block) for block in post.blocks)
    assert "Acknowledge" not in labels(post)
    assert {"Resolve", "Escalate"} <= set(labels(post))


async def test_after_the_end_it_says_so_and_has_no_button_that_acts(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await incidents.resolve(engine, number, by=BY_BEN)
    await shown()
    post = direct(slack)[0]
    assert "Resolved by Ben" in post.text
    assert not {"Acknowledge", "Resolve", "Escalate"} & set(labels(post))
    assert all("action_id" in e and e["action_id"].startswith("page.open") for b in post.blocks
               for e in b.get("elements", ()) if e["type"] == "button")  # fmt: skip


async def test_an_end_by_the_alerts_themselves_names_nobody(happens, slack, shown):
    await happens.receive(firing())
    await happens.receive(firing() | {"status": "resolved", "endsAt": "2026-01-05T09:00:00Z"})
    await shown()
    assert "Resolved by its alerts at" in direct(slack)[0].text


async def test_an_acknowledgement_that_expires_brings_the_buttons_back(engine, happens, slack, shown, clock):
    number = await happens.receive(firing())
    await incidents.acknowledge(engine, number, by=BY_BEN)
    await shown()
    post = direct(slack)[0]
    for _ in range(30):
        clock.move(timedelta(minutes=10))
        await happens.settle()
        async with engine.database.read() as tx:
            if (await incident_rows.get(tx, [number]))[number].status == "triggered":
                break
    await shown()
    assert "Acknowledge" in labels(post)
    assert "Acknowledged by" not in post.text


async def test_what_changes_nothing_for_whoever_was_asked_is_not_written(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await shown()
    await incidents.note(engine, number, by=BY_BEN, text="looking")
    await shown()
    assert direct(slack)[0].edits == 0
    await incidents.acknowledge(engine, number, by=BY_BEN)
    await shown()
    await incidents.note(engine, number, by=BY_BEN, text="still looking")
    await shown()
    assert direct(slack)[0].edits == 1


async def test_everybody_who_was_asked_sees_it(engine, happens, slack, shown, clock):
    number = await happens.receive(firing())
    clock.move(timedelta(minutes=10))
    await happens.settle()
    assert direct(slack, BEN)
    await incidents.acknowledge(engine, number, by=BY_BEN)
    await shown()
    for user in (ANA, BEN):
        assert all("Acknowledge" not in labels(post) for post in direct(slack, user))


async def test_a_bundle_can_be_acknowledged_while_any_of_it_waits(engine, happens, slack, shown):
    first = await happens.receive(firing("CheckoutDown"), firing("LedgerDown", service="ledger", team="payments"))
    async with engine.database.read() as tx:
        numbers = sorted(one.id for one in await incident_rows.listed(tx, limit=10))
    if len(numbers) < 2:
        pytest.skip("grouping made one incident of it")
    (post,) = direct(slack)
    await incidents.acknowledge(engine, first, by=BY_BEN)
    await shown()
    assert "Acknowledge" in labels(post)
    assert f"#{first}: Acknowledged by Ben" in post.text
    for number in numbers:
        if number != first:
            await incidents.acknowledge(engine, number, by=BY_BEN)
    await shown()
    assert "Acknowledge" not in labels(post)
    assert post.edits == 2


async def test_a_test_has_a_button_by_which_whoever_got_it_proves_the_method(engine, happens, slack, caller):
    await contacts.send_test(engine, caller("ana"), Method(channel="slack"))
    await happens.settle()
    (post,) = direct(slack)
    for user, state, answer in ((BEN, "untested", "somebody else"), (ANA, "works", "this contact method works")):
        await slack.click(post, "It reached me", user=user)
        await engine.background.finish()
        assert answer in slack.responses[-1]["text"]
        (listed,) = [one for one in (await contacts.list_contacts(engine, caller("ana"))).methods if not one.left_out]
        assert listed.state == state


async def test_a_rate_limit_is_waited_for_and_the_message_is_right_in_the_end(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await shown()
    await incidents.acknowledge(engine, number, by=BY_BEN)
    await shown(timedelta(0))
    slack.faults.expect(Fault.RATE_LIMITED, Fault.RATE_LIMITED)
    await incidents.resolve(engine, number, by=BY_BEN)
    await shown(timedelta(minutes=2))
    await shown(timedelta(minutes=2))
    assert "Resolved by Ben" in direct(slack)[0].text


async def test_a_message_that_was_deleted_in_slack_is_let_be(engine, happens, slack, shown):
    number = await happens.receive(firing())
    await shown()
    slack.workspace.posts.clear()
    await incidents.acknowledge(engine, number, by=BY_BEN)
    await shown()
    await shown(timedelta(minutes=10))
    assert direct(slack) == []
