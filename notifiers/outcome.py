"""What came of one attempt to carry a page: classified by the notifier, acted on by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

import msgspec


class OutcomeKind(StrEnum):
    """The classes every provider's answers are sorted into.

    None of them means "seen": only a human act acknowledges.
    """

    #: The provider took it. Not delivery.
    ACCEPTED = "accepted"
    #: The provider says the device or mailbox has it. Still not seen.
    DELIVERED = "delivered"
    #: This contact will not work (wrong number, opted out): next method at once, contact flagged.
    REFUSED = "refused"
    #: It did not reach this person this time (handset off, busy): next method at once, contact kept.
    UNREACHABLE = "unreachable"
    #: The channel is broken for everybody (credentials, account, filtering): next method at once, operator alarmed.
    BROKEN = "broken"
    #: Certainly not carried out, worth trying again (rate limit, connection refused).
    RETRY = "retry"
    #: May or may not have been carried out (hang, dropped connection): next method at once, at most one duplicate.
    UNKNOWN = "unknown"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The classified answer of one attempt.

    Attributes:
        kind: The class.
        provider_id: The provider's name for the message, by which later callbacks find it.
        code: The provider's own code ("21610", "not_in_channel", "550"), for evidence and metrics.
        detail: One sentence for people, without secrets.
        retry_after: How long the provider asked us to wait; only with `RETRY`.
        trace: What helps to find the message at the provider; only with `UNKNOWN`, and only where it can be looked up.
    """

    kind: OutcomeKind
    provider_id: str = ""
    code: str = ""
    detail: str = ""
    retry_after: timedelta | None = None
    trace: str = ""


_ORDER = (
    OutcomeKind.RETRY,
    OutcomeKind.UNKNOWN,
    OutcomeKind.ACCEPTED,
    OutcomeKind.UNREACHABLE,
    OutcomeKind.REFUSED,
    OutcomeKind.BROKEN,
    OutcomeKind.DELIVERED,
)


def moves_forward(known: OutcomeKind | None, reported: OutcomeKind) -> bool:
    """True if a later report changes what is known of a delivery.

    Reports come doubled, reversed and late, so a delivery only moves forward: a failure replaces an acceptance, and
    "delivered" replaces all, for a device that has the message is a fact however late we hear of it.
    """
    return known is None or _ORDER.index(reported) > _ORDER.index(known)


def answered(outcome: Outcome, reports: Sequence[Outcome]) -> Outcome:
    """What an attempt came to, given its answer and what the provider reported before that was recorded.

    Reports that name another message are of an earlier attempt, whose sender died, and say nothing of this one. Where
    the answer names none, it was lost or no message was made, and whatever was reported is what is known.
    """
    name = outcome.provider_id
    for report in reports:
        if (not name or report.provider_id in {"", name}) and moves_forward(outcome.kind, report.kind):
            outcome = msgspec.structs.replace(report, provider_id=report.provider_id or name)
    return outcome
