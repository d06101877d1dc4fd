"""What one arrival teaches: who it began with, and who it would have met by chance at the same hour of earlier days."""

from __future__ import annotations

import math

from grouping.counts import KindCount
from grouping.decay import FAST_REACH, SLOW_WINDOW, WINDOW
from grouping.relations import PLACES, RELATIONS
from grouping.statistics import Statistics, habit_key, lag_bin

DAY = 86400.0
#: More kinds than this within the window relate everything to everything: a storm teaches nothing.
BASKET = 60
#: An hour with more arrivals than this teaches nothing about slow companions.
SLOW_BASKET = 250
#: Earlier days that stand for chance.
CHANCE_DAYS = (1, 2, 3)


def learn(stats: Statistics, kind: KindCount, at: float, recent: dict[int, float]) -> None:
    """Take an arrival in. `recent` gives each kind's latest beginning; statistics stand at the arrival's instant."""
    active = {k: t for k, t in recent.items() if t >= at - WINDOW and k != kind.id and k in stats.kinds}
    fresh = kind.last < at - WINDOW
    if len(active) <= BASKET:
        _count(stats, kind, at, fresh=fresh)
        _pairs(stats, kind, at, active)
        if fresh:
            _places(stats, kind, at, active)
            _habits(stats, kind, at, active)
    kind.last = at
    stats.components[kind.component].last = at
    stats.changes.touch("kind", str(kind.id))
    stats.remember_arrival(kind, at)


def _count(stats: Statistics, kind: KindCount, at: float, *, fresh: bool) -> None:
    weight = stats.weight
    if fresh:
        kind.count += weight
        kind.hours[stats.hour] = kind.hours.get(stats.hour, 0.0) + weight
        stats.shapes.add(-1, weight, 0.0)
        stats.shapes.add(-2 - stats.hour, weight, 0.0)
    component = stats.components[kind.component]
    if component.last < at - WINDOW:
        component.count += weight
        stats.changes.touch("component", str(component.id))


def _pairs(stats: Statistics, kind: KindCount, at: float, active: dict[int, float]) -> None:
    for other_id in active:
        other = stats.kinds[other_id]
        stats.pairs.add(min(kind.id, other_id), max(kind.id, other_id), stats.weight, at, WINDOW)
        if other.component != kind.component:
            first, second = sorted((kind.component, other.component))
            stats.ties.add(first, second, stats.weight, at, WINDOW)


def _places(stats: Statistics, kind: KindCount, at: float, active: dict[int, float]) -> None:
    """One vote a place, however many companions it holds: else one lost node outvotes a month."""
    lags: dict[int, float] = {}
    firm: dict[int, float] = {}
    chance = stats.chance(kind)
    for other_id, began in active.items():
        other = stats.kinds[other_id]
        place = stats.place(kind.component, other.component)
        lags[place] = min(lags.get(place, math.inf), at - began)
        n = other.count / stats.weight
        excess = max(0.0, stats.pair_count(kind.id, other_id) - n * chance - 1)
        firm[place] = max(firm.get(place, 0.0), min(1.0, excess / (n + 0.5)))
    for place, lag in lags.items():
        stats.places.add(place, stats.weight, 0.0)
        stats.places.add(2 * PLACES + place, stats.weight * firm[place], stats.weight)
        stats.shapes.add(place % RELATIONS * 8 + lag_bin(lag), stats.weight, 0.0)


def _habits(stats: Statistics, kind: KindCount, at: float, active: dict[int, float]) -> None:
    days = [d for d in CHANCE_DAYS if stats.since is not None and at - d * DAY - SLOW_WINDOW >= stats.since]
    for key in _met(stats, kind, active):
        stats.habits.add(key, stats.weight, 0.0)
    slow = _slow_companions(stats, kind, at, active)
    if slow is not None:
        _slow(stats, kind, at, slow)
    share = stats.weight / max(1, len(days))
    for day in days:
        then = at - day * DAY
        met = set(stats.arrived(then - WINDOW, then))
        if len(met) <= BASKET + 20:
            keys = _met(stats, kind, met)
            for key in keys:
                stats.habits.add(key, 0.0, share)
            for place in {key & 0xFF for key in keys}:
                stats.places.add(place, 0.0, share)
        by_chance = _slow_companions(stats, kind, then, ())
        if slow is not None and by_chance is not None:
            keys = _met(stats, kind, by_chance)
            for key in keys:
                stats.slow_habits.add(key, 0.0, share)
            for place in {key & 0xFF for key in keys}:
                stats.places.add(PLACES + place, 0.0, share)


def _slow(stats: Statistics, kind: KindCount, at: float, companions: set[int]) -> None:
    keys = _met(stats, kind, companions)
    for key in keys:
        stats.slow_habits.add(key, stats.weight, 0.0)
    for place in {key & 0xFF for key in keys}:
        stats.places.add(PLACES + place, stats.weight, 0.0)
    for other in companions:
        stats.slow_pairs.add(kind.id, other, stats.weight, at, SLOW_WINDOW)


def _met(stats: Statistics, kind: KindCount, others: dict[int, float] | set[int]) -> set[int]:
    found = set()
    for other_id in others:
        other = stats.kinds.get(other_id)
        if other is not None and other_id != kind.id:
            found.add(habit_key(kind.rule, other.rule, stats.place(kind.component, other.component)))
    return found


def _slow_companions(
    stats: Statistics, kind: KindCount, at: float, but: dict[int, float] | tuple[()]
) -> set[int] | None:
    near = stats.arrived_near(kind.component, at - SLOW_WINDOW, at - FAST_REACH, SLOW_BASKET)
    return None if near is None else {other.id for other in near if other.id != kind.id and other.id not in but}
