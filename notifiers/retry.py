"""What follows from the outcome of an attempt: try again, go on to the next method, tell the operator, or nothing.

Pure. Waiting and giving up are decided here for every channel; notifiers only classify.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from notifiers.outcome import Outcome, OutcomeKind


class RetryDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What to do now that an attempt came back. Several may hold at once; none means there is nothing to do.

    Attributes:
        retry_at: Send the same message through the same method again then, if the page is still open.
        next_method: The person's next contact method starts now, not when its rule says.
        flag_contact: The address does not work; show it to the person and count it out until it is verified again.
        alarm_operator: The channel is broken for everybody.
        reason: One sentence, shown in the timeline.
    """

    retry_at: datetime | None = None
    next_method: bool = False
    flag_contact: bool = False
    alarm_operator: bool = False
    reason: str


#: Attempts of one message through one method when the provider says it was not carried out.
MOST_ATTEMPTS = 5
#: A wait longer than this lets the next method start in the meantime.
PATIENCE = timedelta(seconds=2)
#: A provider whose answer was lost has this long to know of the message, before it is looked up and sent once more.
LOOK_FIRST = timedelta(seconds=1)
#: A provider that asks for more is asked again after this anyway: a page is no batch job.
LONGEST_WAIT = timedelta(minutes=5)


def decide(
    outcome: Outcome, *, attempts: int, now: datetime, has_next: bool = True, doubtful: int = 0, jitter: float = 0.5
) -> RetryDecision:
    """What follows from an outcome.

    Args:
        outcome: The classified answer.
        attempts: How often this message was tried through this method, this attempt included (so at least 1).
        now: When the answer came.
        has_next: The person has another contact method that was not tried for this page.
        doubtful: How many earlier attempts may have been carried out without anybody knowing.
        jitter: From 0 to 1; spreads retries of many pages. Derive it from the page's id to stay repeatable.
    """
    said = outcome.detail or outcome.code or outcome.kind.value
    match outcome.kind:
        case OutcomeKind.ACCEPTED | OutcomeKind.DELIVERED:
            return RetryDecision(reason=f"{outcome.kind.value} by the provider")
        case OutcomeKind.REFUSED:
            return RetryDecision(next_method=True, flag_contact=True, reason=f"this contact does not work: {said}")
        case OutcomeKind.UNREACHABLE:
            return RetryDecision(next_method=True, reason=f"not reached this time: {said}")
        case OutcomeKind.BROKEN:
            return RetryDecision(next_method=True, alarm_operator=True, reason=f"the channel is broken: {said}")
        case OutcomeKind.UNKNOWN:
            once_more = not doubtful and attempts < MOST_ATTEMPTS
            return _unknown(said, now=now, has_next=has_next, once_more=once_more)
        case OutcomeKind.RETRY:
            return _again(outcome, said, attempts=attempts, now=now, jitter=jitter)


def _unknown(said: str, *, now: datetime, has_next: bool, once_more: bool) -> RetryDecision:
    """It may have been carried out. A second message is better than none; a third is a fault."""
    if has_next:
        return RetryDecision(next_method=True, reason=f"no telling whether it was sent, so the next method: {said}")
    if once_more:
        return RetryDecision(
            retry_at=now + LOOK_FIRST, next_method=True, reason=f"no telling whether it was sent, once more: {said}"
        )
    return RetryDecision(next_method=True, reason=f"no telling whether it was sent, twice: {said}")


def _again(outcome: Outcome, said: str, *, attempts: int, now: datetime, jitter: float) -> RetryDecision:
    if attempts >= MOST_ATTEMPTS:
        return RetryDecision(next_method=True, reason=f"given up after {attempts} attempts: {said}")
    wait = timedelta(seconds=2 ** (attempts - 1) * (0.75 + jitter / 2))
    if outcome.retry_after is not None:
        wait = min(max(wait, outcome.retry_after), LONGEST_WAIT)
    in_parallel = wait > PATIENCE or attempts > 1
    return RetryDecision(
        retry_at=now + wait, next_method=in_parallel, reason=f"again in {wait.total_seconds():.1f} s: {said}"
    )
