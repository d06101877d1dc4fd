"""What is forgotten, so that memory and rows stay bounded however long the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from heapq import nsmallest

from grouping.counts import Counts
from grouping.statistics import Statistics

MAX_KINDS = 100_000
MAX_PAIRS = 1_000_000
MAX_HABITS = 1_000_000
#: A table is swept before its day where it outgrew its bound by this much, and takes nothing new in until then.
OVERFULL = 1.1
#: A pair seen once is forgotten after a month, one seen twice after two; a kind is kept about four times as long.
LEAST_PAIR = 0.5
LEAST_KIND = 0.06
LEAST_HABIT = 0.1
#: After a week, a pair must be this much more frequent than by chance to be kept.
CHANCE_DAYS = 7.0
TIMES_CHANCE = 2.0
DAY = 86400.0
#: So many entries are looked at in one go: a few milliseconds, so that no alert waits for a sweep.
SLICE = 4000
#: Where a table outgrew its bound, the least worth keeping is estimated from so many of its entries.
SAMPLE = 4000

#: Whether an entry is worth its row, by its key and its two numbers.
Worth = Callable[[Statistics, int, list[float]], bool]


class Pruning:
    """Once a day, and whenever a table is overfull, one sweep over everything, a slice at a time."""

    def __init__(self, stats: Statistics) -> None:
        self._stats = stats
        self._swept: float | None = None
        self._sweep: Iterator[None] | None = None
        for tables, most in ((stats.pair_tables, MAX_PAIRS), (stats.habit_tables, MAX_HABITS)):
            for table in tables:
                table.most = int(OVERFULL * most)

    def step(self, in_use: Callable[[], AbstractSet[int]]) -> None:
        """Do what is due now, at the statistics' instant; `in_use` names the kinds that must stay."""
        if self._sweep is None and self._is_due():
            self._swept = self._stats.now
            self._sweep = _sweep(self._stats, in_use())
        if self._sweep is not None and next(self._sweep, self) is self:
            self._sweep = None

    def _is_due(self) -> bool:
        if self._swept is None:
            self._swept = self._stats.now
        return self._stats.now - self._swept > DAY or is_overfull(self._stats)


def is_overfull(stats: Statistics) -> bool:
    """Whether a table outgrew its bound."""
    return len(stats.kinds) > OVERFULL * MAX_KINDS or any(
        len(table) >= table.most for table in (*stats.pair_tables, *stats.habit_tables)
    )


def prune(stats: Statistics, in_use: AbstractSet[int]) -> None:
    """A whole sweep at once: drop what faded, pairs that chance explains, and the least of what is too much."""
    for _ in _sweep(stats, in_use):
        pass


def _sweep(stats: Statistics, in_use: AbstractSet[int]) -> Iterator[None]:
    _drop_kinds(stats, in_use)
    yield
    for table, worth in ((stats.pairs, _kinds_tell), (stats.ties, _things_tell), (stats.slow_pairs, _slow_tell)):
        yield from _keep(stats, table, worth, MAX_PAIRS)
    for habits in stats.habit_tables:
        yield from _keep(stats, habits, _habit_tells, MAX_HABITS)


def _drop_kinds(stats: Statistics, in_use: AbstractSet[int]) -> None:
    least = LEAST_KIND * stats.weight
    faded = {k.id for k in stats.kinds.values() if k.count < least and k.last < stats.now - DAY}
    over = len(stats.kinds) - len(faded) - MAX_KINDS
    if over > 0:
        rest = (k for k in stats.kinds.values() if k.id not in faded and k.id not in in_use)
        faded |= {k.id for k in nsmallest(over, rest, key=lambda k: (k.count, k.last))}
    stats.drop_kinds(faded - in_use)


def _keep(stats: Statistics, table: Counts, worth: Worth, most: int) -> Iterator[None]:
    """Drop what is not worth its row, and of a table with more than `most` entries the least."""
    keys = list(table.by_key)
    over = len(keys) / most
    least = _least(table, keys, 1 - 0.9 / over) if over > 1 else -1.0
    for begin in range(0, len(keys), SLICE):
        for key in keys[begin : begin + SLICE]:
            entry = table.by_key.get(key)
            if entry is not None and (table.size(entry) <= least or not worth(stats, key, entry)):
                table.drop(key)
        yield


def _least(table: Counts, keys: list[int], share: float) -> float:
    """The size below which this share of the table lies, estimated from some of it."""
    some = keys[:: max(1, len(keys) // SAMPLE)]
    sizes = sorted(table.size(table.by_key[key]) for key in some)
    return sizes[min(len(sizes) - 1, int(share * len(sizes)))]


def _kinds_tell(stats: Statistics, key: int, entry: list[float]) -> bool:
    first, second = stats.kinds.get(key >> 32), stats.kinds.get(key & 0xFFFFFFFF)
    if first is None or second is None or entry[0] < LEAST_PAIR * stats.weight:
        return False
    if entry[1] > stats.now - CHANCE_DAYS * DAY:
        return True
    return entry[0] > TIMES_CHANCE * first.count * stats.chance(second)


def _things_tell(stats: Statistics, key: int, entry: list[float]) -> bool:
    first, second = stats.components.get(key >> 32), stats.components.get(key & 0xFFFFFFFF)
    if first is None or second is None or entry[0] < LEAST_PAIR * stats.weight:
        return False
    if entry[1] > stats.now - CHANCE_DAYS * DAY:
        return True
    return entry[0] > TIMES_CHANCE * first.count * stats.component_chance(second)


def _slow_tell(stats: Statistics, key: int, entry: list[float]) -> bool:
    known = key >> 32 in stats.kinds and key & 0xFFFFFFFF in stats.kinds
    return known and entry[0] >= LEAST_PAIR * stats.weight


def _habit_tells(stats: Statistics, _key: int, entry: list[float]) -> bool:
    return entry[0] + entry[1] >= LEAST_HABIT * stats.weight
