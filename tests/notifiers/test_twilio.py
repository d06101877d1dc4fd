"""The real twilio client against the stand-in."""

from __future__ import annotations

import pytest

from notifiers import twiml
from notifiers.http import Http
from notifiers.message import MessageKind
from notifiers.outcome import OutcomeKind
from notifiers.sms import SmsNotifier
from notifiers.twilio_api import TwilioApi, check_number, is_public
from notifiers.voice import VoiceNotifier
from oncall.standins.faults import Fault
from oncall.standins.twilio import TwilioStandin
from oncall.standins.twilio_call import walk

PUBLIC = "https://oncall.example.com"
ALICE = "+14155550100"


@pytest.fixture
async def twilio():
    async with TwilioStandin(public_url=PUBLIC) as standin:
        yield standin


@pytest.fixture
async def http():
    pool = Http(allow_private=True)
    yield pool
    await pool.close()


@pytest.fixture
def account(twilio, http):
    def build(**changes):
        values = {
            "account_sid": twilio.account_sid,
            "auth_token": twilio.auth_token,
            "sender": "+14155552345",
            "base": twilio.url,
            "public_url": PUBLIC,
        }
        return TwilioApi(http, **(values | changes))

    return build


async def test_a_text_carries_the_page_and_where_to_report(twilio, account, wording, message):
    outcome = await SmsNotifier(account(), wording).send(ALICE, message())
    (text,) = twilio.texts
    assert (text.to, text.sender) == (ALICE, "+14155552345")
    assert text.body == wording.short(message())
    assert text.status_callback == f"{PUBLIC}/webhooks/twilio/status?page=pg_0001"
    assert outcome.provider_id == text.sid


async def test_a_messaging_service_sends_instead_of_a_number(twilio, account, wording, message):
    service = "MG" + "0" * 32
    outcome = await SmsNotifier(account(sender=service), wording).send(ALICE, message())
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert twilio.texts[0].sender == service


async def test_countries_without_replies_get_no_code(twilio, account, wording, message):
    await SmsNotifier(account(), wording).send("+919876543210", message())
    assert "Reply" not in twilio.texts[0].body


async def test_a_wrong_token_is_a_broken_channel(account, wording, message):
    outcome = await SmsNotifier(account(auth_token="wrong"), wording).send(ALICE, message())
    assert (outcome.kind, outcome.code) == (OutcomeKind.BROKEN, "20003")
    assert "wrong" not in repr(outcome)


async def test_somebody_who_sent_stop_is_refused(twilio, account, wording, message):
    twilio.refused[ALICE] = 21610
    outcome = await SmsNotifier(account(), wording).send(ALICE, message())
    assert (outcome.kind, outcome.code) == (OutcomeKind.REFUSED, "21610")


async def test_a_hung_twilio_is_given_up_after_our_own_time(twilio, account, wording, message):
    twilio.faults.expect(Fault.HANG_AFTER)
    notifier = SmsNotifier(account(), wording)
    notifier.timeout = 0.2
    outcome = await notifier.send(ALICE, message())
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert len(twilio.texts) == 1


async def test_a_server_error_is_not_posted_again(twilio, account, wording, message):
    twilio.faults.expect(Fault.ERROR)
    outcome = await SmsNotifier(account(), wording).send(ALICE, message())
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert twilio.texts == []


async def test_two_hundred_texts_go_out_side_by_side(twilio, account, wording, message):
    import asyncio

    notifier = SmsNotifier(account(), wording)
    outcomes = await asyncio.gather(*(notifier.send(ALICE, message(page_id=f"p{n}")) for n in range(200)))
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert len({text.sid for text in twilio.texts}) == 200


async def test_an_edge_in_our_environment_changes_no_address(monkeypatch, twilio, account, wording, message):
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    outcome = await SmsNotifier(account(), wording).send(ALICE, message())
    assert outcome.kind is OutcomeKind.ACCEPTED


