"""Whether an alert joins, forks or stays alone, and how surely a page follows what people were called for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.counts import KindCount
from grouping.groups import Member
from grouping.measures import FAST
from grouping.settings import Bars
from grouping.ties import Candidate, Tie, log_odds, together
from grouping.verdict import Tier, follows_pages, page_tier, verdict

BARS = Bars()
ODDS = st.floats(-8, 8)


def tie(score: float, *, pages: bool = True, paged: bool = True):
    kind = KindCount(id=1, rule=1, component=1, name=("Down", "db", ""))
    member = Member("e", kind, 0.0, "data", called=pages, pages=pages, paged=paged and pages, incident="i")
    return Tie(member, score, score, [0.0] * len(FAST), 10.0)


def candidate(*ties: Tie, incident: str = "i") -> Candidate:
    ranked = sorted(ties, key=lambda t: -t.score)
    return Candidate(incident, tuple(ranked), together([t.score for t in ranked]))


TIES = st.lists(
    st.builds(tie, ODDS, pages=st.booleans(), paged=st.booleans()),
    min_size=1,
    max_size=12,
)


@given(st.lists(TIES, max_size=4), st.booleans(), st.booleans(), st.floats(0.5, 0.95))
def test_nothing_joins_below_the_bar(several, pages, has_pages, bar):
    ranked = sorted((candidate(*ties, incident=f"i{n}") for n, ties in enumerate(several)), key=lambda c: -c.score)
    found = verdict(ranked, Bars(join=bar), pages=pages, has_pages=has_pages)
    if found.joined is not None:
        assert found.joined is ranked[0]
        assert found.joined.probability >= bar
        assert found.forked_from is None


@given(TIES)
def test_a_page_that_no_page_vouches_for_gets_an_incident_of_its_own(ties):
    best = candidate(*ties)
    found = verdict([best], BARS, pages=True, has_pages=True)
    strongest = max((t.statistic for t in ties if t.member.pages), default=-math.inf)
    if best.probability >= BARS.join and strongest < log_odds(BARS.same) - 1e-6:
        assert found.joined is None
        assert found.forked_from is best


@given(TIES)
def test_a_warning_forks_from_nothing(ties):
    found = verdict([candidate(*ties)], BARS, pages=False, has_pages=True)
    assert found.forked_from is None


ORDER = [Tier.APART, Tier.SAME, Tier.KNOWN]


@given(TIES, st.floats(0.7, 0.95), st.floats(0.7, 0.95))
def test_a_higher_bar_never_makes_a_page_quieter(ties, one, other):
    low, high = sorted((one, other))
    assert ORDER.index(page_tier(candidate(*ties), Bars(known=high))) <= ORDER.index(
        page_tier(candidate(*ties), Bars(known=low))
    )


@given(TIES, st.lists(ODDS, min_size=12, max_size=12))
def test_what_people_said_never_lowers_the_forks_bar(ties, answers):
    """The tier is judged on the statistics alone, so that one wrong click cannot hide a page."""
    said = [
        Tie(t.member, answer, t.statistic, t.values, t.lag) for t, answer in zip(ties, answers, strict=False)
    ] + ties[12:]
    assert page_tier(candidate(*said), BARS) is page_tier(candidate(*ties), BARS)


@given(TIES)
def test_a_page_that_was_held_vouches_for_nobody(ties):
    """Else one wrong tie lets a whole second trouble in behind it."""
    pages = [t for t in ties if t.member.pages]
    if pages and not any(t.member.paged for t in pages):
        mean = sum(t.statistic for t in pages) / len(pages)
        assert follows_pages(pages) <= mean / 2
        assert page_tier(candidate(*ties), BARS) in (Tier.APART, Tier.SAME) or mean > 6


@pytest.mark.parametrize(
    ("ties", "tier"),
    [
        ([tie(4.0)], Tier.KNOWN),
        ([tie(1.7)], Tier.KNOWN),
        ([tie(1.5)], Tier.SAME),
        ([tie(-0.1)], Tier.APART),
        ([tie(4.0, pages=False)], Tier.APART),
        ([tie(4.0, paged=False), tie(0.5)], Tier.SAME),
        ([tie(4.0), tie(0.5, paged=False)], Tier.KNOWN),
        ([tie(4.0), *[tie(-3.0, paged=False)] * 9], Tier.SAME),
    ],
)
def test_how_a_page_stands_to_what_the_incident_called_people_for(ties, tier):
    assert page_tier(candidate(*ties), BARS) is tier
