"""From measures to the log-odds that two alerts are one trouble, with each signal's part in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from operator import mul

import msgspec

from grouping.measures import FAST, SLOW


class Bend(msgspec.Struct, frozen=True, array_like=True):
    """Counts what a measure has above a knot."""

    measure: str
    knot: float
    weight: float


class Product(msgspec.Struct, frozen=True, array_like=True):
    """Counts two measures together."""

    measure: str
    other: str
    weight: float


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """A scale's weights: a constant, one for each measure, and the few bends and products that were worth having."""

    constant: float
    measures: dict[str, float]
    bends: tuple[Bend, ...] = ()
    products: tuple[Product, ...] = ()


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """The weights of both time scales."""

    fast: Weights
    slow: Weights


#: Which signal a measure belongs to: what people are shown is a signal's whole part, not that of each measure.
SIGNALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("history", ("history", "history_back", "joint", "episodes", "slow_history", "slow_joint", "new", "new_earlier")),
    ("things", ("things", "things_back", "npmi", "strangers", "joint_things")),
    ("habit", ("habit", "slow_habit")),
    (
        "place",
        ("place", "slow_place", "same", "calls", "called_by", "two_steps", "namespace", "team", "far", "other_scope"),
    ),
    ("lag", ("lag", "late", "resolved", "after_20_minutes", "after_40_minutes")),
    ("rarity", ("rarity", "rarity_earlier")),
    ("crowd", ("crowd", "crowd_scope")),
    ("severity", ("pages", "pages_earlier")),
)
#: Plain facts, of which few hold for a pair.
OFTEN_ZERO = frozenset(FAST[FAST.index("same") : FAST.index("crowd")]) | {
    "strangers",
    "late",
    "resolved",
    "new",
    "new_earlier",
}
_SIGNAL_OF = {measure: signal for signal, measures in SIGNALS for measure in measures}


def shipped() -> Model:
    """The weights that come with this version, measured as `docs/grouping.md` says."""
    return msgspec.json.decode(files("grouping").joinpath("weights.json").read_bytes(), type=Model)


class Scorer:
    """One scale's weights, laid out for speed; `factors` scale whole signals (an operator's setting)."""

    def __init__(self, names: Sequence[str], weights: Weights, factors: Mapping[str, float]) -> None:
        index = {name: i for i, name in enumerate(names)}

        def factor(name: str) -> float:
            return factors.get(_SIGNAL_OF[name], 1.0)

        self._names = names
        self._constant = weights.constant
        self._linear = [weights.measures.get(name, 0.0) * factor(name) for name in names]
        self._bends = [(index[b.measure], b.knot, b.weight * factor(b.measure)) for b in weights.bends]
        self._products = [
            (index[p.measure], index[p.other], p.weight * (factor(p.measure) * factor(p.other)) ** 0.5)
            for p in weights.products
        ]
        #: The same by one of the two, that which is most often 0.
        self._by_one: list[tuple[int, list[tuple[int, float]]]] = _by_one(names, self._products)

    def score(self, values: Sequence[float]) -> float:
        """The log-odds."""
        total: float = self._constant + sum(map(mul, values, self._linear))
        for i, knot, weight in self._bends:
            if values[i] > knot:
                total += (values[i] - knot) * weight
        for i, others in self._by_one:
            value = values[i]
            if value:
                for j, weight in others:
                    total += value * values[j] * weight
        return total

    def parts(self, values: Sequence[float]) -> dict[str, float]:
        """Each signal's part of the score; a product's part is shared by both its signals."""
        parts = dict.fromkeys((signal for signal, _ in SIGNALS), 0.0)
        for name, value, weight in zip(self._names, values, self._linear, strict=True):
            parts[_SIGNAL_OF[name]] += value * weight
        for i, knot, weight in self._bends:
            parts[_SIGNAL_OF[self._names[i]]] += max(0.0, values[i] - knot) * weight
        for i, j, weight in self._products:
            for k in (i, j):
                parts[_SIGNAL_OF[self._names[k]]] += values[i] * values[j] * weight / 2
        return parts


def _by_one(
    names: Sequence[str], products: Sequence[tuple[int, int, float]]
) -> list[tuple[int, list[tuple[int, float]]]]:
    grouped: dict[int, list[tuple[int, float]]] = {}
    for i, j, weight in products:
        one, other = (j, i) if names[j] in OFTEN_ZERO else (i, j)
        grouped.setdefault(one, []).append((other, weight))
    return list(grouped.items())


def scorers(model: Model, factors: Mapping[str, float]) -> tuple[Scorer, Scorer]:
    """The fast and the slow scale's scorers."""
    return Scorer(FAST, model.fast, factors), Scorer(SLOW, model.slow, factors)
