"""What is forgotten, so that memory and rows stay bounded however long the engine runs."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from heapq import nsmallest

from grouping.counts import PairCounts
from grouping.statistics import Statistics

MAX_KINDS = 100_000
MAX_PAIRS = 1_000_000
#: A pair seen once is forgotten after a month, one seen twice after two; a kind is kept about four times as long.
LEAST_PAIR = 0.5
LEAST_KIND = 0.06
LEAST_HABIT = 0.1
#: After a week, a pair must be this much more frequent than by chance to be kept.
CHANCE_DAYS = 7.0
TIMES_CHANCE = 2.0
DAY = 86400.0


def prune(stats: Statistics, in_use: AbstractSet[int]) -> None:
    """Drop faded kinds and pairs, and pairs that chance explains; `in_use` are kinds that must stay."""
    weight = stats.weight
    faded = {k.id for k in stats.kinds.values() if k.count < LEAST_KIND * weight and k.last < stats.now - DAY}
    over = len(stats.kinds) - len(faded) - MAX_KINDS
    if over > 0:
        rest = (k for k in stats.kinds.values() if k.id not in faded and k.id not in in_use)
        faded |= {k.id for k in nsmallest(over, rest, key=lambda k: (k.count, k.last))}
    stats.drop_kinds(faded - in_use)

    def kinds_tell(a: int, b: int, count: float, last: float) -> bool:
        first, second = stats.kinds.get(a), stats.kinds.get(b)
        if first is None or second is None or count < LEAST_PAIR * weight:
            return False
        by_chance = first.count * stats.chance(second)
        return last > stats.now - CHANCE_DAYS * DAY or count > TIMES_CHANCE * by_chance

    def things_tell(a: int, b: int, count: float, last: float) -> bool:
        first, second = stats.components.get(a), stats.components.get(b)
        if first is None or second is None or count < LEAST_PAIR * weight:
            return False
        by_chance = first.count * stats.component_chance(second)
        return last > stats.now - CHANCE_DAYS * DAY or count > TIMES_CHANCE * by_chance

    def slow_tell(a: int, b: int, count: float, _last: float) -> bool:
        return a in stats.kinds and b in stats.kinds and count >= LEAST_PAIR * weight

    stats.pairs.keep(kinds_tell)
    stats.ties.keep(things_tell)
    stats.slow_pairs.keep(slow_tell)
    for pairs in (stats.pairs, stats.ties, stats.slow_pairs):
        _cap(pairs)
    stats.habits.keep(LEAST_HABIT * weight)
    stats.slow_habits.keep(LEAST_HABIT * weight)


def _cap(pairs: PairCounts) -> None:
    if len(pairs) > MAX_PAIRS:
        counts = sorted(count for _, _, count in pairs.items())
        least = counts[len(counts) - MAX_PAIRS]
        pairs.keep(lambda _a, _b, count, _last: count > least)
