"""Texts and calls, from an alert to an acknowledgement, over real sockets with the real client."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest
from msgspec.structs import replace

from notifiers.breaker import FAILURES
from notifiers.outcome import OutcomeKind
from oncall.engine import Organisation
from oncall.errors import NotFound
from oncall.incident import IncidentStatus
from oncall.services.delivery import provider_report
from oncall.standins.faults import Fault
from oncall.store import deliveries as delivery_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows

ANA, BEN = "+34600000001", "+44700000002"

pytestmark = pytest.mark.usefixtures("door")


def firing(name: str = "CheckoutDown", **labels: str) -> dict:
    labels = {"alertname": name, "severity": "critical", "team": "payments", "service": "checkout"} | labels
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": f"{name} on checkout"},
        "startsAt": "2026-01-05T08:59:00Z",
    }


async def status_of(engine, number: int) -> IncidentStatus:
    async with engine.database.read() as tx:
        return (await incident_rows.get(tx, [number]))[number].status


async def test_a_page_is_a_text_and_its_reply_acknowledges(engine, happens, twilio):
    number = await happens.receive(firing())
    (text,) = twilio.texts
    assert text.to == ANA
    assert f"#{number}" in text.body
    assert "Reply 1a ack" in text.body
    answer = await twilio.reply(to_text=text, body="1a")
    assert answer.startswith(f"#{number} acknowledged")
    assert await status_of(engine, number) is IncidentStatus.ACKNOWLEDGED


@pytest.mark.parametrize("body", ["ack", "ack 1", "Ack all", "1 ack", "aa", "ACK 1 – on it ✅"])
async def test_every_way_to_say_it_acknowledges(engine, happens, twilio, body):
    number = await happens.receive(firing())
    await twilio.reply(to_text=twilio.texts[0], body=body)
    assert await status_of(engine, number) is IncidentStatus.ACKNOWLEDGED


async def test_the_same_text_delivered_twice_takes_effect_once_and_gets_the_same_answer(happens, twilio):
    await happens.receive(firing())
    first = await twilio.reply(to_text=twilio.texts[0], body="1a", sid="SM" + "7" * 32)
    again = await twilio.reply(to_text=twilio.texts[0], body="1a", sid="SM" + "7" * 32)
    assert first == again


async def test_whoever_is_late_hears_who_was_first_and_when(happens, twilio, clock):
    await happens.receive(firing())
    clock.move(timedelta(minutes=10))
    await happens.settle()
    to_ben = next(text for text in twilio.texts if text.to == BEN)
    await twilio.reply(to_text=twilio.texts[0], body="1a")
    clock.move(timedelta(minutes=1))
    answer = await twilio.reply(to_text=to_ben, body="1a")
    assert "Ana Ruiz" in answer
    assert "09:10" in answer


async def test_answers_are_in_the_persons_language(engine, happens, twilio):
    people = dict(engine.directory.people)
    people["ana"] = replace(people["ana"], language="de")
    engine.organisation = Organisation(replace(engine.directory, people=people))
    number = await happens.receive(firing())
    assert "kritisch" in twilio.texts[0].body
    assert await twilio.reply(to_text=twilio.texts[0], body="1a") == f"#{number} übernommen."


async def test_a_stranger_gets_no_answer_and_changes_nothing(engine, happens, twilio):
    number = await happens.receive(firing())
    assert await twilio.text(sender="+15005550006", to="+14155552345", body="ack all") == ""
    assert await status_of(engine, number) is IncidentStatus.TRIGGERED


async def test_all_is_about_what_a_phone_was_told_of_and_nothing_else(engine, happens, twilio, clock):
    """A page that had not left yet was once acknowledged with the others, by somebody who had never heard of it."""
    first = await happens.receive(firing())
    clock.move(timedelta(minutes=1))
    twilio.faults.expect(Fault.RATE_LIMITED)
    ledger = firing("LedgerFull")
    ledger["labels"]["service"] = "ledger"
    second = await happens.receive(ledger, group="other")
    assert first != second
    assert await twilio.reply(to_text=twilio.texts[0], body="aa") == f"#{first} acknowledged."
    assert await status_of(engine, first) is IncidentStatus.ACKNOWLEDGED
    assert await status_of(engine, second) is IncidentStatus.TRIGGERED
    clock.move(timedelta(minutes=1))
    await happens.settle()
    assert f"#{second}" in await twilio.reply(to_text=twilio.texts[-1], body="aa")
    assert await status_of(engine, second) is IncidentStatus.ACKNOWLEDGED


async def test_an_unknown_text_gets_one_helpful_answer_and_acknowledges_nothing(engine, happens, twilio):
    number = await happens.receive(firing())
    answer = await twilio.reply(to_text=twilio.texts[0], body="do not ack this")
    assert "ack" in answer
    assert await status_of(engine, number) is IncidentStatus.TRIGGERED


async def test_a_call_follows_when_nobody_answers_the_text_and_a_key_acknowledges(engine, happens, twilio, clock):
    number = await happens.receive(firing())
    clock.move(timedelta(minutes=2))
    await happens.settle()
    (call,) = twilio.calls
    heard = await twilio.answer(call, "4")
    assert heard.said[0].startswith("On-call page for")
    assert "acknowledged" in heard.said[-1]
    assert await status_of(engine, number) is IncidentStatus.ACKNOWLEDGED


@pytest.mark.parametrize(("keys", "by"), [((), ""), (("7", "8", "1"), ""), ((), "machine_start")])
async def test_silence_wrong_keys_and_voice_mail_acknowledge_nothing(engine, happens, twilio, clock, keys, by):
    number = await happens.receive(firing())
    clock.move(timedelta(minutes=2))
    await happens.settle()
    heard = await twilio.answer(twilio.calls[0], *keys, answered_by=by)
    assert len(heard.said) < 15
    assert await status_of(engine, number) is IncidentStatus.TRIGGERED


async def test_a_call_about_a_page_that_was_taken_meanwhile_says_so(happens, twilio, clock):
    await happens.receive(firing())
    clock.move(timedelta(minutes=2))
    await happens.settle()
    await twilio.reply(to_text=twilio.texts[0], body="ack")
    heard = await twilio.answer(twilio.calls[0], "4")
    (said,) = heard.said
    assert said.startswith("Ana Ruiz acknowledged incident")
    assert said.endswith("UTC. Nothing to do for you. Goodbye.")


async def test_a_call_about_an_incident_that_ended_meanwhile_says_who_ended_it(happens, twilio, clock):
    await happens.receive(firing())
    clock.move(timedelta(minutes=2))
    await happens.settle()
    await happens.receive(firing() | {"status": "resolved", "endsAt": "2026-01-05T09:01:00Z"})
    (said,) = (await twilio.answer(twilio.calls[0])).said
    assert "was resolved by its alerts at" in said


async def test_a_call_for_no_page_of_ours_says_goodbye(twilio, happens, clock):
    await happens.receive(firing())
    clock.move(timedelta(minutes=2))
    await happens.settle()
    unknown = replace(twilio.calls[0], url="https://oncall.example.com/webhooks/twilio/voice?page=nothing")
    assert (await twilio.answer(unknown)).said == ("This page is no longer open. Goodbye.",)


async def test_a_key_can_repeat_escalate_and_resolve(engine, happens, twilio, clock):
    number = await happens.receive(firing())
    clock.move(timedelta(minutes=2))
    await happens.settle()
    heard = await twilio.answer(twilio.calls[0], "*", "6")
    assert sum(line.startswith("On-call page") for line in heard.said) == 2
    assert await status_of(engine, number) is IncidentStatus.RESOLVED


async def outcomes(engine, number: int) -> list[str]:
    async with engine.database.read() as tx:
        pages = await page_rows.of_incident(tx, number)
        carried = await delivery_rows.of_pages(tx, [page.id for page in pages if page.channel != "slack"])
    return [d.outcome for d in carried]


async def test_reports_doubled_reversed_and_unknown_only_move_forward(engine, happens, twilio):
    number = await happens.receive(firing())
    (text,) = twilio.texts
    for status in ("delivered", "sent", "delivered", "queued"):
        assert await twilio.report_text(text, status) == 204
    stranger = replace(text, sid="SM" + "9" * 32, sender="+1", body="")
    assert await twilio.report_text(stranger, "failed", 30003) == 204
    assert await outcomes(engine, number) == ["delivered"]


async def test_delivered_is_never_taken_for_seen(engine, happens, twilio):
    number = await happens.receive(firing())
    await twilio.report_text(twilio.texts[0], "delivered")
    assert await status_of(engine, number) is IncidentStatus.TRIGGERED


async def test_a_phone_that_is_off_moves_on_to_the_call_at_once(happens, twilio):
    await happens.receive(firing())
    await twilio.report_text(twilio.texts[0], "undelivered", 30003)
    await happens.settle()
    assert len(twilio.calls) == 1


async def test_a_limit_holds_a_critical_page_ten_seconds_and_no_longer(happens, twilio, clock):
    """However often it is looked at meanwhile: holds never add up."""
    await happens.receive(firing("CheckoutDown"))
    await happens.receive(firing("LedgerDown", service="ledger", team="payments"), group="other")
    for second in range(1, 12):
        clock.move(timedelta(seconds=1))
        await happens.settle()
        assert second >= 10 or not any("LedgerDown" in text.body for text in twilio.texts)
    assert any("LedgerDown" in text.body for text in twilio.texts)


async def test_somebody_who_sent_stop_is_called_at_once(happens, twilio):
    twilio.refused[ANA] = 21610
    await happens.receive(firing())
    assert [call.to for call in twilio.calls] == [ANA]


async def test_a_lost_answer_starts_the_call_and_the_report_settles_what_came_of_the_text(engine, happens, twilio):
    twilio.faults.expect(Fault.DROP_AFTER)
    number = await happens.receive(firing())
    assert len(twilio.texts) == 1
    assert len(twilio.calls) == 1
    assert sorted(await outcomes(engine, number)) == ["accepted", "unknown"]
    await twilio.report_text(twilio.texts[0], "delivered")
    assert sorted(await outcomes(engine, number)) == ["accepted", "delivered"]


async def test_filtered_texts_alarm_the_operator_once(engine, happens, twilio):
    await happens.receive(firing())
    await twilio.report_text(twilio.texts[0], "undelivered", 30007)
    await twilio.report_text(twilio.texts[0], "undelivered", 30007)
    async with engine.database.read() as tx:
        titles = [incident.title for incident in await incident_rows.listed(tx, limit=10)]
    assert sum("broken for everybody" in title for title in titles) == 1


@pytest.mark.parametrize("path", ["sms", "voice", "gather", "status"])
@pytest.mark.parametrize(
    "body", [b"From=%2B34600000001&Body=ack&MessageSid=SM1", b"\xff\xfe", b"&".join([b"a=1"] * 600)]
)
@pytest.mark.parametrize("signature", [None, "", "AAAA", "é", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="])
async def test_what_twilio_did_not_sign_is_refused_and_changes_nothing(door, path, body, signature):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-Host": "oncall.example.com"}
    if signature is not None:
        headers["X-Twilio-Signature"] = signature
    url = door.make_url(f"/webhooks/twilio/{path}")
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        assert answer.status == 403


async def test_a_request_signed_for_another_address_is_refused(engine, happens, twilio):
    number = await happens.receive(firing())
    twilio.public_url = "https://staging.example.com"
    twilio.violations.found.clear()
    await twilio.reply(to_text=twilio.texts[0], body="1a")
    assert twilio.violations.found == ["the text address answered 403"]
    twilio.violations.found.clear()
    assert await status_of(engine, number) is IncidentStatus.TRIGGERED


async def test_while_a_provider_is_down_the_next_method_starts_beside_the_attempt(engine, happens, twilio):
    for _ in range(FAILURES):
        engine.breakers.note("sms", happens.clock.now(), OutcomeKind.UNKNOWN)
    await happens.receive(firing())
    assert len(twilio.texts) == 1
    assert [call.to for call in twilio.calls] == [ANA]


async def test_the_evidence_for_a_vendor_has_times_ids_and_codes_and_no_numbers(engine, happens, twilio):
    twilio.refused[ANA] = 21610
    await happens.receive(firing())
    found = await provider_report.report(engine, "twilio", happens.clock.now() - timedelta(hours=24))
    assert found.outcomes == {"refused": 1, "accepted": 1}
    assert found.codes["21610"] == 1
    assert found.attempts[1].provider_id == twilio.calls[0].sid
    assert ANA not in str(found)


async def test_a_provider_nobody_knows_is_said_with_those_there_are(engine):
    with pytest.raises(NotFound, match="no provider 'twillio'") as raised:
        await provider_report.report(engine, "twillio", engine.clock.now())
    assert "twilio" in raised.value.mend
