"""Tables of counts, each entry a row that can be written alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from grouping.rows import Changes


@dataclass(slots=True)
class KindCount:
    """How often a kind began, and at which hours of the day (UTC). Counts are inflated (see `decay`)."""

    id: int
    rule: int
    component: int
    name: tuple[str, str, str]
    count: float = 0.0
    last: float = -1e18
    hours: dict[int, float] = field(default_factory=dict)
    #: Whether its latest alert was page-worthy.
    pages: bool = False
    #: The chance rate as last computed, and for which five minutes; not kept.
    chance: tuple[float, float] = (-1.0, 0.0)

    def as_text(self) -> str:
        """The row's value."""
        return json.dumps([self.name, self.count, self.last, list(self.hours.items()), self.pages])


@dataclass(slots=True)
class ComponentCount:
    """How often anything of a component began, and where it belongs."""

    id: int
    thing: str
    scope: str
    namespace: str = ""
    team: str = ""
    count: float = 0.0
    last: float = -1e18
    #: As in `KindCount`.
    chance: tuple[float, float] = (-1.0, 0.0)

    def as_text(self) -> str:
        """The row's value."""
        return json.dumps([self.thing, self.scope, self.namespace, self.team, self.count, self.last])


class PairCounts:
    """How often two numbered things began together. The key packs both numbers; order matters to the caller alone."""

    def __init__(self, table: str, changes: Changes) -> None:
        self.table = table
        self._changes = changes
        self._pairs: dict[int, list[float]] = {}

    def __len__(self) -> int:
        return len(self._pairs)

    def count(self, a: int, b: int) -> float:
        """The inflated count."""
        found = self._pairs.get(a << 32 | b)
        return found[0] if found else 0.0

    def add(self, a: int, b: int, weight: float, at: float, window: float) -> None:
        """Count one joint episode, at most one per window."""
        key = a << 32 | b
        found = self._pairs.get(key)
        if found is None:
            self._pairs[key] = [weight, at]
        elif found[1] < at - window:
            found[0] += weight
            found[1] = at
        else:
            return
        self._changes.touch(self.table, str(key))

    def keep(self, worth: Callable[[int, int, float, float], bool]) -> None:
        """Drop pairs that are not worth it, judged by both numbers, count and last time."""
        gone = [k for k, (count, last) in self._pairs.items() if not worth(k >> 32, k & 0xFFFFFFFF, count, last)]
        for key in gone:
            del self._pairs[key]
            self._changes.touch(self.table, str(key))

    def items(self) -> Iterator[tuple[int, int, float]]:
        """Both numbers and the inflated count of every pair."""
        return ((k >> 32, k & 0xFFFFFFFF, v[0]) for k, v in self._pairs.items())

    def load(self, key: str, value: str) -> None:
        """Take a row back."""
        self._pairs[int(key)] = json.loads(value)

    def row(self, key: str) -> str | None:
        """The row as it now is."""
        found = self._pairs.get(int(key))
        return json.dumps(found) if found else None


class HabitCounts:
    """How often something was seen, against how often chance alone would have shown it."""

    def __init__(self, table: str, changes: Changes) -> None:
        self.table = table
        self._changes = changes
        self._habits: dict[int, list[float]] = {}

    def get(self, key: int) -> list[float]:
        """[seen, by chance], inflated."""
        return self._habits.get(key) or _NEVER

    def add(self, key: int, seen: float, chance: float) -> None:
        """Add to both."""
        found = self._habits.get(key)
        if found is None:
            found = self._habits[key] = [0.0, 0.0]
        found[0] += seen
        found[1] += chance
        self._changes.touch(self.table, str(key))

    def keep(self, least: float) -> None:
        """Drop habits seen and expected less than this."""
        for key in [k for k, (seen, chance) in self._habits.items() if seen + chance < least]:
            del self._habits[key]
            self._changes.touch(self.table, str(key))

    def items(self) -> Iterator[tuple[int, list[float]]]:
        """Every habit."""
        return iter(self._habits.items())

    def load(self, key: str, value: str) -> None:
        """Take a row back."""
        self._habits[int(key)] = json.loads(value)

    def row(self, key: str) -> str | None:
        """The row as it now is."""
        found = self._habits.get(int(key))
        return json.dumps(found) if found else None


_NEVER = [0.0, 0.0]
