"""Which of the alerts around a new one are scored against it, and what each open incident makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from grouping.counts import KindCount
from grouping.decay import FAST_REACH, SLOW_WINDOW
from grouping.groups import Member
from grouping.measures import Earlier, Later, fast_measures, slow_measures
from grouping.memory import PairMemory
from grouping.score import Scorer
from grouping.statistics import Statistics

#: The newest alerts are always scored; of the others only those with a reason to be, up to a limit.
ALWAYS = 24
FAST_LIMIT = 40
SLOW_LIMIT = 12
LOOKED_AT = 240
#: How much all alerts of an incident count beside the best third.
ALL_SAY = 0.4


@dataclass(slots=True)
class Tie:
    """How strongly a new alert is tied to an earlier one."""

    member: Member
    #: Log-odds that they are one trouble, with what people said of the two kinds.
    score: float
    #: The same from the statistics alone.
    statistic: float
    values: list[float]
    lag: float

    @property
    def slow(self) -> bool:
        """Which scale it was measured on."""
        return self.lag >= FAST_REACH


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open incident with the ties into it, strongest first."""

    incident: str
    ties: tuple[Tie, ...]
    score: float

    @property
    def probability(self) -> float:
        """Of the alert belonging to it."""
        return probability(self.score)


def probability(log_odds: float) -> float:
    """From log-odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def log_odds(chance: float) -> float:
    """From a probability strictly between 0 and 1."""
    return math.log(chance / (1 - chance))


class Tying:
    """Scores pairs of alerts."""

    def __init__(self, stats: Statistics, scorers: tuple[Scorer, Scorer], memory: PairMemory) -> None:
        self._stats = stats
        self.fast, self.slow = scorers
        self._memory = memory

    def ties(self, kind: KindCount, at: float, latest: Iterable[Member], *, pages: bool) -> list[Tie]:
        """The ties of a new alert to the latest alert of each kind, given newest first.

        Of alerts, only those whose incident is open are tied.
        """
        fast, slow = self._around(kind, at, latest)
        fast_worth, slow_worth = self._worth(kind, fast, FAST_LIMIT, ALWAYS), self._worth(kind, slow, SLOW_LIMIT, 0)
        if not fast_worth and not slow_worth:
            return []
        later = Later(stats=self._stats, kind=kind, pages=pages)
        # Deploys are no crowd: a page must not be judged otherwise because one happened.
        scopes = [member.kind.name[2] for member in fast if not member.is_deploy]
        later.crowd = math.log1p(len(scopes))
        later.crowd_scope = math.log1p(scopes.count(kind.name[2]))
        return [self._tie(later, at, member) for member in (*fast_worth, *slow_worth)]

    def _around(self, kind: KindCount, at: float, latest: Iterable[Member]) -> tuple[list[Member], list[Member]]:
        fast: list[Member] = []
        slow: list[Member] = []
        left = LOOKED_AT
        for member in latest:
            if member.kind is kind or not (member.incident or member.is_deploy):
                continue
            lag = abs(at - member.at)
            if lag > SLOW_WINDOW or left < 0:
                break
            left -= 1
            if lag < FAST_REACH:
                fast.append(member)
            else:
                slow.append(member)
        return fast, slow

    def _worth(self, kind: KindCount, members: list[Member], limit: int, always: int) -> list[Member]:
        if len(members) <= always:
            return members
        others = members[always:]
        near = self._stats.near(kind.component, {m.kind.component for m in others})
        return members[:always] + [m for m in others if m.kind.component in near][: limit - always]

    def _tie(self, later: Later, at: float, member: Member) -> Tie:
        lag = abs(at - member.at)
        earlier = Earlier(member.kind, lag, member.pages, not member.fires(at))
        if lag < FAST_REACH:
            values = fast_measures(later, earlier)
            statistic = self.fast.score(values)
        else:
            values = slow_measures(later, earlier)
            statistic = self.slow.score(values)
        return Tie(member, self._memory.applied(later.kind, member.kind, statistic), statistic, values, lag)


def candidates(ties: Iterable[Tie]) -> list[Candidate]:
    """Every incident the ties lead into, most probable first."""
    by_incident: dict[str, list[Tie]] = {}
    for tie in ties:
        by_incident.setdefault(tie.member.incident, []).append(tie)
    found = []
    for incident, into in by_incident.items():
        into.sort(key=lambda t: -t.score)
        found.append(Candidate(incident, tuple(into), together([t.score for t in into])))
    return sorted(found, key=lambda c: -c.score)


def together(scores: list[float]) -> float:
    """What an incident's alerts say as one, given the strongest first.

    The best third leads, so that an alert need not know everybody; all have a say, so that one lucky pair decides
    little. Measured against the best alone, the best third alone and the mean alone.
    """
    third = scores[: math.ceil(len(scores) / 3)]
    return (1 - ALL_SAY) * sum(third) / len(third) + ALL_SAY * sum(scores) / len(scores)
