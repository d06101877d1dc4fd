"""What one arrival teaches: who it began with, and who it would have met by chance at the same hour of earlier days."""

from __future__ import annotations

import math
from collections.abc import Iterable

from grouping.counts import KindCount
from grouping.decay import FAST_REACH, SLOW_WINDOW, WINDOW
from grouping.relations import PLACES, RELATIONS
from grouping.statistics import Statistics, habit_key, lag_bin

DAY = 86400.0
#: More kinds than this within the window relate everything to everything: a storm teaches nothing.
BASKET = 60
#: An hour with more arrivals than this teaches nothing about slow companions.
SLOW_BASKET = 250
#: Earlier days that stand for chance. One of them for each arrival, in turn, costs half and hides more pages.
EARLIER_DAYS = 3


def learn(stats: Statistics, kind: KindCount, at: float, recent: dict[int, float]) -> None:
    """Take an arrival in. `recent` gives each kind's latest beginning; statistics stand at the arrival's instant."""
    known = stats.kinds
    began = [(known[k], t) for k, t in recent.items() if t >= at - WINDOW and k != kind.id and k in known]
    fresh = kind.last < at - WINDOW
    if len(began) <= BASKET:
        _count(stats, kind, at, fresh=fresh)
        _pairs(stats, kind, at, [other for other, _ in began])
        if fresh:
            _places(stats, kind, at, began)
            _habits(stats, kind, at, [other for other, _ in began])
    kind.last = at
    stats.components[kind.component].last = at
    stats.changes.touch("kind", kind.id)
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
        stats.changes.touch("component", component.id)


def _pairs(stats: Statistics, kind: KindCount, at: float, active: list[KindCount]) -> None:
    number, component, weight = kind.id, kind.component, stats.weight
    for other in active:
        stats.pairs.add(*_ordered(number, other.id), weight, at, WINDOW)
        if other.component != component:
            stats.ties.add(*_ordered(component, other.component), weight, at, WINDOW)


def _ordered(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _places(stats: Statistics, kind: KindCount, at: float, began: list[tuple[KindCount, float]]) -> None:
    """One vote a place, however many companions it holds: else one lost node outvotes a month."""
    lags: dict[int, float] = {}
    firm: dict[int, float] = {}
    chance, weight, places = stats.chance(kind), stats.weight, stats.places_from(kind.component)
    for other, when in began:
        place = places[other.component]
        lags[place] = min(lags.get(place, math.inf), at - when)
        n = other.count / weight
        excess = max(0.0, stats.pair_count(kind.id, other.id) - n * chance - 1)
        firm[place] = max(firm.get(place, 0.0), min(1.0, excess / (n + 0.5)))
    for place, lag in lags.items():
        stats.places.add(place, weight, 0.0)
        stats.places.add(2 * PLACES + place, weight * firm[place], weight)
        stats.shapes.add(place % RELATIONS * 8 + lag_bin(lag), weight, 0.0)


def _habits(stats: Statistics, kind: KindCount, at: float, active: list[KindCount]) -> None:
    weight = stats.weight
    for key in _met(stats, kind, active):
        stats.habits.add(key, weight, 0.0)
    then = _earlier_days(stats, at)
    slow, *by_chance = _slow_companions(stats, kind, (at, *then))
    if slow is not None:
        lately = {other.id for other in active}
        companions = [other for other in slow if other.id not in lately]
        _slow(stats, _met(stats, kind, companions), weight, 0.0)
        for other in companions:
            stats.slow_pairs.add(kind.id, other.id, weight, at, SLOW_WINDOW)
    share = weight / max(1, len(then))
    for when, slow_then in zip(then, by_chance, strict=True):
        met = stats.arrived(when - WINDOW, when)
        if len(met) <= BASKET + 20:
            keys = _met(stats, kind, met)
            for key in keys:
                stats.habits.add(key, 0.0, share)
            for place in {key & 0xFF for key in keys}:
                stats.places.add(place, 0.0, share)
        if slow is not None and slow_then is not None:
            _slow(stats, _met(stats, kind, slow_then), 0.0, share)


def _earlier_days(stats: Statistics, at: float) -> list[float]:
    """The same instant of the days before, as far as they were watched."""
    watched = int((at - SLOW_WINDOW - stats.since) // DAY) if stats.since is not None else 0
    return [at - day * DAY for day in range(1, 1 + min(EARLIER_DAYS, watched))]


def _slow(stats: Statistics, keys: set[int], seen: float, chance: float) -> None:
    for key in keys:
        stats.slow_habits.add(key, seen, chance)
    for place in {key & 0xFF for key in keys}:
        stats.places.add(PLACES + place, seen, chance)


def _met(stats: Statistics, kind: KindCount, others: Iterable[KindCount]) -> set[int]:
    rule, places = kind.rule, stats.places_from(kind.component)
    return {habit_key(rule, other.rule, places[other.component]) for other in others if other is not kind}


def _slow_companions(stats: Statistics, kind: KindCount, instants: Iterable[float]) -> list[list[KindCount] | None]:
    """Who began near it in the hour before each instant; None for an hour in which too much began."""
    windows = [(at - SLOW_WINDOW, at - FAST_REACH) for at in instants]
    found = stats.arrived_near(kind.component, windows, SLOW_BASKET)
    return [near and [other for other in near if other is not kind] for near in found]
