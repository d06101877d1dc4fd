"""A notifier that answers what a test says, in place of a provider on the other side of the world."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind


@dataclass
class Provider:
    """Takes messages; answers with what `answers` holds, then with "accepted"."""

    channel: str
    two_way: bool = True
    timeout: float = 5.0
    answers: deque[OutcomeKind] = field(default_factory=deque)
    sent: list[tuple[str, Message]] = field(default_factory=list)

    async def send(self, address: str, message: Message) -> Outcome:
        self.sent.append((address, message))
        kind = self.answers.popleft() if self.answers else OutcomeKind.ACCEPTED
        return Outcome(kind=kind, detail="as the test says")

    async def close(self) -> None:
        pass
