"""Silences: alerts that people said not to be told about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from routing.matchers import Matcher, match_all


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that satisfy all matchers are logged, not paged, from `starts_at` until before `ends_at`.

    With `until_resolved` it covers only runs that had begun when it started: an alert that resolves and fires again
    is heard. Such a silence may lack an `ends_at`; every other has one, so that none is forgotten.
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime | None
    by: str
    comment: str = ""
    until_resolved: bool = False

    def __post_init__(self) -> None:
        """Refuse what would silence everything, or for ever."""
        if not self.matchers:
            raise ValueError("a silence needs at least one matcher")
        if self.ends_at is None and not self.until_resolved:
            raise ValueError("a silence needs an end, or lasts until the alert resolves")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("a silence ends after it starts")

    def is_active(self, now: datetime) -> bool:
        """Whether the silence is in force."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


def silenced_by(
    labels: Mapping[str, str], silences: Iterable[Silence], now: datetime, firing_since: datetime | None = None
) -> Silence | None:
    """The silence that covers an alert now, or None; of several the one that lasts longest.

    `firing_since` is when the engine first heard of the present run, and None for a run that begins now.
    """
    covering = [
        silence
        for silence in silences
        if silence.is_active(now)
        and (not silence.until_resolved or (firing_since is not None and firing_since <= silence.starts_at))
        and match_all(silence.matchers, labels)
    ]
    return max(covering, key=_lasting, default=None)


def _lasting(silence: Silence) -> tuple[bool, float]:
    return silence.ends_at is None, silence.ends_at.timestamp() if silence.ends_at else 0.0
