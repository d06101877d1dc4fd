"""What is to be said, before any medium's wording: the one value every notifier is handed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from routing.alert import Severity


class MessageKind(StrEnum):
    """Why we speak. Only `PAGE`, `BUNDLE` and `DRILL` ask for an answer."""

    PAGE = "page"
    #: Several incidents in one message, sent instead of one each.
    BUNDLE = "bundle"
    #: A page that lost its urgency, or something worth knowing.
    NOTICE = "notice"
    #: An acknowledgement is about to expire.
    REMINDER = "reminder"
    #: The incident somebody was paged for is over.
    RESOLVED = "resolved"
    #: Sent by a person to themselves to see that a contact method works.
    TEST = "test"
    #: A shift is ahead, and nothing came back lately from its person: asks for a sign of life.
    CHECK = "check"
    #: A code that proves the contact method belongs to the person.
    VERIFY = "verify"
    #: A shift begins, ends or changed.
    SHIFT = "shift"
    #: The answer to a reply.
    ANSWER = "answer"


class Link(msgspec.Struct, frozen=True):
    """A named address: runbook first, dashboards after."""

    name: str
    url: str


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One incident inside a bundle."""

    number: int
    code: str
    team: str
    severity: Severity
    summary: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How an incident stands for whoever was asked about it.

    Attributes:
        resolved: It is over; otherwise somebody has taken it.
        by: Who did it, as people know them; "" for the alerts themselves.
        at: When.
    """

    resolved: bool
    by: str
    at: datetime


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a notifier may say about one page, notice or answer.

    Attributes:
        kind: Why we speak.
        page_id: Unique per page; where the provider has an idempotency or dedup key, this is it.
        at: When the page was planned.
        incident: Number people use; None for messages that are about no incident.
        code: The shortest reply code that names this incident to this contact ("12"), "" if no reply is possible.
        team: Display name of the team that is asked.
        summary: One sentence; from alert content, so never trusted as markup.
        reason: Why this person is asked ("on call for payments/primary").
        lines: The incidents of a bundle, loudest first.
        total: How many incidents a bundle stands for (`lines` may be cut).
        url: Where a browser shows the incident.
        ack_url: One-click acknowledge address for media that can show links; GET on it changes nothing.
        links: Runbook first.
        context: Warnings and deploys that ride along, a line each.
        drill: A practice page; every medium says so.
        text: For kinds that carry prepared text (NOTICE, SHIFT, ANSWER, VERIFY).
    """

    kind: MessageKind
    page_id: str
    at: datetime
    incident: int | None = None
    code: str = ""
    team: str = ""
    severity: Severity = Severity.CRITICAL
    summary: str = ""
    reason: str = ""
    lines: tuple[IncidentLine, ...] = ()
    total: int = 0
    url: str = ""
    ack_url: str = ""
    links: tuple[Link, ...] = ()
    context: tuple[str, ...] = ()
    drill: bool = False
    text: str = ""
    language: str = "en"

    @property
    def numbers(self) -> tuple[int, ...]:
        """The incidents it names."""
        return (self.incident,) if self.incident is not None else tuple(line.number for line in self.lines)

    def waits(self, standings: Mapping[int, Standing]) -> bool:
        """Whether it still asks for an answer, with what became of its incidents by number."""
        if not self.numbers or self.total > len(self.numbers):
            # A bundle that was cut has incidents no line names.
            return len(standings) < max(self.total, 1)
        return any(number not in standings for number in self.numbers)
