"""The stand-in itself: it must catch what Twilio would, and answer as Twilio does."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import aiohttp
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from oncall.standins.twilio import TwilioStandin
from oncall.standins.twilio_resources import Call, Text, call_resource, text_resource
from oncall.standins.twilio_rules import call_faults, message_faults
from oncall.standins.twilio_signing import sign
from oncall.standins.violations import RulesBroken

GOOD_TEXT = {"To": ["+14155550100"], "From": ["+14155552345"], "Body": ["hello"]}
GOOD_CALL = {"To": ["+14155550100"], "From": ["+14155552345"], "Url": ["https://oncall.example.com/v"]}


def test_a_good_request_breaks_no_rule():
    assert message_faults(GOOD_TEXT) == []
    assert call_faults(GOOD_CALL) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": []}, 21604),
        ({"To": ["banana"]}, 21211),
        ({"From": []}, 21603),
        ({"From": ["x"]}, 21212),
        ({"Body": []}, 21619),
        ({"Body": ["x" * 1601]}, 21617),
        ({"ValidityPeriod": ["0"]}, 20001),
        ({"StatusCallback": ["ftp://x"]}, 21609),
        ({"StatusCallback": ["https://under_score.example.com/"]}, 21609),
        ({"Colour": ["blue"]}, 20001),
        ({"Body": ["a", "b"]}, 20001),
    ],
)
def test_a_text_that_twilio_would_refuse_is_refused(change, code):
    assert code in {found for found, _ in message_faults(GOOD_TEXT | change)}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": []}, 21201),
        ({"From": []}, 21213),
        ({"Url": []}, 21205),
        ({"Timeout": ["601"]}, 20001),
        ({"Method": ["PUT"]}, 20001),
        ({"StatusCallbackEvent": ["initiated", "sneezed"]}, 20001),
    ],
)
def test_a_call_that_twilio_would_refuse_is_refused(change, code):
    assert code in {found for found, _ in call_faults(GOOD_CALL | change)}


async def post(standin: TwilioStandin, form: dict[str, str], token: str | None = None) -> tuple[int, dict]:
    login = f"{standin.account_sid}:{token or standin.auth_token}"
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
    url = f"{standin.url}/2010-04-01/Accounts/{standin.account_sid}/Messages.json"
    async with aiohttp.ClientSession() as session, session.post(url, data=form, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_broken_rule_fails_the_block_even_when_the_error_is_swallowed():
    async def swallowed() -> int:
        async with TwilioStandin() as standin:
            status, _ = await post(standin, {"To": "banana", "From": "+14155552345", "Body": "x"})
            return status

    with pytest.raises(RulesBroken, match="21211"):
        await swallowed()


async def test_wrong_credentials_are_refused_as_twilio_does():
    async with TwilioStandin() as standin:
        status, body = await post(standin, {}, token="wrong")
    assert (status, body["code"]) == (401, 20003)


def test_the_signer_reproduces_twilios_published_example():
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    assert sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.fixture(scope="session")
def openapi(shared_data: Path) -> OpenAPI:
    return OpenAPI.from_dict(
        json.loads((shared_data / "contracts/twilio/twilio_api_v2010.messages_calls.json").read_text()),
        config=Config(spec_validator_cls=None),
    )


class Recorded:
    """A request and its answer as openapi-core wants to see them."""

    def __init__(self, path: str, body: bytes, status: int, answer: bytes, account: str) -> None:
        self.host_url, self.path, self.method, self.body = "https://api.twilio.com", path, "post", body
        self.content_type = "application/x-www-form-urlencoded"
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(), header=Headers({"Authorization": "Basic x"}), cookie=ImmutableMultiDict()
        )
        self.status_code, self.data, self.headers = status, answer, Headers()
        self.account = account


ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TEXT_REQUEST = (
    b"To=%2B14155550100&From=%2B14155552345&Body=hello&ValidityPeriod=600"
    b"&StatusCallback=https%3A%2F%2Foncall.example.com%2Fs"
)
CALL_REQUEST = (
    b"To=%2B14155550100&From=%2B14155552345&Url=https%3A%2F%2Foncall.example.com%2Fv&Method=POST&Timeout=25"
    b"&StatusCallbackEvent=initiated&StatusCallbackEvent=completed"
)


def test_twilios_document_does_catch_a_text_without_number(openapi):
    request = Recorded(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", b"Body=hello", 201, b"", ACCOUNT)
    with pytest.raises(OpenAPIError):
        openapi.validate_request(request)


@pytest.mark.parametrize(
    ("collection", "form"),
    [("Messages", TEXT_REQUEST), ("Calls", CALL_REQUEST)],
)
def test_what_the_notifiers_send_and_the_stand_in_answers_fits_twilios_own_document(openapi, now, collection, form):
    text = Text(sid="SM" + "0" * 32, to="+14155550100", sender="+14155552345", body="hello", created_at=now)
    call = Call(sid="CA" + "0" * 32, to="+14155550100", sender="+14155552345", url="https://x.example.com")
    made = text_resource(text, ACCOUNT) if collection == "Messages" else call_resource(call, ACCOUNT, now)
    answer = json.dumps(made).encode()
    request = Recorded(f"/2010-04-01/Accounts/{ACCOUNT}/{collection}.json", form, 201, answer, ACCOUNT)
    openapi.validate_request(request)
    response = Recorded(request.path, b"", 201, answer, ACCOUNT)
    response.content_type = "application/json"
    openapi.validate_response(request, response)
