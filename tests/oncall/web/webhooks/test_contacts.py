"""Contact methods: stopped by a text, proved by a code, tried with a test page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from oncall.errors import Invalid, NotFound
from oncall.services.people import contacts
from oncall.services.people.contacts import Code, Method

ANA = "+34600000001"

pytestmark = pytest.mark.usefixtures("door")


def firing(name: str = "CheckoutDown") -> dict:
    return {
        "status": "firing",
        "labels": {"alertname": name, "severity": "critical", "team": "payments", "service": "checkout"},
        "annotations": {"summary": f"{name} on checkout"},
        "startsAt": "2026-01-05T08:59:00Z",
    }


@pytest.fixture
def ana(caller):
    return caller("ana")


async def state(engine, ana, channel: str = "sms") -> str:
    listed = await contacts.list_contacts(engine, ana)
    return next(item.state for item in listed.methods if item.channel == channel)


async def test_stop_is_honoured_and_shown_and_start_ends_it(engine, happens, twilio, ana):
    answer = await twilio.text(sender=ANA, to="+14155552345", body="STOP")
    assert "START" in answer
    assert await state(engine, ana) == "stopped"
    await happens.receive(firing())
    assert twilio.texts == []
    assert [call.to for call in twilio.calls] == [ANA]
    await twilio.text(sender=ANA, to="+14155552345", body="start")
    assert await state(engine, ana) == "works"


async def test_an_answer_shows_that_a_method_works(engine, happens, twilio, ana):
    assert await state(engine, ana) == "untested"
    await happens.receive(firing())
    assert await state(engine, ana) == "untested"
    await twilio.reply(to_text=twilio.texts[0], body="ack")
    assert await state(engine, ana) == "works"


async def test_a_method_that_answered_long_ago_is_untested_again(engine, twilio, ana, clock):
    await twilio.text(sender=ANA, to="+14155552345", body="help")
    clock.move(contacts.LATELY + timedelta(days=1))
    assert await state(engine, ana) == "untested"


async def test_a_number_that_does_not_exist_is_shown_as_failing(engine, happens, twilio, ana):
    await happens.receive(firing())
    await twilio.report_text(twilio.texts[0], "undelivered", 30005)
    assert await state(engine, ana) == "failing"


async def test_a_test_page_reaches_oneself_and_a_key_proves_the_call(engine, happens, twilio, ana):
    await contacts.send_test(engine, ana, Method(channel="sms"))
    await contacts.send_test(engine, ana, Method(channel="voice"))
    await happens.settle()
    assert "Test" in twilio.texts[0].body
    await twilio.answer(twilio.calls[0], "4")
    assert await state(engine, ana, "voice") == "works"


async def code_of(engine, happens, twilio, ana) -> str:
    await contacts.send_code(engine, ana, Method(channel="sms"))
    await happens.settle()
    return re.search(r"\d{6}", twilio.texts[-1].body)[0]


async def test_a_code_proves_a_method(engine, happens, twilio, ana):
    code = await code_of(engine, happens, twilio, ana)
    await contacts.verify(engine, ana, Code(channel="sms", code=f" {code} "))
    assert await state(engine, ana) == "works"


@pytest.mark.parametrize("spoil", ["wrong", "old", "guessed", "used"])
async def test_a_code_counts_once_for_ten_minutes_and_few_tries(engine, happens, twilio, ana, clock, spoil):
    code = await code_of(engine, happens, twilio, ana)
    wrong = Code(channel="sms", code="000000" if code != "000000" else "111111")
    if spoil == "old":
        clock.move(contacts.CODE_LIFE)
    if spoil == "used":
        await contacts.verify(engine, ana, Code(channel="sms", code=code))
    for _ in range(contacts.MOST_TRIES if spoil == "guessed" else 0):
        with pytest.raises(Invalid):
            await contacts.verify(engine, ana, wrong)
    with pytest.raises(Invalid):
        await contacts.verify(engine, ana, wrong if spoil == "wrong" else Code(channel="sms", code=code))


async def test_without_a_code_nothing_verifies(engine, ana):
    with pytest.raises(Invalid):
        await contacts.verify(engine, ana, Code(channel="sms", code=""))


async def test_a_method_one_does_not_have_is_said_so(engine, ana):
    with pytest.raises(NotFound, match="contact method"):
        await contacts.send_test(engine, ana, Method(channel="pushover"))


async def test_a_machine_that_keeps_writing_gets_no_more_answers(twilio):
    answers = [await twilio.text(sender=ANA, to="+14155552345", body="I am away until Monday") for _ in range(8)]
    assert answers[0].startswith("Not understood")
    assert answers[-1] == ""
