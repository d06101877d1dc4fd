from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.outcome import OutcomeKind
from notifiers.twilio_inbound import InboundCall, InboundText, is_signed, read_call, read_status, read_text
from oncall.standins.twilio_signing import sign

TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC = "https://oncall.example.com"
SMS = "/webhooks/twilio/sms"
FORM = [("MessageSid", "SM1"), ("From", "+14155550100"), ("Body", " ack 12 ")]
GOOD = sign(TOKEN, PUBLIC + SMS, dict(FORM))


def signed(*, form=FORM, path=SMS, signature: str | None = GOOD, token=TOKEN, public=PUBLIC, settings=None) -> bool:
    return is_signed(
        auth_token=token, public_url=public, path_and_query=path, form=form, signature=signature, settings=settings
    )


def test_every_recorded_vector_passes(shared_data):
    vectors = json.loads((shared_data / "contracts/twilio/signature_vectors.json").read_text())["vectors"]
    forms = [vector for vector in vectors if "json_body" not in vector]
    assert len(forms) == 6
    for vector in forms:
        parts = urlsplit(vector["url_as_configured_at_twilio"])
        pairs = parse_qsl(vector.get("form_body") or "", keep_blank_values=True) or list(vector["params"].items())
        assert signed(
            form=pairs,
            path=parts.path + (f"?{parts.query}" if parts.query else ""),
            public=f"{parts.scheme}://{parts.netloc}",
            token=vector["auth_token"],
            signature=vector["x_twilio_signature"],
        ), vector["name"]


def test_the_independent_signer_and_the_library_agree():
    assert signed()


@pytest.mark.parametrize(
    "change",
    [
        {"form": [*FORM, ("Extra", "1")]},
        {"form": [("MessageSid", "SM1"), ("From", "+14155550100"), ("Body", "ack 12")]},
        {"path": SMS + "/"},
        {"path": SMS + "?page=1"},
        {"public": "http://oncall.example.com"},
        {"public": "https://staging.example.com"},
        {"token": "another"},
        {"signature": None},
        {"signature": ""},
        {"signature": "é"},
        {"settings": "key=x,algorithm=HMAC_SHA256"},
        {"settings": "algorithm=ROT13"},
    ],
)
def test_anything_changed_is_refused(change):
    assert not signed(**change)


@given(
    st.text(),
    st.text(),
    st.lists(st.tuples(st.text(), st.text()), max_size=5),
    st.none() | st.text(),
    st.none() | st.text(),
)
def test_no_request_raises_and_none_passes_by_chance(public, path, form, signature, settings):
    assert not is_signed(
        auth_token=TOKEN,
        public_url=public,
        path_and_query=path,
        form=form,
        signature=signature,
        settings=settings,
    )


def test_a_text_is_read_untrimmed():
    assert read_text(FORM) == InboundText(sid="SM1", sender="+14155550100", body=" ack 12 ")


def test_a_key_is_read_with_its_page_and_round():
    form = [("CallSid", "CA1"), ("Digits", "4"), ("To", "+1415"), ("From", "+1999"), ("Direction", "outbound-api")]
    assert read_call(form, {"page": "pg", "round": "2"}) == InboundCall(
        sid="CA1", person="+1415", page_id="pg", round=2, digits="4"
    )


def test_voice_mail_is_recognised():
    assert read_call([("CallSid", "CA1"), ("AnsweredBy", "machine_start")], {"page": "pg"}).machine


@pytest.mark.parametrize("round_", ["", "0", "-1", "x", "9999999", "²"])
def test_a_round_that_is_no_number_counts_as_the_first(round_):
    assert read_call([("CallSid", "CA1")], {"page": "pg", "round": round_}).round == 1


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ([("MessageSid", "SM1"), ("MessageStatus", "sent")], OutcomeKind.ACCEPTED),
        ([("MessageSid", "SM1"), ("MessageStatus", "delivered")], OutcomeKind.DELIVERED),
        ([("MessageSid", "SM1"), ("MessageStatus", "undelivered")], OutcomeKind.UNREACHABLE),
        ([("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30005")], OutcomeKind.REFUSED),
        ([("MessageSid", "SM1"), ("MessageStatus", "failed"), ("ErrorCode", "30007")], OutcomeKind.BROKEN),
        ([("MessageSid", "SM1"), ("MessageStatus", "failed"), ("ErrorCode", "x")], OutcomeKind.UNREACHABLE),
        ([("CallSid", "CA1"), ("CallStatus", "ringing")], OutcomeKind.ACCEPTED),
        ([("CallSid", "CA1"), ("CallStatus", "busy")], OutcomeKind.UNREACHABLE),
        ([("CallSid", "CA1"), ("CallStatus", "completed")], OutcomeKind.DELIVERED),
    ],
)
def test_a_report_is_classified(form, kind):
    report = read_status(form, {"page": "pg"})
    assert report.outcome.kind is kind
    assert report.page_id == "pg"


def test_an_unheard_of_status_decides_nothing():
    assert read_status([("MessageSid", "SM1"), ("MessageStatus", "pondering")], {}).outcome is None


@given(st.lists(st.tuples(st.sampled_from(["MessageSid", "CallSid", "From", "Body", "Digits"]) | st.text(), st.text())))
def test_nothing_that_is_posted_raises(form):
    read_text(form)
    read_status(form, {})
    read_call(form, {"page": "p", "round": "1"})