async def test_twilios_cloud_is_not_told_an_address_it_cannot_reach(http, wording):
    local = TwilioApi(
        http, account_sid="AC", auth_token="t", sender="+1415", base="", public_url="http://127.0.0.1:8080"
    )
    assert not local.calls_back


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://oncall.example.com", True),
        ("http://localhost:8080", False),
        ("http://127.0.0.1:8080", False),
        ("http://192.168.1.4", False),
        ("http://oncall", False),
        ("http://oncall.internal", False),
    ],
)
def test_an_address_is_public_or_not(url, public):
    assert is_public(url) is public


@pytest.mark.parametrize("number", ["4155550100", "+0155550100", "+1 415", "+1415555010012345", "+banana", "+١٢٣٤٥٦٧٨"])
def test_a_number_without_country_code_or_with_anything_else_is_refused(number):
    assert check_number(number)


async def test_a_call_asks_for_our_words_when_it_is_answered(twilio, account, message):
    outcome = await VoiceNotifier(account()).send(ALICE, message())
    (call,) = twilio.calls
    assert outcome.provider_id == call.sid
    assert call.url == f"{PUBLIC}/webhooks/twilio/voice?page=pg_0001"
    assert call.status_callback == f"{PUBLIC}/webhooks/twilio/status?page=pg_0001"


async def test_a_call_without_a_public_address_is_a_broken_channel(http, message):
    local = TwilioApi(http, account_sid="AC", auth_token="t", sender="+14155552345", base="", public_url="http://x")
    outcome = await VoiceNotifier(local).send(ALICE, message())
    assert outcome.kind is OutcomeKind.BROKEN


class Engine:
    """Answers a walked call from `twiml` alone."""

    def __init__(self, message, wording):
        self.message, self.wording, self.keys = message, wording, []

    async def post(self, url, form):
        from urllib.parse import parse_qs, urlsplit

        parts = urlsplit(url)
        round_ = int(parse_qs(parts.query).get("round", ["1"])[0])
        if parts.path.endswith("/gather"):
            self.keys.append(form.get("Digits", ""))
            body = twiml.wrong_key(self.message, self.wording, PUBLIC, round_)
            if form.get("Digits") == "4":
                body = twiml.goodbye("Acknowledged.")
            return 200, "text/xml", body
        return 200, "text/xml", twiml.page(self.message, self.wording, PUBLIC, round_)


async def walked(message, wording, *keys):
    engine = Engine(message, wording)
    heard = await walk(engine.post, f"{PUBLIC}/webhooks/twilio/voice?page=pg_0001", {"CallSid": "CA1"}, list(keys))
    assert heard.faults == ()
    return heard.said, engine.keys


async def test_a_key_in_a_call_reaches_us_and_ends_it(message, wording):
    said, keys = await walked(message(), wording, "4")
    assert keys == ["4"]
    assert said[0].startswith("On-call page for Payments")
    assert said[-1] == "Acknowledged."


async def test_silence_hears_the_page_four_times_and_that_nobody_acknowledged(message, wording):
    said, keys = await walked(message(), wording)
    assert keys == []
    assert len(said) == twiml.MOST_ROUNDS + 1
    assert "nobody has acknowledged" in said[-1]


async def test_wrong_keys_end_the_call_too(message, wording):
    said, keys = await walked(message(), wording, *"7777777")
    assert len(keys) == twiml.MOST_ROUNDS
    assert "nobody has acknowledged" in said[-1]


async def test_what_asks_for_no_answer_is_said_once(message, wording):
    said, _ = await walked(message(kind=MessageKind.RESOLVED), wording)
    assert len(said) == 1


async def test_alert_text_cannot_break_the_document(message, wording):
    said, _ = await walked(message(summary='</Say><Hangup/> & "x" \x0b'), wording, "4")
    assert "Hangup" in said[0]


def test_an_answer_to_a_text_is_escaped_and_silence_is_an_empty_document():
    assert "a &lt; b &amp; c" in twiml.text("a < b & c")
    assert "<Message>" not in twiml.text(None)
