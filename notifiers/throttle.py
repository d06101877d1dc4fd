"""How many messages one contact gets: bundling and limits, decided from what is due and what was sent lately.

Pure. The loudest page decides: what else is due to the same contact rides along in its message, so a storm costs one
text. Limits hold messages back, but a critical page waits for them only for a short, fixed time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from notifiers.message import MessageKind
from routing.alert import Severity


class DuePage(msgspec.Struct, frozen=True, kw_only=True):
    """One message that is due to the contact; `due_at` is when it first was, however often it was held back since."""

    page_id: str
    severity: Severity
    due_at: datetime


class Limit(msgspec.Struct, frozen=True):
    """At most `count` messages within any `span`."""

    count: int
    span: timedelta


class ChannelLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one contact of a channel is spared.

    Attributes:
        burst: The limit that spaces messages out.
        budget: The limits over longer spans.
        critical_burst_wait: Longest time `burst` may hold a critical page.
        critical_budget_wait: Longest time `budget` may hold a critical page.
        bundles: Several messages due at once become one; machines want each by itself.
    """

    burst: Limit | None = None
    budget: tuple[Limit, ...] = ()
    critical_burst_wait: timedelta = timedelta(seconds=10)
    critical_budget_wait: timedelta = timedelta(seconds=60)
    bundles: bool = True


class Send(msgspec.Struct, frozen=True, kw_only=True, tag="send"):
    """Send now: one message for each inner tuple; several pages in one are a bundle, loudest first."""

    messages: tuple[tuple[str, ...], ...]
    reason: str


class Wait(msgspec.Struct, frozen=True, kw_only=True, tag="wait"):
    """Nothing goes out before `until`; ask again then."""

    until: datetime
    reason: str


ThrottleDecision = Send | Wait

#: No limits, no bundles: for receivers that are machines.
UNLIMITED = ChannelLimits(bundles=False)

_MINUTE = Limit(1, timedelta(minutes=1))
_TEXTS = (Limit(5, timedelta(minutes=15)), Limit(11, timedelta(hours=1)), Limit(21, timedelta(hours=3)))
_CALLS = (Limit(3, timedelta(minutes=15)), Limit(7, timedelta(hours=1)), Limit(15, timedelta(hours=3)))
_UPDATES = (Limit(3, timedelta(minutes=20)), Limit(8, timedelta(hours=2)))

#: For channels that reach a person as text.
TEXT_LIMITS = ChannelLimits(burst=_MINUTE, budget=_TEXTS)
#: A second call within the minute would find the line busy, so the spacing holds for critical pages too.
CALL_LIMITS = ChannelLimits(burst=_MINUTE, budget=_CALLS, critical_burst_wait=timedelta(seconds=60))
#: What asks for no answer: notices, reminders, "it is over".
UPDATE_LIMITS = ChannelLimits(burst=Limit(1, timedelta(minutes=3)), budget=_UPDATES)

#: Asked for by the person who gets it, this moment: never held back.
_IMMEDIATE = frozenset({MessageKind.ANSWER, MessageKind.VERIFY, MessageKind.TEST})
_PAGES = frozenset({MessageKind.PAGE, MessageKind.BUNDLE})


def limits_for(kind: MessageKind, pages: ChannelLimits) -> ChannelLimits:
    """The limits that hold for a kind of message on a channel whose pages have the limits `pages`."""
    if kind in _IMMEDIATE or pages == UNLIMITED:
        return UNLIMITED
    return pages if kind in _PAGES else UPDATE_LIMITS


def loudest_first(due: Sequence[DuePage]) -> list[DuePage]:
    """By severity, then by age."""
    return sorted(due, key=lambda page: (-page.severity.rank, page.due_at, page.page_id))


def decide(
    due: Sequence[DuePage], recent: Sequence[datetime], limits: ChannelLimits, now: datetime
) -> ThrottleDecision:
    """What to do about everything that is due to one contact through one channel.

    Args:
        due: At least one message, all of them due.
        recent: When messages were sent to this contact through this channel, in any order.
        limits: What the contact is spared.
        now: The present.

    Returns:
        `Send`, or `Wait` with the instant at which to ask again (always after `now`).
    """
    pages = loudest_first(due)
    until, reason = _free_at(pages, recent, limits, now)
    if until > now:
        return Wait(until=until, reason=reason)
    if not limits.bundles or len(pages) == 1:
        return Send(messages=tuple((page.page_id,) for page in pages), reason=reason)
    return Send(messages=(tuple(page.page_id for page in pages),), reason=f"{len(pages)} due at once to one contact")


def _free_at(
    pages: Sequence[DuePage], recent: Sequence[datetime], limits: ChannelLimits, now: datetime
) -> tuple[datetime, str]:
    waits = dict.fromkeys(limits.budget, limits.critical_budget_wait)
    if limits.burst is not None:
        waits[limits.burst] = limits.critical_burst_wait
    # A critical page's patience starts when it was due, so that many small holds never add up.
    critical_since = min((page.due_at for page in pages if page.severity is Severity.CRITICAL), default=None)
    until, reason = now, "within the limits"
    for limit, free in _free(recent, waits, now).items():
        if critical_since is not None:
            free = min(free, critical_since + waits[limit])  # noqa: PLW2901 - the bound replaces the limit's answer
        if free > until:
            until, reason = free, f"limit of {limit.count} in {_span(limit.span)} to one contact"
    return until, reason


def _free(recent: Sequence[datetime], limits: Mapping[Limit, object], now: datetime) -> dict[Limit, datetime]:
    """When each limit that is used up has room again."""
    newest_first = sorted((sent for sent in recent if sent <= now), reverse=True)
    return {
        limit: newest_first[limit.count - 1] + limit.span
        for limit in limits
        if len(newest_first) >= limit.count and newest_first[limit.count - 1] + limit.span > now
    }


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"
