"""A text whose answer was lost is looked up: what went out is known, and there is never more than one duplicate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from oncall.engine import Organisation
from oncall.incident import EntryKind
from oncall.person import ContactMethod, ContactRule
from oncall.services.delivery import delivery, lost_answers
from oncall.standins.faults import Fault
from oncall.store import deliveries as delivery_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store.pages import PageStatus
from tests.oncall.web.webhooks.test_twilio_doors import ANA, firing

pytestmark = pytest.mark.usefixtures("door")

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LOST = [Fault.DROP_AFTER, Fault.BROKEN_JSON]


@pytest.fixture
def texts_only(engine):
    """Ana has nothing but texts."""
    people = dict(engine.directory.people)
    method, rule = ContactMethod(channel="sms", address=ANA), ContactRule(channel="sms")
    people["ana"] = replace(people["ana"], methods=(method,), important=(rule,), ordinary=(rule,))
    engine.organisation = Organisation(replace(engine.directory, people=people))


@pytest.fixture
def passes(happens, clock):
    async def go(*lengths: timedelta) -> None:
        for length in lengths:
            clock.move(length)
            await happens.settle()

    return go


async def attempts(engine, number: int, channel: str = "sms") -> list[tuple[str, str]]:
    async with engine.database.read() as tx:
        found = await page_rows.of_incident(tx, number)
        pages = [page.id for page in found if page.channel == channel and page.person == "ana"]
        return [(one.outcome, one.provider_id) for one in await delivery_rows.of_pages(tx, pages)]


def to_ana(twilio):
    return [text for text in twilio.texts if text.to == ANA]


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.usefixtures("texts_only")
async def test_the_only_method_is_looked_up_before_it_is_used_again(engine, happens, twilio, passes, fault):
    twilio.faults.expect(fault)
    number = await happens.receive(firing())
    await passes(SECOND, MINUTE)
    (text,) = to_ana(twilio)
    assert await attempts(engine, number) == [("unknown", ""), ("accepted", text.sid)]


@pytest.mark.usefixtures("texts_only")
async def test_what_the_provider_does_not_have_is_sent(happens, twilio, passes):
    twilio.faults.expect(Fault.DROP_BEFORE)
    await happens.receive(firing())
    assert to_ana(twilio) == []
    await passes(SECOND)
    assert len(to_ana(twilio)) == 1


@pytest.mark.usefixtures("texts_only")
async def test_the_only_method_waits_as_long_as_the_provider_asks(happens, twilio, passes):
    """It is its own next method no more than anybody else's: bringing that forward must not bring itself forward."""
    twilio.faults.expect(Fault.RATE_LIMITED)
    await happens.receive(firing())
    await passes(SECOND, timedelta(seconds=28))
    assert to_ana(twilio) == []
    await passes(SECOND)
    assert len(to_ana(twilio)) == 1


@pytest.mark.usefixtures("texts_only")
async def test_where_the_provider_does_not_say_either_there_is_one_duplicate_and_never_two(happens, twilio, passes):
    twilio.list_fails = True
    twilio.faults.expect(Fault.DROP_AFTER, Fault.DROP_AFTER, Fault.DROP_AFTER)
    await happens.receive(firing())
    await passes(SECOND, SECOND, MINUTE, MINUTE)
    assert len(to_ana(twilio)) == 2


@pytest.mark.usefixtures("texts_only")
async def test_a_rate_limit_after_a_lost_answer_does_not_make_a_second_duplicate(happens, twilio, passes):
    twilio.list_fails = True
    twilio.faults.expect(Fault.DROP_AFTER, Fault.RATE_LIMITED, Fault.DROP_AFTER, Fault.DROP_AFTER)
    await happens.receive(firing())
    await passes(SECOND, timedelta(seconds=31), MINUTE, MINUTE)
    assert len(to_ana(twilio)) == 2


