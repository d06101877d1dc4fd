"""The contract every channel keeps."""

from __future__ import annotations

from typing import Protocol

from notifiers.message import Message
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
