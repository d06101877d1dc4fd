"""The built-in phone: texts and calls that a view in the browser shows, with replies and keys, without a provider."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from notifiers.channel import Channel, Edge, one_line
from notifiers.message import Message
from notifiers.notifier import Notifier
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.phone_item import PhoneItem, PhoneKind
from notifiers.throttle import CALL_LIMITS, TEXT_LIMITS
from notifiers.wording import Wording


class PhoneNotifier:
    """Puts a message on the built-in phone. Delivered once it is there: nothing lies in between."""

    two_way = True
    timeout = 5.0

    def __init__(
        self,
        kind: PhoneKind,
        put: Callable[[PhoneItem], Awaitable[str]],
        wording: Wording,
        now: Callable[[], datetime],
    ) -> None:
        self.channel = "phone" if kind is PhoneKind.TEXT else "phone_call"
        self._kind = kind
        self._put = put
        self._wording = wording
        self._now = now

    async def send(self, address: str, message: Message) -> Outcome:
        """Put it there; a database that cannot take it now is tried again."""
        call = self._kind is PhoneKind.CALL
        item = PhoneItem(
            kind=self._kind,
            address=address,
            page_id=message.page_id,
            at=self._now(),
            text=self._wording.spoken(message) if call else self._wording.short(message),
            keys=self._wording.spoken_keys(message) if call else "",
            incident=message.incident,
            code=message.code,
        )
        try:
            async with asyncio.timeout(self.timeout):
                item_id = await self._put(item)
        except (OSError, ConnectionError, TimeoutError) as error:
            return Outcome(kind=OutcomeKind.RETRY, code="store", detail=f"the phone is busy: {type(error).__name__}")
        return Outcome(kind=OutcomeKind.DELIVERED, provider_id=item_id)

    async def close(self) -> None:
        """Nothing is held."""


def check_address(address: str) -> str | None:
    """A number or a name: letters, digits, and + . _ - @."""
    fault = one_line(address)
    if fault is None and not re.fullmatch(r"[\w+.@-]{1,64}", address):
        fault = f"{address!r} cannot name a phone: write a person's id or a number such as +14155550100"
    return fault


def _build(kind: PhoneKind) -> Callable[[Mapping[str, str], Edge], Notifier]:
    return lambda _values, edge: PhoneNotifier(kind, edge.put, edge.wording, edge.now)


TEXTS = Channel(
    name="phone",
    title="Built-in phone, texts",
    about="Shows text messages in the browser and takes replies. Needs no provider: for trying out, drills and demos.",
    address="The person's id, or any number",
    example="alice",
    check_address=check_address,
    two_way=True,
    limits=TEXT_LIMITS,
    docs="notifiers/phone.md",
    build=_build(PhoneKind.TEXT),
)
CALLS = Channel(
    name="phone_call",
    title="Built-in phone, calls",
    about="Rings in the browser, shows what a call would say and takes keys. Needs no provider.",
    address="The person's id, or any number",
    example="alice",
    check_address=check_address,
    two_way=True,
    limits=CALL_LIMITS,
    docs="notifiers/phone.md",
    build=_build(PhoneKind.CALL),
)
