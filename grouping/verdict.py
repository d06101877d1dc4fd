"""Whether an alert joins, forks or stays alone, and who is called: the rules, on values alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import log1p

from grouping.measures import FAST, SLOW
from grouping.settings import Bars
from grouping.ties import Candidate, Tie, probability

#: So sure that no count is asked for.
SURELY = 0.95
#: So many cases together are more than a coincidence: of the two kinds, or of their two things.
SEEN, SEEN_THINGS = 1.0, 2.5


class Tier(Enum):
    """How a page-worthy alert stands to what the incident has called people for."""

    #: The counts say that it follows: its own team need not be called twice.
    KNOWN = "known"
    #: As likely, from what is usual for such alerts, but these two were hardly seen together: its own team is called
    #: again, another team's page may be held.
    LIKELY = "likely"
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
    surely = probability(max(tie.statistic for tie in to_pages)) if to_pages else 0.0
    if surely < bars.known:
        return Tier.SAME if surely >= bars.same else Tier.APART
    if surely >= SURELY:
        return Tier.KNOWN
    likely = (tie for tie in to_pages if probability(tie.statistic) >= bars.known)
    return Tier.KNOWN if any(map(_seen_together, likely)) else Tier.LIKELY


def _seen_together(tie: Tie) -> bool:
    names = SLOW if tie.slow else FAST
    joint = tie.values[names.index("slow_joint" if tie.slow else "joint")]
    return joint >= log1p(SEEN) or tie.values[names.index("joint_things")] >= log1p(SEEN_THINGS)
