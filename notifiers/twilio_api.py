"""The edge to Twilio: the vendor's client with a timeout that applies and without retries of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

from notifiers.channel import Setting
from notifiers.http import TRANSPORT_ERRORS, Http, classify_failure, failure
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.twilio_codes import RateLimited, by_code
from notifiers.twilio_inbound import text_outcome

if TYPE_CHECKING:
    from twilio.rest import Client

#: Texts one look at a number's latest reads.
LATEST = 20
#: How far Twilio's clock and ours may be apart.
SKEW = timedelta(minutes=5)

DEFAULT_BASE = "https://api.twilio.com"


class TwilioApi:
    """One account. Outcomes instead of exceptions."""

    def __init__(
        self, http: Http, *, account_sid: str, auth_token: str, sender: str, base: str, public_url: str
    ) -> None:
        self.sender = sender
        self.public_url = public_url.rstrip("/")
        self._http = http
        self._sid = account_sid
        self._token = auth_token
        self._base = (base or DEFAULT_BASE).rstrip("/")
        self._client: Client | None = None
        from notifiers import twilio_client  # noqa: PLC0415 - a dozen megabytes that only an account of Twilio needs

        self._vendor = twilio_client
        #: Twilio's cloud refuses callback addresses it cannot reach, and the message with them.
        self.calls_back = self._base != DEFAULT_BASE or is_public(self.public_url)

    def client(self, seconds: float) -> Client:
        """The vendor's client; made on first use, inside the running loop."""
        if self._client is None:
            self._client = self._vendor.client(self._http, self._sid, self._token, self._base, seconds)
        return self._client

    def callback(self, door: str, page_id: str) -> str:
        """The address Twilio calls about one page: `door` is "voice" or "status"."""
        return f"{self.public_url}/webhooks/twilio/{door}?page={quote(page_id, safe='')}"

    def sending(self) -> Mapping[str, str]:
        """Who sends a text: a number, or a Messaging Service."""
        key = "messaging_service_sid" if self.sender.startswith("MG") else "from_"
        return {key: self.sender}

    async def attempt(self, seconds: float, request: Awaitable[Any]) -> Outcome:
        """Run one creating request and classify whatever happens."""
        try:
            async with asyncio.timeout(seconds):
                created = await request
                return Outcome(kind=OutcomeKind.ACCEPTED, provider_id=_sid(created), code=str(created.status or ""))
        except RateLimited as error:
            return Outcome(
                kind=OutcomeKind.RETRY, code="20429", detail="too many requests", retry_after=error.retry_after
            )
        except TwilioRestException as error:
            return by_code(error.code, error.status)
        except TwilioServiceException as error:
            return by_code(_number(error.code), int(error.status))
        except TRANSPORT_ERRORS as error:
            return classify_failure(failure(error))
        except (TwilioException, ValueError, TypeError, AttributeError, KeyError) as error:
            # 2xx, but not what Twilio answers: the text or call has probably gone out.
            detail = f"Twilio accepted, but its answer cannot be read ({type(error).__name__})"
            return Outcome(kind=OutcomeKind.UNKNOWN, code="unreadable", detail=detail)

    async def texts(self, seconds: float, to: str, body: str, since: datetime) -> tuple[Outcome, ...] | None:
        """What became of the texts with this body to this number since then; None if Twilio does not say.

        `DateSent` is left out: a text that waits in Twilio's queue has none yet, and would be taken for never sent.
        """
        try:
            async with asyncio.timeout(seconds):
                page = await self.client(seconds).messages.page_async(to=to, page_size=LATEST)
                return tuple(outcome for text in page if (outcome := _sent(text, body, since)) is not None)
        except (RateLimited, TwilioException, *TRANSPORT_ERRORS, ValueError, TypeError, AttributeError, KeyError):
            return None


def _sent(text: Any, body: str, since: datetime) -> Outcome | None:
    """How a listed text stands, if it is the one; a trial account puts a line of its own before the body."""
    ours = str(text.direction or "").startswith("outbound") and str(text.body or "").strip().endswith(body.strip())
    created = text.date_created
    if not ours or (isinstance(created, datetime) and created < since - SKEW):
        return None
    return text_outcome(str(text.status or ""), str(text.error_code or ""), _sid(text))


def _sid(created: Any) -> str:
    if not isinstance(created.sid, str) or not created.sid:
        raise ValueError("the answer names no SID")
    return created.sid


def _number(code: object) -> int | None:
    return int(code) if isinstance(code, int) or (isinstance(code, str) and code.isdecimal()) else None


def is_public(url: str) -> bool:
    """True if a provider outside could reach this address: not localhost, not a private network, a full host name."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost", ".test"))


def check_number(address: str) -> str | None:
    """A phone number as E.164 writes it."""
    digits = address.removeprefix("+")
    fits = address.startswith("+") and digits.isdecimal() and digits.isascii() and 7 <= len(digits) <= 15
    if fits and not digits.startswith("0"):
        return None
    return f"{address!r} is no phone number: write it with + and the country code, as +14155550100"


def _check_sender(value: str) -> str | None:
    short_code = value.isdecimal() and value.isascii() and len(value) in {5, 6}
    if short_code or (value.startswith("MG") and value.isalnum()):
        return None
    return check_number(value)


def _check_sid(value: str) -> str | None:
    fits = value.startswith("AC") and value.isalnum() and value.isascii()
    return None if fits else "an account SID starts with AC; an API key (SK) does not name an account"


def _check_base(value: str) -> str | None:
    parts = urlsplit(value)
    fits = parts.scheme in {"http", "https"} and parts.hostname and not parts.query
    return None if fits else f"{value!r} is no base address: write https://host"


#: Shared by texts and calls.
SETTINGS = (
    Setting(env="ONCALL_TWILIO_ACCOUNT_SID", about="Account SID.", required=True, check=_check_sid),
    Setting(
        env="ONCALL_TWILIO_AUTH_TOKEN",
        about="Primary auth token; it also verifies what Twilio sends us.",
        required=True,
        secret=True,
    ),
    Setting(
        env="ONCALL_TWILIO_FROM",
        about="Our number with + and country code, or for texts the SID of a Messaging Service.",
        required=True,
        check=_check_sender,
    ),
    Setting(env="ONCALL_TWILIO_API_BASE", about="Where the API is.", default=DEFAULT_BASE, check=_check_base),
)


def api(values: Mapping[str, str], http: Http, public_url: str) -> TwilioApi:
    """The account the settings name."""
    return TwilioApi(
        http,
        account_sid=values["ONCALL_TWILIO_ACCOUNT_SID"],
        auth_token=values["ONCALL_TWILIO_AUTH_TOKEN"],
        sender=values["ONCALL_TWILIO_FROM"],
        base=values["ONCALL_TWILIO_API_BASE"],
        public_url=public_url,
    )
