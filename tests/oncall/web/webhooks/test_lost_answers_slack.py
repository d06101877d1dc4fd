"""A direct message whose answer was lost is looked up in Slack, by the page it names in its metadata."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from oncall.engine import Organisation
from oncall.incident import Actor, Via
from oncall.person import ContactMethod, ContactRule
from oncall.services import incidents
from oncall.services.delivery import incident_posts, lost_answers
from oncall.standins.faults import Fault
from oncall.store import deliveries as delivery_rows
from oncall.store import pages as page_rows
from tests.oncall.web.webhooks.test_twilio_doors import firing

ANA = "U0000ANA"
BY = Actor("ben", Via.WEB)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LOST = [Fault.DROP_AFTER, Fault.BROKEN_JSON]

pytestmark = pytest.mark.usefixtures("door")


@pytest.fixture
def reachable_by(engine):
    """Ana's methods for a page, in order: "slack" alone, or with texts after it."""

    def by(*channels: str) -> None:
        addresses = {"slack": ANA, "sms": "+34600000001"}
        methods = tuple(ContactMethod(channel=name, address=addresses[name]) for name in channels)
        rules = tuple(ContactRule(channel=name, after=n * 5 * MINUTE) for n, name in enumerate(channels))
        people = dict(engine.directory.people)
        people["ana"] = replace(people["ana"], methods=methods, important=rules, ordinary=rules)
        engine.organisation = Organisation(replace(engine.directory, people=people))

    return by


@pytest.fixture
def passes(happens, clock):
    async def go(*lengths: timedelta) -> None:
        for length in lengths:
            clock.move(length)
            await happens.settle()

    return go


def to_ana(slack):
    return [post for post in slack.workspace.posts if post.channel == "D0000ANA"]


async def attempts(engine, number: int) -> list[tuple[str, str]]:
    async with engine.database.read() as tx:
        found = await page_rows.of_incident(tx, number)
        pages = [page.id for page in found if page.channel == "slack" and page.person == "ana"]
        return [(one.outcome, one.provider_id) for one in await delivery_rows.of_pages(tx, pages)]


@pytest.mark.parametrize("fault", LOST)
async def test_the_only_method_is_looked_up_before_it_is_used_again(
    engine, happens, slack, passes, reachable_by, fault
):
    reachable_by("slack")
    slack.faults.expect(fault)
    number = await happens.receive(firing())
    await passes(SECOND, MINUTE)
    (post,) = to_ana(slack)
    assert await attempts(engine, number) == [("unknown", ""), ("accepted", f"D0000ANA/{post.ts}")]


async def test_what_slack_does_not_have_is_sent(happens, slack, passes, reachable_by):
    reachable_by("slack")
    slack.faults.expect(Fault.DROP_BEFORE)
    await happens.receive(firing())
    assert to_ana(slack) == []
    await passes(SECOND)
    assert len(to_ana(slack)) == 1


async def test_without_the_scope_there_is_one_duplicate_and_never_two(happens, slack, passes, reachable_by):
    reachable_by("slack")
    slack.scopes_missing.add("conversations.history")
    slack.faults.expect(Fault.DROP_AFTER, Fault.DROP_AFTER, Fault.DROP_AFTER)
    await happens.receive(firing())
    await passes(SECOND, SECOND, MINUTE, MINUTE)
    assert len(to_ana(slack)) == 2


async def test_another_page_to_the_same_person_is_not_taken_for_the_lost_one(happens, slack, passes, reachable_by):
    reachable_by("slack")
    await happens.receive(firing("First"))
    await passes(MINUTE)
    slack.faults.expect(Fault.DROP_BEFORE)
    await happens.receive(firing("Second", service="ledger"))
    await passes(SECOND, MINUTE)
    assert sum("Second" in post.text for post in to_ana(slack)) == 1


async def test_with_another_method_the_text_goes_out_and_the_message_found_follows_its_incident(
    engine, happens, slack, twilio, reachable_by, clock
):
    """A message nobody knew of would keep its old buttons for ever."""
    reachable_by("slack", "sms")
    slack.faults.expect(Fault.DROP_AFTER)
    number = await happens.receive(firing())
    assert [text.to for text in twilio.texts] == ["+34600000001"]
    assert await lost_answers.ask(engine) == 1
    (post,) = to_ana(slack)
    assert await attempts(engine, number) == [("accepted", f"D0000ANA/{post.ts}")]
    await incidents.acknowledge(engine, number, by=BY)
    clock.move(2 * SECOND)
    await incident_posts.show_due(engine)
    assert "Acknowledged by Ben Okafor" in post.text


async def test_what_was_never_sent_counts_as_not_reached_after_a_minute(engine, happens, slack, clock, reachable_by):
    reachable_by("slack", "sms")
    slack.faults.expect(Fault.DROP_BEFORE)
    number = await happens.receive(firing())
    assert await lost_answers.ask(engine) == 0
    clock.move(MINUTE)
    assert await lost_answers.ask(engine) == 1
    assert await attempts(engine, number) == [("unreachable", "")]
