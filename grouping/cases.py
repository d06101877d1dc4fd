"""What is measured of an alert and an open incident it may belong to: the numbers that people's answers teach on."""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

import msgspec

from grouping.groups import OpenIncident
from grouping.measures import FAST, SLOW
from grouping.ties import Candidate, Tie, together

#: An incident less probable than this is no question for anybody, and measuring costs each alert some time.
LEAST = 0.1
#: And no more than so many for one alert.
MOST = 2
#: What is taken of the strongest tie, where its scale measures it.
_OF_THE_BEST = FAST
#: What is taken of all ties, as their mean.
_OF_ALL = ("history", "habit", "npmi", "strangers")
#: People are asked where one answer of a few is that grouping was wrong: of a join less sure than this,
SURE = 0.8
#: and of an incident kept apart that was likelier than this.
LIKELY = 0.6

#: The measures of a case, in the order of `measures_of`.
CASE = (
    "score",  # log-odds that the alert belongs to the incident, by the statistics
    "best",  # of the strongest tie
    "mean",  # of all ties
    "weakest",
    "ties",  # how many, as a logarithm
    "slow",  # share of ties that are more than ten minutes apart
    "nearest",  # seconds to the nearest tie, as a logarithm
    "farthest",
    "to_pages",  # log-odds of the strongest tie to a page-worthy alert
    "called",  # somebody was called for it
    "alerts",  # of the incident, as a logarithm
    "age",  # of the incident
    "quiet",  # since its last alert
    "ahead",  # how far it is ahead of the next incident, or behind the best
    *(f"best_{name}" for name in _OF_THE_BEST),
    *(f"mean_{name}" for name in _OF_ALL),
)
_FAST_AT = {name: i for i, name in enumerate(FAST)}
_SLOW_AT = {name: i for i, name in enumerate(SLOW)}
_BEST_IN_SLOW = tuple(_SLOW_AT.get(name, -1) for name in _OF_THE_BEST)
_ALL_IN_FAST = tuple(_FAST_AT[name] for name in _OF_ALL)
_ALL_IN_SLOW = tuple(_SLOW_AT[name] for name in _OF_ALL)
_FAR_AWAY = -8.0


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the counts say of an alert and one that came before it."""

    #: The earlier alert.
    episode: str
    #: What was counted: the two "kinds", their "things", a "habit" of their rules, or nothing ("new").
    counted: str
    together: float
    of: float
    by_chance: float
    #: That the two are one trouble.
    probability: float


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and an incident it may belong to, as they were when the alert came."""

    incident: str
    #: In the order of `CASE`.
    measures: tuple[float, ...]
    #: By the statistics alone.
    probability: float
    #: Whether it joined.
    joined: bool
    #: Why it joined or did not, with the counts.
    sentence: str = ""
    #: The strongest ties, strongest first.
    ties: tuple[Told, ...] = ()


def is_doubtful(probability: float, *, joined: bool) -> bool:
    """Whether people should be asked about a decision."""
    return probability < SURE if joined else probability >= LIKELY


def measures_of(candidate: Candidate, incident: OpenIncident, at: float, best_other: float) -> list[float]:
    """The measures named in `CASE`; `best_other` is the score of the best of the other incidents."""
    ties = candidate.ties
    best = ties[0]
    statistics, means, slow, nearest, farthest, to_pages = _over_all(ties)
    first = next(iter(incident.members.values())).at
    return [
        together(statistics),
        statistics[0],
        sum(statistics) / len(ties),
        statistics[-1],
        log1p(len(ties)),
        slow / len(ties),
        log1p(nearest),
        log1p(farthest),
        to_pages,
        1.0 if incident.lead else 0.0,
        log1p(len(incident.members)),
        log1p(max(0.0, at - first)),
        log1p(max(0.0, at - incident.last_at)),
        max(-8.0, min(8.0, candidate.score - best_other)),
        *_of_the_best(best),
        *means,
    ]


def _of_the_best(tie: Tie) -> Sequence[float]:
    if not tie.slow:
        return tie.values
    return [tie.values[i] if i >= 0 else 0.0 for i in _BEST_IN_SLOW]


def _over_all(ties: Sequence[Tie]) -> tuple[list[float], list[float], int, float, float, float]:
    """Log-odds, strongest first; means of a few measures; slow ties; both ends of the lags; the strongest to a page."""
    statistics, sums = [], [0.0] * len(_OF_ALL)
    slow, nearest, farthest, to_pages = 0, ties[0].lag, 0.0, _FAR_AWAY
    for tie in ties:
        statistics.append(tie.statistic)
        if tie.slow:
            slow += 1
        for place, measure in enumerate(_ALL_IN_SLOW if tie.slow else _ALL_IN_FAST):
            sums[place] += tie.values[measure]
        nearest, farthest = min(nearest, tie.lag), max(farthest, tie.lag)
        if tie.member.pages and tie.statistic > to_pages:
            to_pages = tie.statistic
    statistics.sort(reverse=True)
    return statistics, [total / len(ties) for total in sums], slow, nearest, farthest, to_pages
