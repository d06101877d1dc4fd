"""What a report of an alert means, given what was known of it.

`startsAt` is no identity: Alertmanager moves it when it loses its state, and merges overlapping runs to the earliest.
Retries and repeats are byte-identical, so neither a hash nor a time tells them apart, and nothing here needs to.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from routing.alert import Alert, AlertStatus


class MergeKind(StrEnum):
    """What one report of an alert changes."""

    #: A run begins: the alert was unknown, or its last run had ended before this one started.
    NEW_EPISODE = "new_episode"
    #: The run that was resolved goes on: it fires again with a start before that end.
    REOPENED = "reopened"
    #: Firing as before, with other annotations.
    UPDATED = "updated"
    #: Nothing new.
    REPEAT = "repeat"
    #: The run has ended.
    RESOLVED = "resolved"
    #: The first we hear of a run is that it ended. It never opens anything and pages nobody.
    BORN_RESOLVED = "born_resolved"
    #: The end of an earlier run arrives after a later one began; the later one goes on.
    LATE = "late"


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The decision: what happened, the alert as it is known from now on, and why."""

    kind: MergeKind
    alert: Alert
    reason: str


def merge(known: Alert | None, incoming: Alert, now: datetime) -> Merged:
    """Fold a report into what is known of the same fingerprint (None: never heard of)."""
    if incoming.status is AlertStatus.FIRING:
        return _firing(known, incoming)
    ended = _ended(incoming, now)
    if known is None:
        return _merged(MergeKind.BORN_RESOLVED, ended, "resolved without ever having been reported firing")
    if known.status is AlertStatus.FIRING:
        return _resolved(known, ended)
    if known.ends_at is not None and ended.starts_at > known.ends_at:
        return _merged(MergeKind.BORN_RESOLVED, ended, "a later run came and went without being reported firing")
    return _merged(MergeKind.REPEAT, known, "already resolved")


def _firing(known: Alert | None, incoming: Alert) -> Merged:
    if known is None:
        return _merged(MergeKind.NEW_EPISODE, incoming, "first report of this alert")
    if known.status is AlertStatus.RESOLVED:
        if known.ends_at is not None and incoming.starts_at > known.ends_at:
            return _merged(
                MergeKind.NEW_EPISODE, incoming, f"fires again after it was resolved at {_at(known.ends_at)}"
            )
        return _merged(MergeKind.REOPENED, incoming, "fires on, although it had been reported resolved")
    same = incoming.annotations == known.annotations and incoming.generator_url == known.generator_url
    start = min(known.starts_at, incoming.starts_at)
    # An unchanged report hands the known value back, so that a repeat costs no write.
    alert = known if same and start == known.starts_at else msgspec.structs.replace(incoming, starts_at=start)
    if not same:
        return _merged(MergeKind.UPDATED, alert, "still firing, with other annotations")
    return _merged(MergeKind.REPEAT, alert, "still firing")


def _resolved(known: Alert, ended: Alert) -> Merged:
    if ended.ends_at is not None and ended.ends_at < known.starts_at:
        return _merged(
            MergeKind.LATE,
            known,
            f"ended at {_at(ended.ends_at)}, before the present run began at {_at(known.starts_at)}",
        )
    alert = msgspec.structs.replace(ended, starts_at=min(known.starts_at, ended.starts_at))
    return _merged(MergeKind.RESOLVED, alert, "reported resolved")


def _ended(incoming: Alert, now: datetime) -> Alert:
    # "Resolved" is the source's word; an end in the future, or none, would let the next run look like this one.
    # A sender whose clock is ahead of ours may end a run before, by our clock, it began; its start is the bound then.
    end = max(now if incoming.ends_at is None else min(incoming.ends_at, now), incoming.starts_at)
    return msgspec.structs.replace(incoming, ends_at=end)


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _merged(kind: MergeKind, alert: Alert, reason: str) -> Merged:
    return Merged(kind=kind, alert=alert, reason=reason)
