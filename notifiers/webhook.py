"""A page as a signed HTTP request to an address of the person's choice (Standard Webhooks)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from notifiers.channel import Channel, Edge, Setting, one_line
from notifiers.http import Http, NotCarriedOut, NoTelling, PrivateAddress, classify, classify_failure
from notifiers.message import Message, MessageKind
from notifiers.outcome import Outcome
from notifiers.throttle import UNLIMITED
from notifiers.wording import Wording

#: Event names receivers switch on.
EVENTS: Mapping[MessageKind, str] = {
    MessageKind.PAGE: "page.triggered",
    MessageKind.BUNDLE: "page.bundled",
    MessageKind.REMINDER: "page.reminder",
    MessageKind.RESOLVED: "incident.resolved",
    MessageKind.NOTICE: "notice",
    MessageKind.TEST: "test",
    MessageKind.VERIFY: "verify",
    MessageKind.CHECK: "check",
    MessageKind.SHIFT: "shift",
    MessageKind.ANSWER: "answer",
}


class WebhookNotifier:
    """Posts JSON. The page's id is the webhook's id, so a receiver can drop what it has seen."""

    channel = "webhook"
    two_way = False
    timeout = 10.0

    def __init__(self, http: Http, secret: bytes, wording: Wording, now: Callable[[], datetime]) -> None:
        self._http = http
        self._secret = secret
        self._wording = wording
        self._now = now

    async def send(self, address: str, message: Message) -> Outcome:
        """Post it; 2xx is acceptance, a redirect is a fault."""
        body = msgspec.json.encode(self._payload(message))
        timestamp = int(self._now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "oncall-engine",
            "webhook-id": message.page_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._secret, message.page_id, timestamp, body),
        }
        try:
            answer = await self._http.request("POST", address, timeout_seconds=self.timeout, headers=headers, body=body)
        except (NotCarriedOut, NoTelling, PrivateAddress) as error:
            return classify_failure(error)
        return classify(answer, provider_id=message.page_id, idempotent=True)

    async def close(self) -> None:
        """The pool belongs to the engine."""

    def _payload(self, message: Message) -> dict[str, object]:
        rich = self._wording.rich(message)
        return {
            "type": EVENTS[message.kind],
            "timestamp": message.at,
            "data": {**msgspec.to_builtins(message), "title": rich.title, "body": list(rich.body)},
        }


def sign(secret: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: "v1," and base64(HMAC-SHA256(secret, id.timestamp.body))."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def decode_secret(text: str) -> bytes:
    """The key behind "whsec_..." (base64, 24 to 64 bytes).

    Raises:
        ValueError: It is not such a secret.
    """
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("the webhook secret is not base64 after whsec_") from error
    if not 24 <= len(key) <= 64:
        raise ValueError(f"the webhook secret has {len(key)} bytes, it needs 24 to 64")
    return key


def check_secret(text: str) -> str | None:
    """None if the secret can be used, else what is wrong."""
    try:
        decode_secret(text)
    except ValueError as error:
        return f"{error}: make one with `openssl rand -base64 32` and put whsec_ before it"
    return None


def check_address(address: str) -> str | None:
    """An http or https address with a host and no user."""
    fault = one_line(address)
    if fault is not None:
        return fault
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https"}:
        return f"{address!r} is no web address: write https://host/path"
    if parts.username is not None:
        return "the address carries a user or password: receivers know us by the signature"
    return None


def _build(values: Mapping[str, str], edge: Edge) -> WebhookNotifier:
    private = values["ONCALL_WEBHOOK_ALLOW_PRIVATE"] == "true"
    secret = decode_secret(values["ONCALL_WEBHOOK_SECRET"])
    return WebhookNotifier(edge.http if private else edge.guarded_http, secret, edge.wording, edge.now)


def _check_switch(value: str) -> str | None:
    return None if value in {"true", "false"} else f"{value!r} is neither true nor false"


CHANNEL = Channel(
    name="webhook",
    title="Webhook",
    about="Posts each page as signed JSON (Standard Webhooks) to an address of yours: for home automation, wallboards, "
    "own gateways.",
    address="The address to post to",
    example="https://pager.example.com/hooks/alice",
    check_address=check_address,
    two_way=False,
    limits=UNLIMITED,
    settings=(
        Setting(
            env="ONCALL_WEBHOOK_SECRET",
            about="Key that signs, written whsec_ and base64 of 24 to 64 bytes.",
            required=True,
            secret=True,
            check=check_secret,
        ),
        Setting(
            env="ONCALL_WEBHOOK_ALLOW_PRIVATE",
            about="true lets webhooks reach private and loopback addresses.",
            default="false",
            check=_check_switch,
        ),
    ),
    docs="notifiers/webhook.md",
    build=_build,
)
