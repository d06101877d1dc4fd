"""Twilio's error codes, sorted into outcome classes (https://www.twilio.com/docs/api/errors).

Keyed on the code alone: the texts vary.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from notifiers.outcome import Outcome, OutcomeKind


class RateLimited(Exception):
    """HTTP 429; the vendor's exception loses the headers."""

    def __init__(self, retry_after: timedelta | None) -> None:
        super().__init__("too many requests")
        self.retry_after = retry_after


_REFUSED: Mapping[int, str] = {
    21211: "this is not a phone number",
    21214: "this number cannot be called",
    21217: "this is not a phone number",
    21610: "the person sent STOP and gets no texts until they send START",
    21614: "this number takes no texts; use a call",
    30005: "this number does not exist any more",
    30006: "this is a landline or its carrier takes no texts; use a call",
}
_UNREACHABLE: Mapping[int, str] = {
    21612: "no route from our number to this one",
    30001: "the carrier's queue is full",
    30003: "the phone is off or has no service",
    30004: "the message was blocked on the way",
    30008: "the carrier gave no reason",
    30036: "the text was too late to be worth delivering",
}
_BROKEN: Mapping[int, str] = {
    20003: "Twilio refuses our credentials",
    20404: "Twilio does not know our account",
    21201: "a call without a number was asked for",
    21205: "Twilio cannot use our voice address; is ONCALL_PUBLIC_URL reachable from outside?",
    21210: "our number is not verified for calls",
    21212: "our own number is not valid",
    21213: "our own number is missing",
    21215: "the account may not call this country",
    21219: "a trial account may call verified numbers only",
    21408: "the account may not text this country",
    21602: "a text without content was asked for",
    21603: "our own number is missing",
    21604: "a text without a number was asked for",
    21606: "our number cannot send texts for this account",
    21608: "a trial account may text verified numbers only",
    21609: "Twilio cannot use our status address; is ONCALL_PUBLIC_URL reachable from outside?",
    21617: "the text was too long",
    21619: "a text without content was asked for",
    30002: "the account is suspended",
    30007: "carriers filter our texts",
    30034: "our number is not registered with US carriers (A2P 10DLC)",
}
_RETRY: Mapping[int, str] = {
    20429: "too many requests",
    20503: "Twilio is unavailable for a moment",
    21611: "our number's queue is full",
}
_UNKNOWN: Mapping[int, str] = {20500: "Twilio failed midway"}

_CLASSES: tuple[tuple[OutcomeKind, Mapping[int, str]], ...] = (
    (OutcomeKind.REFUSED, _REFUSED),
    (OutcomeKind.UNREACHABLE, _UNREACHABLE),
    (OutcomeKind.BROKEN, _BROKEN),
    (OutcomeKind.RETRY, _RETRY),
    (OutcomeKind.UNKNOWN, _UNKNOWN),
)
TABLE: Mapping[int, tuple[OutcomeKind, str]] = {
    code: (kind, detail) for kind, rows in _CLASSES for code, detail in rows.items()
}


def by_code(code: int | None, status: int, provider_id: str = "") -> Outcome:
    """The class of an error: by Twilio's code, else by the HTTP status."""
    if code is not None and code in TABLE:
        kind, detail = TABLE[code]
        return Outcome(kind=kind, code=str(code), detail=detail, provider_id=provider_id)
    named = str(code or status)
    match status:
        case 401 | 403 | 404:
            return Outcome(kind=OutcomeKind.BROKEN, code=named, detail=f"Twilio refuses us (HTTP {status})")
        case 429 | 503:
            return Outcome(kind=OutcomeKind.RETRY, code=named, detail=f"Twilio asks to try later (HTTP {status})")
        case status if status >= 500:
            return Outcome(kind=OutcomeKind.UNKNOWN, code=named, detail=f"Twilio failed midway (HTTP {status})")
        case status if 300 <= status < 400:
            return Outcome(kind=OutcomeKind.BROKEN, code=named, detail="Twilio's address redirects elsewhere")
        case _:
            return Outcome(
                kind=OutcomeKind.UNREACHABLE,
                code=named,
                detail=f"Twilio refused the request ({named})",
                provider_id=provider_id,
            )
