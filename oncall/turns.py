"""Taking turns: how many messages about different things share one place that takes only so many a second. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")
Place = TypeVar("Place", bound=Hashable)


class Turns(Generic[Place]):
    """One turn per place and `spacing`; what comes in between is told when to come back.

    It remembers what this node does alone. Several nodes together may be faster by their number, which a provider
    answers with a rate limit of its own.
    """

    def __init__(self, spacing: timedelta) -> None:
        self._spacing = spacing
        self._free_at: dict[Place, datetime] = {}

    def take(self, place: Place, waiting: list[T], now: datetime) -> tuple[list[T], list[tuple[T, datetime]]]:
        """Whose turn it is of those who wait for this place, in order: at most one; and when the others' turns come."""
        free_at = self._free_at.get(place, now)
        # A clock that was set back must not silence a place until it has caught up.
        free_at = min(free_at, now + self._spacing)
        first = waiting[:1] if free_at <= now else []
        if first:
            self._free_at[place] = free_at = now + self._spacing
        late = [(one, free_at + n * self._spacing) for n, one in enumerate(waiting[len(first) :])]
        self._forget(now)
        return first, late

    def _forget(self, now: datetime) -> None:
        """What is free again needs no memory."""
        if len(self._free_at) > 1000:
            self._free_at = {place: at for place, at in self._free_at.items() if at > now}
