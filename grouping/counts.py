"""Tables of counts, each entry a row that can be written alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from grouping.decay import weight_at
from grouping.rows import Changes, from_text, to_text

#: Two components that began together so often are companions.
COMPANIONS = 1.5


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
        return to_text([self.name, self.count, self.last, list(self.hours.items()), self.pages])


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
        return to_text([self.thing, self.scope, self.namespace, self.team, self.count, self.last])


class Counts:
    """A table of two numbers for each key; every entry is a row."""

    def __init__(self, table: str, changes: Changes) -> None:
        self.table = table
        self._touched = changes.of(table)
        #: For reading in a hurry; written here alone.
        self.by_key: dict[int, list[float]] = {}
        #: A table that is full takes no new key in until a sweep made room.
        self.most = 10**9

    def __len__(self) -> int:
        return len(self.by_key)

    def size(self, entry: list[float]) -> float:
        """How much of an entry there is, inflated: what goes first where a table is too large."""
        return entry[0]

    def drop(self, key: int) -> None:
        """Forget an entry."""
        if self.by_key.pop(key, None) is not None:
            self._touched[key] = None

    def load(self, key: str, value: str) -> None:
        """Take a row back."""
        self.by_key[int(key)] = from_text(value)

    def row(self, key: str) -> str | None:
        """The row as it now is."""
        found = self.by_key.get(int(key))
        return to_text(found) if found else None


class PairCounts(Counts):
    """How often two numbered things began together: [inflated count, last time] by `a << 32 | b`.

    The order of the two matters to the caller alone.
    """

    def count(self, a: int, b: int) -> float:
        """The inflated count."""
        found = self.by_key.get(a << 32 | b)
        return found[0] if found else 0.0

    def add(self, a: int, b: int, weight: float, at: float, window: float) -> None:
        """Count one joint episode, at most one per window."""
        key = a << 32 | b
        found = self.by_key.get(key)
        if found is None:
            if len(self.by_key) >= self.most:
                return
            self.by_key[key] = [weight, at]
        elif found[1] < at - window:
            found[0] += weight
            found[1] = at
        else:
            return
        self._touched[key] = None

    def items(self) -> Iterator[tuple[int, int, float]]:
        """Both numbers and the inflated count of every pair."""
        return ((k >> 32, k & 0xFFFFFFFF, v[0]) for k, v in self.by_key.items())


class TieCounts(PairCounts):
    """The same for components, with those at hand that were ever companions; ask the count whether they still are."""

    def __init__(self, table: str, changes: Changes) -> None:
        super().__init__(table, changes)
        self.companions: dict[int, set[int]] = {}

    def add(self, a: int, b: int, weight: float, at: float, window: float) -> None:
        """As for any pair."""
        super().add(a, b, weight, at, window)
        if self.count(a, b) >= COMPANIONS * weight:
            self._join(a, b)

    def drop(self, key: int) -> None:
        """As for any pair."""
        super().drop(key)
        a, b = key >> 32, key & 0xFFFFFFFF
        for one, other in ((a, b), (b, a)):
            self.companions.get(one, _NOBODY).discard(other)

    def load(self, key: str, value: str) -> None:
        """As for any pair."""
        super().load(key, value)
        count, last = self.by_key[int(key)]
        if count >= COMPANIONS * weight_at(last):
            self._join(int(key) >> 32, int(key) & 0xFFFFFFFF)

    def _join(self, a: int, b: int) -> None:
        self.companions.setdefault(a, set()).add(b)
        self.companions.setdefault(b, set()).add(a)


class HabitCounts(Counts):
    """How often something was seen, against how often chance alone would have shown it: both inflated."""

    def size(self, entry: list[float]) -> float:
        """Seen or expected, for both are worth remembering."""
        return entry[0] + entry[1]

    def get(self, key: int) -> list[float]:
        """[seen, by chance], inflated."""
        return self.by_key.get(key, _NEVER)

    def add(self, key: int, seen: float, chance: float) -> None:
        """Add to both."""
        found = self.by_key.get(key)
        if found is None:
            if len(self.by_key) >= self.most:
                return
            found = self.by_key[key] = [0.0, 0.0]
        found[0] += seen
        found[1] += chance
        self._touched[key] = None

    def items(self) -> Iterator[tuple[int, list[float]]]:
        """Every habit."""
        return iter(self.by_key.items())


_NEVER = [0.0, 0.0]
#: Stays empty.
_NOBODY: set[int] = set()
