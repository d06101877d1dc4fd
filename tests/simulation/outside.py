"""The world outside: providers that carry messages, refuse, hang, lose their answer, and know what they carried."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from notifiers.message import Message
from notifiers.outcome import Outcome, OutcomeKind
from oncall.clock import Clock
from tests.simulation.faults import Faults, Point


class Provider(StrEnum):
    """How a provider answers one attempt, beside the outcomes it may report."""

    #: Takes the message and never answers.
    HANGS = "hangs"
    #: Takes nothing, and the notifier breaks its own promise.
    RAISES = "raises"


#: What providers do to a message, whole or broken.
CARRIED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED, OutcomeKind.UNKNOWN, Provider.HANGS})
#: After which the engine may, or must, send the same page again.
REPEATED = frozenset({OutcomeKind.RETRY, OutcomeKind.UNKNOWN, *Provider})


#: Messages that want an answer.
ASKING = frozenset({"page", "bundle", "reminder"})


@dataclass(frozen=True)
class Sent:
    """One message as a provider saw it."""

    at: datetime
    page: str
    kind: str
    channel: str
    address: str
    carried: bool


@dataclass
class Outside:
    """What the world has been sent, whichever node sent it."""

    sent: list[Sent] = field(default_factory=list)
    answers: list[OutcomeKind | Provider] = field(default_factory=list)
    #: What providers report of the next messages they take, before they answer.
    reports: list[OutcomeKind] = field(default_factory=list)
    #: Pages that a node was told are delivered, and said that it heard it.
    heard_delivered: set[str] = field(default_factory=set)
    #: Attempts whose fate the engine cannot know, or which it was asked to repeat.
    excused: int = 0
    #: Messages on their way when a node stood still, of which another may have sent each meanwhile.
    raced: int = 0
    #: Messages before this one were answered, or slept through.
    _heard: int = 0

    def forget_asked(self) -> None:
        """Whatever was sent so far is not answered any more."""
        self._heard = len(self.sent)

    def asked_at(self, *, after: timedelta) -> datetime | None:
        """When the next message is answered, if people take so long."""
        return self.sent[self._heard].at + after if self._heard < len(self.sent) else None

    def take_asked(self, *, until: datetime) -> dict[str, str]:
        """The addresses that were asked something by then, with the last thing it was."""
        asked = {}
        while self._heard < len(self.sent) and self.sent[self._heard].at <= until:
            one = self.sent[self._heard]
            self._heard += 1
            if one.carried and one.kind in ASKING:
                asked[one.address] = one.kind
        return asked


@dataclass
class Phone:
    """A channel of one node; the node may die before and after it has sent."""

    channel: str
    outside: Outside
    faults: Faults
    clock: Clock
    report: Callable[[str, str, Outcome], Awaitable[bool]]
    two_way: bool = True

    @property
    def timeout(self) -> float:
        """The engine waits two seconds longer for whoever hangs, and real time passes while the clock stands.

        Taking a report in takes a while, and no message is given up for that.
        """
        return 60.0 if self.outside.reports else -1.99

    async def send(self, address: str, message: Message) -> Outcome:
        patient = bool(self.outside.reports)
        await self.faults.stand_still()
        self.faults.pass_by(Point.MESSAGE)
        does = self.outside.answers.pop(0) if self.outside.answers else OutcomeKind.ACCEPTED
        if does in REPEATED:
            self.outside.excused += 1
        sent = Sent(self.clock.now(), message.page_id, message.kind.value, self.channel, address, does in CARRIED)
        number = len(self.outside.sent)
        self.outside.sent.append(sent)
        self.faults.pass_by(Point.MESSAGE)
        if does in CARRIED:
            await self._report(sent, number)
        if does is Provider.HANGS:
            if patient:
                raise TimeoutError
            await asyncio.Event().wait()
        if does is Provider.RAISES:
            raise KeyError("an answer nobody expected")
        assert isinstance(does, OutcomeKind)
        return self.outcome(does, number)

    async def _report(self, sent: Sent, number: int) -> None:
        """Reports come once, whether or not anybody is there to hear them; a database that fails is somebody not there."""
        if not self.outside.reports:
            return
        kind = self.outside.reports.pop(0)
        with contextlib.suppress(SQLAlchemyError):
            await self.report(self.channel, sent.page, self.outcome(kind, number))
            if kind is OutcomeKind.DELIVERED:
                self.outside.heard_delivered.add(sent.page)

    def outcome(self, kind: OutcomeKind, number: int) -> Outcome:
        """What the provider says of one message."""
        return Outcome(kind=kind, detail="as the history says")

    async def close(self) -> None:
        pass


@dataclass
class ListedPhone(Phone):
    """A channel whose provider can be asked what it carried, as Twilio can."""

    def outcome(self, kind: OutcomeKind, number: int) -> Outcome:
        """With the provider's name for the message, or, where that was lost, with what it can be found by."""
        if kind is OutcomeKind.UNKNOWN:
            return Outcome(kind=kind, detail="as the history says", trace=self.outside.sent[number].page)
        named = f"{self.channel} {number}" if kind in CARRIED else ""
        return Outcome(kind=kind, detail="as the history says", provider_id=named)

    def trace(self, address: str, message: Message) -> str:
        """As `FindsSent` says."""
        return message.page_id

    async def find(self, address: str, trace: str, since: datetime) -> tuple[Outcome, ...] | None:
        """As `FindsSent` says."""
        self.faults.pass_by(Point.MESSAGE)
        found = [
            self.outcome(OutcomeKind.ACCEPTED, number)
            for number, one in enumerate(self.outside.sent)
            if one.carried and (one.channel, one.address, one.page) == (self.channel, address, trace)
        ]
        return tuple(reversed(found))
