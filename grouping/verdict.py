"""Whether an alert joins, forks or stays alone, and who is called: the rules, on values alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from grouping.ties import Candidate, probability

#: An alert that calls nobody joins where it belongs with at least this probability.
JOIN = 0.82
#: A page-worthy one joins from here, for the fork below looks at it again.
JOIN_PAGE = 0.78
#: A page-worthy alert follows a page of the incident so surely that nobody need be called again.
KNOWN = 0.92
#: Below this it is not even called in the incident: it gets its own, so that no trouble hides behind another.
SAME = 0.5
#: From here an incident is shown as "possibly related".
RELATED = 0.35


class Tier(Enum):
    """How a page-worthy alert stands to what the incident has called people for."""

    KNOWN = "known"
    SAME = "same"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The incident that takes the alert, None for its own; and the one it was kept apart from."""

    joined: Candidate | None
    tier: Tier = Tier.KNOWN
    forked_from: Candidate | None = None


def verdict(ranked: Sequence[Candidate], *, pages: bool, has_pages: bool) -> Verdict:
    """Judge the candidates, most probable first; `has_pages` says whether the first holds page-worthy alerts."""
    if not ranked or ranked[0].probability < join_bar(pages=pages):
        return Verdict(None)
    best = ranked[0]
    if not pages or not has_pages:
        return Verdict(best)
    tier = page_tier(best)
    return Verdict(None, tier, best) if tier is Tier.APART else Verdict(best, tier)


def join_bar(*, pages: bool) -> float:
    """The probability from which an alert joins."""
    return JOIN_PAGE if pages else JOIN


def page_tier(candidate: Candidate) -> Tier:
    """The page fork: judged on the incident's page-worthy alerts alone, and on statistics alone.

    What people answered is left out, so that one wrong click cannot hide a page.
    """
    to_pages = [tie.statistic for tie in candidate.ties if tie.member.pages]
    surely = probability(max(to_pages)) if to_pages else 0.0
    return Tier.KNOWN if surely >= KNOWN else Tier.SAME if surely >= SAME else Tier.APART
