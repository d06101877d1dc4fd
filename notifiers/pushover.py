"""A page as an emergency notification of Pushover, which repeats until it is acknowledged on the phone.

https://pushover.net/api
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from notifiers.channel import Channel, Edge, Setting, one_line
from notifiers.http import Http, NotCarriedOut, NoTelling, PrivateAddress, classify, classify_failure
from notifiers.message import Message, Standing
from notifiers.notifier import Receipt
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import TEXT_LIMITS
from notifiers.wording import Wording

DEFAULT_BASE = "https://api.pushover.net"
MOST_TITLE, MOST_TEXT, MOST_URL = 250, 1024, 512
#: Seconds between repetitions (at least 30), and how long it repeats (at most 10,800).
REPEAT, EXPIRE = 60, 1800
_RECEIPT = re.compile(r"[A-Za-z0-9]{20,40}")


class PushoverNotifier:
    """One notification. The receipt is asked for, since Pushover's callback is not signed."""

    channel = "pushover"
    two_way = True
    timeout = 10.0

    def __init__(self, http: Http, base: str, token: str, wording: Wording) -> None:
        self._http = http
        self._base = base.rstrip("/")
        self._token = token
        self._wording = wording

    async def send(self, address: str, message: Message) -> Outcome:
        """Send it: as an emergency where an answer is wanted, else as a normal notification."""
        rich = self._wording.rich(message)
        form = {
            "token": self._token,
            "user": address,
            "title": rich.title[:MOST_TITLE],
            "message": ("\n".join(rich.body) or message.summary or rich.title)[:MOST_TEXT],
            "timestamp": str(int(message.at.timestamp())),
            "priority": "0",
        }
        if rich.asks:
            form |= {"priority": "2", "retry": str(REPEAT), "expire": str(EXPIRE), "sound": "persistent"}
        if message.url and len(message.url) <= MOST_URL:
            form |= {"url": message.url, "url_title": "Open"}
        try:
            answer = await self._http.request(
                "POST",
                f"{self._base}/1/messages.json",
                timeout_seconds=self.timeout,
                headers={"content-type": "application/x-www-form-urlencoded"},
                body=urlencode(form).encode(),
            )
        except (NotCarriedOut, NoTelling, PrivateAddress) as error:
            return classify_failure(error)
        told = answer.json()
        if 200 <= answer.status < 300:
            if not isinstance(told, dict) or told.get("status") != 1:
                return Outcome(kind=OutcomeKind.UNKNOWN, code="unreadable", detail="Pushover's answer cannot be read")
            return classify(answer, provider_id=str(told.get("receipt") or told.get("request") or message.page_id))
        if answer.status == 400 and isinstance(told, dict) and told.get("token") == "invalid":
            return Outcome(kind=OutcomeKind.BROKEN, code="400", detail="Pushover refuses our application token")
        return classify(answer)

    async def follow(self, _address: str, place: str, message: Message, standings: Mapping[int, Standing]) -> Outcome:
        """Stop the repetitions once nobody needs to answer any more."""
        if not _RECEIPT.fullmatch(place) or message.waits(standings):
            return Outcome(kind=OutcomeKind.ACCEPTED, code="nothing", provider_id=place)
        try:
            answer = await self._http.request(
                "POST",
                f"{self._base}/1/receipts/{place}/cancel.json",
                timeout_seconds=self.timeout,
                headers={"content-type": "application/x-www-form-urlencoded"},
                body=urlencode({"token": self._token}).encode(),
            )
        except (NotCarriedOut, NoTelling, PrivateAddress) as error:
            return classify_failure(error)
        return classify(answer, provider_id=place, idempotent=True)

    async def receipt(self, provider_id: str) -> Receipt | None:
        """Whether the person acknowledged on the phone."""
        if not _RECEIPT.fullmatch(provider_id):
            return Receipt(final=True)
        url = f"{self._base}/1/receipts/{provider_id}.json?{urlencode({'token': self._token})}"
        try:
            answer = await self._http.request("GET", url, timeout_seconds=self.timeout, headers={})
        except (NotCarriedOut, NoTelling, PrivateAddress):
            return None
        told = answer.json()
        if answer.status != 200 or not isinstance(told, dict) or told.get("status") != 1:
            return None
        answered, expired = told.get("acknowledged") == 1, told.get("expired") == 1
        return Receipt(answered=answered, delivered=bool(told.get("last_delivered_at")), final=answered or expired)

    async def close(self) -> None:
        """The pool belongs to the engine."""


def check_address(address: str) -> str | None:
    """A user or group key."""
    fault = one_line(address)
    if fault is None and not re.fullmatch(r"[A-Za-z0-9]{30}", address):
        fault = "a Pushover key has 30 letters and digits: it is on the front page of your account"
    return fault


def _check_base(value: str) -> str | None:
    return None if value.startswith(("http://", "https://")) else f"{value!r} is no address: write https://host"


def _build(values: Mapping[str, str], edge: Edge) -> PushoverNotifier:
    return PushoverNotifier(
        edge.http, values["ONCALL_PUSHOVER_API_BASE"], values["ONCALL_PUSHOVER_TOKEN"], edge.wording
    )


CHANNEL = Channel(
    name="pushover",
    title="Pushover",
    about="An emergency notification that repeats on the phone until it is acknowledged there, which counts here.",
    address="The user key",
    example="uQiRzpo4DXghDmr9QzzfQu27cmVRsG",
    check_address=check_address,
    two_way=True,
    limits=TEXT_LIMITS,
    settings=(
        Setting(env="ONCALL_PUSHOVER_TOKEN", about="Token of your application.", required=True, secret=True),
        Setting(env="ONCALL_PUSHOVER_API_BASE", about="Where the API is.", default=DEFAULT_BASE, check=_check_base),
    ),
    docs="notifiers/pushover.md",
    build=_build,
)
