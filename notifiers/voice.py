"""A page as a phone call, through Twilio. What the call says is asked for when it is answered (see `twiml`)."""

from __future__ import annotations

from collections.abc import Mapping

from notifiers.channel import Channel, Edge
from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import CALL_LIMITS
from notifiers.twilio_api import SETTINGS, TwilioApi, api, check_number

#: Seconds it rings: five rings, before most voice mails pick up.
RING = 25
EVENTS = ["initiated", "ringing", "answered", "completed"]


class VoiceNotifier:
    """One request, one call. Only a key that is pressed acknowledges; an answered call does not."""

    channel = "voice"
    two_way = True
    timeout = 8.0

    def __init__(self, twilio: TwilioApi) -> None:
        self._twilio = twilio

    async def send(self, address: str, message: Message) -> Outcome:
        """Ask Twilio to call. The page's words are fetched when somebody answers, so they are never stale."""
        if not self._twilio.calls_back or self._twilio.sender.startswith("MG"):
            detail = "calls need a public ONCALL_PUBLIC_URL and a phone number as ONCALL_TWILIO_FROM"
            return Outcome(kind=OutcomeKind.BROKEN, code="unconfigured", detail=detail)
        request = self._twilio.client(self.timeout).calls.create_async(
            to=address,
            from_=self._twilio.sender,
            url=self._twilio.callback("voice", message.page_id),
            method="POST",
            status_callback=self._twilio.callback("status", message.page_id),
            status_callback_method="POST",
            status_callback_event=EVENTS,
            timeout=RING,
        )
        return await self._twilio.attempt(self.timeout, request)

    async def close(self) -> None:
        """The pool belongs to the engine."""


def _build(values: Mapping[str, str], edge: Edge) -> VoiceNotifier:
    return VoiceNotifier(api(values, edge.http, edge.public_url))


CHANNEL = Channel(
    name="voice",
    title="Phone call",
    about="A call through Twilio that speaks the page and takes a key. Needs a public address.",
    address="The phone number with + and country code",
    example="+14155550100",
    check_address=check_number,
    two_way=True,
    limits=CALL_LIMITS,
    settings=SETTINGS,
    docs="notifiers/twilio.md",
    build=_build,
)
