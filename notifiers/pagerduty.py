"""A page as an event for PagerDuty (Events API v2), which then pages by its own rules.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from notifiers.channel import Channel, Edge, Setting, one_line
from notifiers.http import Http, NotCarriedOut, NoTelling, PrivateAddress, classify, classify_failure
from notifiers.message import Message, MessageKind, Standing
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import UNLIMITED
from notifiers.wording import Wording
from routing.alert import Severity

DEFAULT_URL = "https://events.pagerduty.com/v2/enqueue"
MOST_SUMMARY = 1024
MOST_KEY = 255
_SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: "critical",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
}


class PagerDutyNotifier:
    """One event; the key makes a repetition harmless, and lets a resolved incident end there too. 202 is acceptance."""

    channel = "pagerduty"
    two_way = True
    timeout = 10.0

    def __init__(self, http: Http, url: str, public_url: str, wording: Wording) -> None:
        self._http = http
        self._url = url
        self._public_url = public_url
        self._wording = wording

    async def send(self, address: str, message: Message) -> Outcome:
        """Trigger, or resolve where the message says that it is over."""
        key = dedup_key(self._public_url, message)
        if message.kind is MessageKind.RESOLVED:
            return await self._post(address, key, {"event_action": "resolve"})
        return await self._post(address, key, {"event_action": "trigger", **self._trigger(message)})

    async def follow(self, address: str, place: str, message: Message, standings: Mapping[int, Standing]) -> Outcome:
        """Acknowledge or resolve there what was acknowledged or resolved here; an event cannot take either back."""
        standing = standings.get(message.incident or 0)
        if standing is None:
            return Outcome(kind=OutcomeKind.ACCEPTED, code="nothing", provider_id=place)
        return await self._post(address, place, {"event_action": "resolve" if standing.resolved else "acknowledge"})

    async def _post(self, address: str, key: str, event: Mapping[str, object]) -> Outcome:
        headers = {"content-type": "application/json"}
        body = msgspec.json.encode({"routing_key": address, "dedup_key": key, **event})
        try:
            answer = await self._http.request(
                "POST", self._url, timeout_seconds=self.timeout, headers=headers, body=body
            )
        except (NotCarriedOut, NoTelling, PrivateAddress) as error:
            return classify_failure(error)
        if answer.status == 400:
            # The only part of an event that comes from outside is the routing key.
            return Outcome(
                kind=OutcomeKind.REFUSED, code="400", detail="PagerDuty refuses the event or its routing key"
            )
        if 200 <= answer.status < 300 and not isinstance(answer.json(), dict):
            return Outcome(kind=OutcomeKind.UNKNOWN, code="unreadable", detail="PagerDuty's answer cannot be read")
        return classify(answer, provider_id=key, idempotent=True)

    async def close(self) -> None:
        """The pool belongs to the engine."""

    def _trigger(self, message: Message) -> dict[str, object]:
        rich = self._wording.rich(message)
        details = dict(rich.facts) | {"text": "\n".join(rich.body)}
        links = [{"href": link.url, "text": link.name} for link in message.links if link.url.startswith("http")]
        return {
            "payload": {
                "summary": rich.title[:MOST_SUMMARY] or "page",
                "source": urlsplit(self._public_url).hostname or "oncall",
                "severity": _SEVERITIES[message.severity],
                "timestamp": message.at.isoformat(timespec="milliseconds"),
                "custom_details": details,
            },
            "links": links[:20],
            "client": "oncall",
            "client_url": message.url or self._public_url,
        }


def dedup_key(public_url: str, message: Message) -> str:
    """What names this trouble there: the incident, else the page."""
    if message.incident is None:
        return message.page_id[:MOST_KEY]
    return f"{urlsplit(public_url).netloc}/incidents/{message.incident}"[-MOST_KEY:]


def incident_of(public_url: str, key: str) -> int | None:
    """The incident a key of ours names, None for anybody else's."""
    number = key.removeprefix(f"{urlsplit(public_url).netloc}/incidents/")
    return int(number) if number != key and number.isdecimal() and number.isascii() and len(number) < 10 else None


def check_address(address: str) -> str | None:
    """A routing key."""
    fault = one_line(address)
    if fault is None and not re.fullmatch(r"[A-Za-z0-9]{32}", address):
        fault = "a routing key has 32 letters and digits: take it from the service's Events API v2 integration"
    return fault


def _check_url(value: str) -> str | None:
    return None if value.startswith(("http://", "https://")) else f"{value!r} is no address: write https://host/path"


def _build(values: Mapping[str, str], edge: Edge) -> PagerDutyNotifier:
    return PagerDutyNotifier(edge.http, values["ONCALL_PAGERDUTY_EVENTS_URL"], edge.public_url, edge.wording)


CHANNEL = Channel(
    name="pagerduty",
    title="PagerDuty",
    about="Triggers an event in PagerDuty; acknowledging and resolving count on both sides.",
    address="The routing key of an Events API v2 integration",
    example="R0123456789abcdef0123456789abcde",
    check_address=check_address,
    two_way=True,
    limits=UNLIMITED,
    settings=(
        Setting(
            env="ONCALL_PAGERDUTY_EVENTS_URL",
            about="Where events go; accounts in Europe use https://events.eu.pagerduty.com/v2/enqueue.",
            default=DEFAULT_URL,
            check=_check_url,
        ),
        Setting(
            env="ONCALL_PAGERDUTY_WEBHOOK_SECRET",
            about="Secret of a webhook (v3) to /webhooks/pagerduty, so that answers there count here.",
            secret=True,
        ),
    ),
    docs="notifiers/pagerduty.md",
    build=_build,
)
