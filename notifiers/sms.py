"""A page as a text message, through Twilio."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from notifiers.channel import Channel, Edge
from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.throttle import TEXT_LIMITS
from notifiers.twilio_api import SETTINGS, TwilioApi, api, check_number
from notifiers.wording import Wording

#: Seconds a carrier may hold a text back; later it would only confuse.
VALIDITY = 600
#: Countries from which replies do not come through.
ONE_WAY = ("+91", "+86", "+502", "+506", "+507", "+84")


class SmsNotifier:
    """One request, one text."""

    channel = "sms"
    two_way = True
    timeout = 8.0

    def __init__(self, twilio: TwilioApi, wording: Wording) -> None:
        self._twilio = twilio
        self._wording = wording

    async def send(self, address: str, message: Message) -> Outcome:
        """Hand the text to Twilio; delivery is told later, by callback."""
        body = self.trace(address, message)
        more = {"status_callback": self._twilio.callback("status", message.page_id)} if self._twilio.calls_back else {}
        request = self._twilio.client(self.timeout).messages.create_async(
            to=address,
            body=body,
            validity_period=VALIDITY,
            **self._twilio.sending(),
            **more,
        )
        outcome = await self._twilio.attempt(self.timeout, request)
        return msgspec.structs.replace(outcome, trace=body) if outcome.kind is OutcomeKind.UNKNOWN else outcome

    def trace(self, address: str, message: Message) -> str:
        """The text itself: Twilio's API has no name of ours for it."""
        if address.startswith(ONE_WAY):
            message = msgspec.structs.replace(message, code="")
        return self._wording.short(message)

    async def find(self, address: str, trace: str, since: datetime) -> tuple[Outcome, ...] | None:
        """What Twilio has of a text whose answer was lost."""
        return await self._twilio.texts(self.timeout, address, trace, since)

    async def close(self) -> None:
        """The pool belongs to the engine."""


def _build(values: Mapping[str, str], edge: Edge) -> SmsNotifier:
    return SmsNotifier(api(values, edge.http, edge.public_url), edge.wording)


CHANNEL = Channel(
    name="sms",
    title="Text message",
    about="A text through Twilio. Replies acknowledge, resolve, escalate and snooze.",
    address="The mobile number with + and country code",
    example="+14155550100",
    check_address=check_number,
    two_way=True,
    limits=TEXT_LIMITS,
    settings=SETTINGS,
    docs="notifiers/twilio.md",
    build=_build,
)
