"""Past alerts, as suggestions and backtests look at them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from grouping.kinds import Kind, kind_of
from grouping.rows import Changes
from grouping.settings import MEASURED, Settings
from grouping.volatility import Volatility

#: An alert of a kind that began so recently is the same episode.
SAME_EPISODE = 1800.0
#: More alerts than this within ten minutes are a storm, in which everything comes with everything.
STORM = 120
STORM_SECONDS = 300.0
Z = 1.96


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One beginning of a kind."""

    index: int
    kind: Kind
    at: float
    pages: bool
    labels: Mapping[str, str]
    #: The source's link to the expression, "" where it gave none.
    query_url: str


class Past:
    """Episodes of every kind, oldest first; storms and repeats are left out, for they say nothing about rules."""

    def __init__(self, occurrences: Iterable[Occurrence]) -> None:
        every = sorted(occurrences, key=lambda o: (o.at, o.index))
        times = [o.at for o in every]
        self.all: list[Occurrence] = []
        last: dict[Kind, float] = {}
        for one in every:
            around = bisect_right(times, one.at + STORM_SECONDS) - bisect_left(times, one.at - STORM_SECONDS)
            if around <= STORM and one.at - last.get(one.kind, -math.inf) > SAME_EPISODE:
                self.all.append(one)
            last[one.kind] = one.at
        self._times = [o.at for o in self.all]
        self.seconds = max(1.0, times[-1] - times[0]) if times else 1.0
        self.by_kind: dict[Kind, list[Occurrence]] = defaultdict(list)
        self.by_rule: dict[str, list[Occurrence]] = defaultdict(list)
        for one in self.all:
            self.by_kind[one.kind].append(one)
            self.by_rule[one.kind.rule].append(one)

    def around(self, at: float, before: float, after: float) -> Sequence[Occurrence]:
        """What began in [at - before, at + after]."""
        return self.all[bisect_left(self._times, at - before) : bisect_right(self._times, at + after)]

    def chance(self, count: int, window: float) -> float:
        """The chance that something which began `count` times begins in a window of that many seconds."""
        return -math.expm1(-window * count / self.seconds)


def occurrence(
    index: int,
    labels: Mapping[str, str],
    at: float,
    *,
    pages: bool,
    query_url: str = "",
    settings: Settings = MEASURED,
) -> Occurrence:
    """One past alert, its kind told from the shape of its labels."""
    return Occurrence(index, kind_of(labels, _UNLEARNED, settings), at, pages, labels, query_url)


_UNLEARNED = Volatility(Changes())


def expression(query_url: str) -> str:
    """The PromQL behind a link to Prometheus ("…/graph?g0.expr=…"), "" where it carries none."""
    try:
        return parse_qs(urlsplit(query_url).query).get("g0.expr", [""])[0]
    except ValueError:
        return ""


def wilson_low(hits: float, of: float) -> float:
    """The lower bound of the 95 % Wilson interval of a share; 0 of nothing."""
    if of <= 0:
        return 0.0
    share = hits / of
    spread = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return (share + Z * Z / (2 * of) - spread) / (1 + Z * Z / of)
