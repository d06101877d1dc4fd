"""Whether a provider is down, from what came of the latest attempts. Pure.

An open breaker stops nothing: the page is still tried, which is also the probe. It only lets the person's next method
start at once instead of after one more timeout.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from notifiers.outcome import OutcomeKind

#: So many failures in a row, with no success between, open the breaker.
FAILURES = 3
#: What is older says nothing about now, so a breaker closes by itself when nothing was tried for so long.
WINDOW = timedelta(minutes=2)

#: Failures that are the provider's, not one contact's.
_DOWN = frozenset({OutcomeKind.BROKEN, OutcomeKind.RETRY, OutcomeKind.UNKNOWN})


class Attempt(msgspec.Struct, frozen=True):
    """What came of one attempt, and when."""

    at: datetime
    kind: OutcomeKind


class BreakerState(msgspec.Struct, frozen=True, kw_only=True):
    """Open means that the provider is taken to be down, after so many failures in a row, the first at `since`."""

    open: bool
    failures: int
    since: datetime | None = None

    @property
    def reason(self) -> str:
        """As a sentence, in UTC."""
        since = f" since {self.since:%H:%M:%S} UTC" if self.since else ""
        return f"{self.failures} failures in a row{since}"


def decide(attempts: Sequence[Attempt], now: datetime) -> BreakerState:
    """The state that follows from the latest attempts, given oldest first.

    A refusal of one contact proves that the provider is up, as a success does.
    """
    fresh = [attempt for attempt in attempts if now - attempt.at <= WINDOW]
    failed = 0
    for attempt in reversed(fresh):
        if attempt.kind not in _DOWN:
            break
        failed += 1
    if failed < FAILURES:
        return BreakerState(open=False, failures=failed)
    return BreakerState(open=True, failures=failed, since=fresh[-failed].at)


class Breakers:
    """The latest attempts of each channel on this node; what they mean is decided by `decide`."""

    def __init__(self) -> None:
        self._attempts: dict[str, list[Attempt]] = {}

    def note(self, channel: str, at: datetime, kind: OutcomeKind) -> None:
        """Remember what came of an attempt."""
        kept = self._attempts.setdefault(channel, [])
        kept.append(Attempt(at, kind))
        del kept[: -4 * FAILURES]

    def state(self, channel: str, now: datetime) -> BreakerState:
        """Whether the channel's provider is taken to be down."""
        return decide(self._attempts.get(channel, ()), now)