async def test_with_another_method_the_call_starts_and_the_text_becomes_known(engine, happens, twilio, passes):
    twilio.faults.expect(Fault.DROP_AFTER)
    number = await happens.receive(firing())
    assert len(twilio.calls) == 1
    assert await lost_answers.ask(engine) == 1
    (text,) = to_ana(twilio)
    assert await attempts(engine, number) == [("accepted", text.sid)]
    await twilio.report_text(text, "delivered")
    assert await attempts(engine, number) == [("delivered", text.sid)]
    async with engine.database.read() as tx:
        told = [entry.text for _, entry in await incident_rows.entries(tx, number) if entry.kind is EntryKind.DELIVERY]
    assert "sms to ana: looked up, the provider has it (accepted)" in told
    await passes(MINUTE)
    assert len(to_ana(twilio)) == 1
    assert await lost_answers.ask(engine) == 0


async def test_what_was_never_sent_counts_as_not_reached_after_a_minute(engine, happens, twilio, clock):
    twilio.faults.expect(Fault.DROP_BEFORE)
    number = await happens.receive(firing())
    assert await lost_answers.ask(engine) == 0
    clock.move(MINUTE)
    assert await lost_answers.ask(engine) == 1
    assert await attempts(engine, number) == [("unreachable", "")]
    async with engine.database.read() as tx:
        pages = [page for page in await page_rows.of_incident(tx, number) if page.channel == "sms"]
    assert [page.status for page in pages] == [PageStatus.FAILED]


async def test_a_provider_that_cannot_be_asked_settles_nothing(engine, happens, twilio, clock):
    twilio.faults.expect(Fault.DROP_AFTER)
    twilio.list_fails = True
    number = await happens.receive(firing())
    clock.move(MINUTE)
    assert await lost_answers.ask(engine) == 0
    assert await attempts(engine, number) == [("unknown", "")]


async def test_a_text_that_is_known_already_is_not_taken_for_the_lost_one(engine, happens, twilio, clock, passes):
    """The same words go out again when the policy repeats; only one of them was lost."""
    number = await happens.receive(firing())
    (first,) = to_ana(twilio)
    for _ in range(40):
        if len(to_ana(twilio)) > 1:
            break
        twilio.faults.expect(Fault.DROP_AFTER)
        await passes(MINUTE)
    found = await attempts(engine, number)
    assert ("accepted", first.sid) in found
    assert len({sid for _, sid in found if sid}) == len([sid for _, sid in found if sid])


async def test_what_twilio_reports_as_failed_meanwhile_is_a_failure(engine, happens, twilio):
    twilio.faults.expect(Fault.DROP_AFTER)
    number = await happens.receive(firing())
    (text,) = to_ana(twilio)
    twilio.statuses[text.sid] = ("undelivered", 30005)
    assert await lost_answers.ask(engine) == 1
    assert await attempts(engine, number) == [("refused", text.sid)]


async def test_a_node_that_died_after_sending_leaves_no_second_text(engine, happens, twilio, clock, monkeypatch):
    """Its lease runs out and another node takes over; Twilio knows that the text went out."""
    real = engine.records.ask

    async def dies(*_: object) -> bool:
        raise OSError("the node is gone")

    engine.records.ask = dies
    with pytest.raises(OSError, match="gone"):
        await happens.receive(firing())
    engine.records.ask = real
    clock.move(delivery.LEASE)
    await happens.settle()
    assert len(to_ana(twilio)) == 1


@pytest.mark.usefixtures("texts_only")
async def test_what_a_node_that_died_may_have_sent_counts_as_the_one_duplicate(engine, happens, twilio, passes):
    """Nobody recorded that attempt, yet its text may be out: another lost answer makes two, and three are a fault."""
    real = engine.records.ask

    async def dies(*_: object) -> bool:
        raise OSError("the node is gone")

    twilio.list_fails = True
    engine.records.ask = dies
    with pytest.raises(OSError, match="gone"):
        await happens.receive(firing())
    engine.records.ask = real
    twilio.faults.expect(Fault.DROP_AFTER)
    await passes(delivery.LEASE, SECOND, MINUTE, MINUTE)
    assert len(to_ana(twilio)) == 2
