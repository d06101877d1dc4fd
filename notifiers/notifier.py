"""The contract every channel keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from notifiers.message import Message, Standing
from notifiers.outcome import Outcome


class Notifier(Protocol):
    """Carries one message to one address.

    `send` never raises for anything a provider does: whatever comes back, or does not, is classified into an
    `Outcome`. It returns within `timeout` seconds. It does not retry: retries are planned by the engine, where
    they survive a crash. What a channel is (addresses, limits, settings) is told by its `Channel`.
    """

    #: Name in contact methods and contact rules ("sms", "voice", "slack", "email", "webhook", "phone").
    channel: str
    #: True where a person can answer through the same channel.
    two_way: bool
    #: Longest time one `send` may take, in seconds; at most 10.
    timeout: float

    async def send(self, address: str, message: Message) -> Outcome:
        """Carry the message; see the class for what must hold."""
        ...

    async def close(self) -> None:
        """Let go of sockets; called once at shutdown."""
        ...


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says when asked about a message.

    Attributes:
        answered: The person acknowledged through it: a human act, confirmed by the provider itself.
        delivered: The device has it.
        final: There will be no more to hear.
    """

    answered: bool = False
    delivered: bool = False
    final: bool = False


@runtime_checkable
class GivesReceipts(Protocol):
    """A notifier whose provider tells of answers only when asked."""

    async def receipt(self, provider_id: str) -> Receipt | None:
        """What became of the message with this id; None if it cannot be told now. Never raises."""
        ...


@runtime_checkable
class FindsSent(Protocol):
    """A notifier that can look up at its provider what was sent where the answer was lost."""

    def trace(self, address: str, message: Message) -> str:
        """What `find` knows this message by."""
        ...

    async def find(self, address: str, trace: str, since: datetime) -> tuple[Outcome, ...] | None:
        """What became of each message with this trace that was sent since then, newest first; none is a certainty too.

        None if it cannot be told now. Never raises.
        """
        ...


@runtime_checkable
class Follows(Protocol):
    """A notifier whose messages follow what becomes of their incidents."""

    async def follow(self, address: str, place: str, message: Message, standings: Mapping[int, Standing]) -> Outcome:
        """Say at the provider how each of the message's incidents stands by now, and take back what no longer applies.

        `place` is what `send` returned as provider id. An incident without a standing still waits for an answer.
        """
        ...
