"""What the counts suggest about the rules themselves: numbers and a diff, for people to decide."""

from __future__ import annotations

import math

import msgspec

from grouping.arrival import DEPLOY
from grouping.counts import KindCount
from grouping.explain import readable
from grouping.statistics import Statistics

#: A warning is redundant where a page comes with at least this share of its episodes, surely (95 %).
SURE_SHARE = 0.6
LEAST_EPISODES = 5.0
LEAST_LIFT = 5.0
Z = 1.96


class Redundant(msgspec.Struct, frozen=True, kw_only=True):
    """A warning that hardly ever comes without a page of the same or a neighbouring thing."""

    warning: str
    page: str
    together: float
    episodes: float
    #: How many times more often than by chance.
    lift: float
    sentence: str
    #: An Alertmanager inhibition that would show the page alone, as YAML.
    inhibition: str


def redundant(stats: Statistics, now: float) -> list[Redundant]:
    """Warnings to inhibit under a page, surest first."""
    stats.at(now)
    found = []
    for a, b, _ in stats.pairs.items():
        for page_id, warning_id in ((a, b), (b, a)):
            page, warning = stats.kinds.get(page_id), stats.kinds.get(warning_id)
            if page is None or warning is None or not page.pages or warning.pages or warning.name[0] == DEPLOY:
                continue
            suggestion = _redundant(stats, page, warning)
            if suggestion is not None:
                found.append(suggestion)
    return sorted(found, key=lambda r: (-r.together / r.episodes, -r.episodes))


def _redundant(stats: Statistics, page: KindCount, warning: KindCount) -> Redundant | None:
    episodes = warning.count / stats.weight
    together = min(episodes, stats.pair_count(page.id, warning.id))
    lift = together / max(1e-9, episodes * stats.chance(page))
    if episodes < LEAST_EPISODES or lift < LEAST_LIFT or wilson_low(together, episodes) < SURE_SHARE:
        return None
    sentence = f"{readable(warning)} fired with {readable(page)} {together:.0f} of {episodes:.0f} times, {lift:.0f}x more than chance"
    inhibition = (
        "inhibit_rules:\n"
        f"  - source_matchers: ['alertname=\"{page.name[0]}\"']\n"
        f"    target_matchers: ['alertname=\"{warning.name[0]}\"']\n"
        "    equal: [cluster, service]\n"
    )
    return Redundant(
        warning=readable(warning),
        page=readable(page),
        together=together,
        episodes=episodes,
        lift=lift,
        sentence=sentence,
        inhibition=inhibition,
    )


def wilson_low(hits: float, of: float) -> float:
    """The lower bound of the 95 % Wilson interval of a share."""
    share = hits / of
    spread = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return (share + Z * Z / (2 * of) - spread) / (1 + Z * Z / of)
