"""What is measured of two alerts, the later and the earlier: logarithms of chances, counts and a few plain facts."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from math import log, log1p
from operator import itemgetter

from grouping.counts import ComponentCount, KindCount
from grouping.decay import WINDOW
from grouping.positions import PlacesFrom
from grouping.relations import PLACES, RELATIONS
from grouping.statistics import LAG_BINS, Statistics, habit_key

#: The measures of two alerts that begin within ten minutes, in the order of `fast_measures`.
FAST = (
    "history",  # share of the earlier kind's episodes that bring the later, beyond chance, against chance
    "history_back",  # the same the other way round
    "things",  # the same for their things, whatever the rules
    "things_back",
    "habit",  # this rule after that rule in this place, against chance
    "place",  # anything after anything in this place, against chance
    "lag",  # how usual this lag is for companions in this place
    "rarity",  # the later kind's own chance to begin now
    "rarity_earlier",
    "npmi",  # normalised pointwise mutual information of the two things
    "strangers",  # both things are well known, and not for each other
    "episodes",  # how often the earlier kind was seen
    "joint",  # how often the two kinds began together
    "joint_things",
    "same",
    "calls",
    "called_by",
    "two_steps",
    "namespace",
    "team",
    "far",
    "other_scope",
    "pages",
    "pages_earlier",
    "crowd",  # how many kinds began in the last ten minutes
    "crowd_scope",
    "late",  # more than five minutes apart
    "resolved",  # the earlier alert has stopped
    "new",  # the later kind was hardly ever seen
    "new_earlier",
)
#: The measures of two alerts up to an hour apart, in the order of `slow_measures`.
SLOW = (
    "slow_habit",
    "slow_place",
    "slow_history",
    "slow_joint",
    "history",
    "habit",
    "joint_things",
    "npmi",
    "strangers",
    "same",
    "calls",
    "called_by",
    "far",
    "rarity",
    "rarity_earlier",
    "resolved",
    "pages",
    "pages_earlier",
    "after_20_minutes",
    "after_40_minutes",
    "crowd",
)
#: The measures of the fast scale that the slow one takes over.
_shared = itemgetter(*(FAST.index(name) for name in SLOW[4:18]))
#: Which relation, and whether in another scope, by place.
_PLACE = tuple(
    (*(float(place % RELATIONS == i) for i in range(RELATIONS)), float(place >= RELATIONS)) for place in range(PLACES)
)


@dataclass(slots=True, kw_only=True)
class Later:
    """The alert that is placed: what is the same for all its pairs, asked once."""

    stats: Statistics
    kind: KindCount
    pages: bool
    #: Logarithms of how many kinds began in the last ten minutes, everywhere and in its scope.
    crowd: float = 0.0
    crowd_scope: float = 0.0
    n: float = field(init=False)
    chance: float = field(init=False)
    component: ComponentCount = field(init=False)
    n_component: float = field(init=False)
    component_chance: float = field(init=False)
    places: PlacesFrom = field(init=False)

    def __post_init__(self) -> None:
        stats = self.stats
        self.n = self.kind.count / stats.weight
        self.chance = stats.chance(self.kind)
        self.component = stats.components[self.kind.component]
        self.n_component = self.component.count / stats.weight
        self.component_chance = stats.component_chance(self.component)
        self.places = stats.places_from(self.kind.component)


@dataclass(slots=True)
class Earlier:
    """The earlier alert of a pair."""

    kind: KindCount
    lag: float
    pages: bool
    resolved: bool


def fast_measures(later: Later, earlier: Earlier) -> list[float]:
    """The measures named in `FAST`."""
    stats, kind, other = later.stats, later.kind, earlier.kind
    weight = stats.weight
    place = later.places[other.component]
    terms = stats.terms(place)
    n, n_other = later.n, other.count / weight
    joint = stats.pair_count(kind.id, other.id)
    chance, chance_other = later.chance, stats.chance(other)
    things, things_back, npmi, strangers, joint_things, base = _things(later, other, terms.base)
    history = log((max(0.0, joint - n_other * chance) + 1.5 * base) / (n_other + 1.5) / chance)
    history_back = log((max(0.0, joint - n * chance_other) + 1.5 * base) / (n + 1.5) / chance_other)
    seen, by_chance = stats.habits.get(habit_key(kind.rule, other.rule, place))
    habit = log((seen / weight + 2) / (by_chance / weight + 2 / terms.lift))
    lag = earlier.lag
    return [
        min(9.0, max(-5.0, history)),
        min(9.0, max(-5.0, history_back)),
        min(9.0, max(-5.0, things)),
        min(9.0, max(-5.0, things_back)),
        min(6.0, habit),
        terms.log_lift,
        terms.lags[bisect_right(LAG_BINS, lag)],
        log(chance),
        log(chance_other),
        npmi,
        strangers,
        log1p(n_other),
        log1p(joint),
        log1p(joint_things),
        *_PLACE[place],
        1.0 if later.pages else 0.0,
        1.0 if earlier.pages else 0.0,
        later.crowd,
        later.crowd_scope,
        1.0 if lag > WINDOW else 0.0,
        1.0 if earlier.resolved else 0.0,
        1.0 if n < 0.5 else 0.0,
        1.0 if n_other < 0.5 else 0.0,
    ]


def _things(later: Later, other: KindCount, base: float) -> tuple[float, float, float, float, float, float]:
    """Both directions' log odds, NPMI, whether strangers, joint count, and what to expect of a pair never seen."""
    stats, a = later.stats, later.component
    if a.id == other.component:
        return 0.0, 0.0, 1.0, 0.0, 0.0, base
    b = stats.components[other.component]
    n, n_other = later.n_component, b.count / stats.weight
    joint = stats.tie_count(a.id, b.id)
    chance, chance_other = later.component_chance, stats.component_chance(b)
    excess = joint - n_other * chance
    doubt = 0.5 * math.sqrt(joint)
    things = log((max(0.0, excess - doubt) + base) / (n_other + 1) / chance)
    back = log((max(0.0, joint - n * chance_other - doubt) + base) / (n + 1) / chance_other)
    if joint > 0.05 and n > 0 and n_other > 0:
        windows = 2 * WINDOW / stats.seconds
        both = joint * windows
        npmi = log(both / (n * windows * n_other * windows)) / -log(min(0.999, both))
    else:
        npmi = -0.3 if n > 1 and n_other > 1 else 0.0
    strangers = 1.0 if n >= 5 and n_other >= 5 and npmi < 0.35 else 0.0
    firm = 0.35 * max(0.0, excess - 2 * doubt) / (n_other + 3)
    return things, back, npmi, strangers, joint, max(base, firm)


def slow_measures(later: Later, earlier: Earlier) -> list[float]:
    """The measures named in `SLOW`."""
    fast = fast_measures(later, earlier)
    stats, kind, other = later.stats, later.kind, earlier.kind
    weight = stats.weight
    place = later.places[other.component]
    terms = stats.terms(place)
    seen, by_chance = stats.slow_habits.get(habit_key(kind.rule, other.rule, place))
    habit = log((seen / weight + 1.5) / (by_chance / weight + 1.5 / terms.slow_lift))
    n_other = other.count / weight
    chance = -math.expm1(-3000.0 * (kind.count / weight + 0.3) / stats.seconds)
    joint = stats.slow_pairs.count(kind.id, other.id) / weight
    history = log((max(0.0, joint - n_other * chance) + 0.1) / (n_other + 1.5) / chance)
    return [
        min(6.0, habit),
        log(terms.slow_lift),
        history,
        log1p(joint),
        *_shared(fast),
        1.0 if earlier.lag > 1200 else 0.0,
        1.0 if earlier.lag > 2400 else 0.0,
        later.crowd,
    ]
