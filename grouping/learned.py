"""What people's answers taught: a few numbers that judge whether an alert joins, never whether a page is silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import mul

import msgspec

from grouping.cases import CASE, LEAST, LIKELY, MOST, measures_of
from grouping.groups import OpenIncidents
from grouping.ties import Candidate, probability

SCORE = CASE.index("score")
#: A model from fewer answers than this, whatever its backtest said, brought nothing where it was measured.
LEAST_ANSWERS = 1000


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """A logistic model in plain numbers: log-odds = constant + the sum of weight times measure."""

    version: int
    constant: float
    #: One for each of `measures`.
    weights: tuple[float, ...]
    #: The names it was fitted on; with others than `CASE` it is of another release, and not applied.
    measures: tuple[str, ...] = CASE

    @property
    def fits(self) -> bool:
        """Whether it speaks of the measures this release takes."""
        return self.measures == CASE and len(self.weights) == len(CASE)

    def score(self, measures: Sequence[float]) -> float:
        """The log-odds that the alert belongs to the incident."""
        total: float = self.constant + sum(map(mul, self.weights, measures))
        return total


@dataclass(slots=True)
class Weighed:
    """The candidates as they are to be judged, most probable first, and what is remembered of them."""

    ranked: list[Candidate]
    #: Measures of the few that are worth a question, by incident.
    measures: dict[str, list[float]] = field(default_factory=dict)
    #: Probability by the statistics alone, without any answer, of those.
    statistic: dict[str, float] = field(default_factory=dict)
    #: A model's word replaced the statistics'.
    by_model: bool = False

    def by_statistics(self, join: float) -> str:
        """The incident the alert would join by the statistics alone, "" for none."""
        likeliest = max(self.statistic, key=lambda incident: self.statistic[incident], default="")
        return likeliest if self.statistic.get(likeliest, 0.0) >= join else ""


def weigh(ranked: list[Candidate], open_incidents: OpenIncidents, at: float, learned: Learned | None) -> Weighed:
    """Measure the most probable candidates, and let the model judge them where there is one."""
    weighed = Weighed(ranked)
    for place, candidate in enumerate(ranked[:MOST]):
        incident = open_incidents.get(candidate.incident)
        if incident is None or candidate.probability < LEAST:
            break
        other = ranked[1].score if place == 0 and len(ranked) > 1 else ranked[0].score if place else -8.0
        measures = measures_of(candidate, incident, at, other)
        weighed.measures[candidate.incident] = measures
        weighed.statistic[candidate.incident] = probability(measures[SCORE])
    if learned is not None and learned.fits and weighed.measures:
        weighed.by_model = True
        weighed.ranked = _judged(ranked, weighed.measures, learned)
    return weighed


def _judged(ranked: list[Candidate], measures: dict[str, list[float]], learned: Learned) -> list[Candidate]:
    """People are asked about nothing that is less likely than this, so a model knows nothing of it."""
    found = [
        Candidate(c.incident, c.ties, learned.score(measures[c.incident]))
        if c.incident in measures and c.probability >= LIKELY
        else c
        for c in ranked
    ]
    return sorted(found, key=lambda c: -c.score)
