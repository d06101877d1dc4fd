"""Whether an alert joins, forks or stays alone, and who is called: the rules, on values alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import log1p

from grouping.measures import FAST, SLOW
from grouping.settings import Bars
from grouping.ties import Candidate, Tie, probability

#: So many cases of a deploy and an alert, or of their two things, are more than a coincidence.
SEEN, SEEN_THINGS = 1.0, 2.5
#: Log-odds with an incident none of whose called alerts is near enough in time.
NOBODY = -4.0


class Tier(Enum):
    """How a page-worthy alert stands to what the incident has called people for."""

    #: It follows: its own team need not be called twice, another team's page may be held.
    KNOWN = "known"
    #: It may well be the same trouble: it joins, and is paged at once all the same.
    SAME = "same"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The incident that takes the alert, None for its own; and the one it was kept apart from."""

    joined: Candidate | None
    tier: Tier = Tier.KNOWN
    forked_from: Candidate | None = None


def verdict(ranked: Sequence[Candidate], bars: Bars, *, pages: bool, has_pages: bool) -> Verdict:
    """Judge the candidates, most probable first; `has_pages` says whether the first holds page-worthy alerts."""
    if not ranked or ranked[0].probability < bars.join:
        return Verdict(None)
    best = ranked[0]
    if not pages or not has_pages:
        return Verdict(best)
    tier = page_tier(best, bars)
    return Verdict(None, tier, best) if tier is Tier.APART else Verdict(best, tier)


def page_tier(candidate: Candidate, bars: Bars) -> Tier:
    """The page fork: judged on the incident's page-worthy alerts alone, and on statistics alone.

    What people answered is left out, so that one wrong click cannot hide a page.
    """
    to_pages = [tie for tie in candidate.ties if tie.member.pages]
    if not to_pages or probability(max(tie.statistic for tie in to_pages)) < bars.same:
        return Tier.APART
    return Tier.KNOWN if probability(follows_pages(to_pages)) >= bars.known else Tier.SAME


def follows_pages(to_pages: Sequence[Tie]) -> float:
    """Log-odds that an alert follows what somebody was called for at once.

    The mean of two: its strongest tie to an alert that called somebody at once, and what it has with all page-worthy
    ones. A page that was held itself vouches for nobody: else one wrong tie lets a whole second trouble in behind it.
    """
    called = max((tie.statistic for tie in to_pages if tie.member.paged), default=NOBODY)
    return (called + sum(tie.statistic for tie in to_pages) / len(to_pages)) / 2


def deploy_behind(ties: Iterable[Tie], bars: Bars) -> Tie | None:
    """Of ties to deploys, the strongest, if it is sure and was seen before."""
    sure = (tie for tie in ties if probability(tie.statistic) >= bars.join and _seen_together(tie))
    return max(sure, key=lambda tie: tie.statistic, default=None)


def _seen_together(tie: Tie) -> bool:
    names = SLOW if tie.slow else FAST
    joint = tie.values[names.index("slow_joint" if tie.slow else "joint")]
    return joint >= log1p(SEEN) or tie.values[names.index("joint_things")] >= log1p(SEEN_THINGS)
