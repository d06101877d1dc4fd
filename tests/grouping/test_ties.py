"""Which alerts are scored against a new one, and what an incident makes of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.decay import FAST_REACH, SLOW_WINDOW
from grouping.groups import Member
from grouping.kinds import Kind
from grouping.measures import FAST, SLOW
from grouping.memory import ANSWERED, PairMemory
from grouping.relations import Calls
from grouping.rows import Changes
from grouping.score import OFTEN_ZERO, SIGNALS, Bend, Model, Product, Scorer, Weights, scorers, shipped
from grouping.statistics import Statistics
from grouping.ties import ALWAYS, FAST_LIMIT, SLOW_LIMIT, Tying, candidates, log_odds, probability, together

NOW = 1_772_000_000.0
ODDS = st.floats(-10, 10)


class Around:
    """A new alert of `shop`, and alerts before it."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.stats = Statistics(self.changes, Calls([("shop", "cart")]))
        self.stats.at(NOW)
        self.memory = PairMemory(self.changes)
        self.tying = Tying(self.stats, scorers(shipped(), {}), self.memory)
        self.kind = self.stats.kind(Kind("Errors", "shop", "eu1"), "", "web")
        self.members: list[Member] = []

    def before(self, seconds: float, thing: str, *, rule: str = "Down", incident: str = "i1") -> Member:
        kind = self.stats.kind(Kind(rule, thing, "eu1"), "", f"team-{thing}")
        member = Member(f"e{len(self.members)}", kind, NOW - seconds, "team", called=True, pages=True)
        member.incident = incident
        self.members.append(member)
        return member

    def ties(self):
        return self.tying.ties(self.kind, NOW, sorted(self.members, key=lambda m: -m.at), pages=False)


@pytest.fixture
def around() -> Around:
    return Around()


def test_the_newest_alerts_are_always_scored_and_only_so_many(around):
    for n in range(100):
        around.before(1 + n, f"far{n}")
    assert len(around.ties()) == ALWAYS


def test_of_older_alerts_only_neighbours_are_scored(around):
    around.before(FAST_REACH + 60, "far")
    near = around.before(FAST_REACH + 60, "cart")
    (tie,) = around.ties()
    assert tie.member is near
    assert tie.slow


def test_neighbours_are_bounded_too(around):
    for n in range(60):
        around.before(30, "cart", rule=f"rule{n}")
        around.before(FAST_REACH + 60, "cart", rule=f"slow{n}")
    found = around.ties()
    assert sum(not t.slow for t in found) <= FAST_LIMIT
    assert sum(t.slow for t in found) <= SLOW_LIMIT


def test_nothing_is_scored_beyond_an_hour_nor_against_itself(around):
    around.before(SLOW_WINDOW + 1, "cart")
    around.before(20, "shop", rule="Errors")
    assert around.ties() == []


def test_what_people_said_of_a_pair_outweighs_the_counts_and_leaves_the_statistic(around):
    other = around.before(30, "far")
    (before,) = around.ties()
    around.memory.answer(around.kind, other.kind, related=True)
    (said,) = around.ties()
    assert said.statistic == before.statistic
    assert said.score == max(ANSWERED, before.score)
    around.memory.answer(around.kind, other.kind, related=False)
    around.memory.answer(around.kind, other.kind, related=False)
    assert around.ties()[0].score <= -ANSWERED


def test_candidates_are_ranked_with_their_strongest_tie_first(around):
    for n in range(6):
        around.before(10 + n, f"far{n}", incident="weak")
        around.before(20 + n, "cart", rule=f"r{n}", incident="strong")
    ranked = candidates(around.ties())
    assert [c.incident for c in ranked] == ["strong", "weak"]
    for found in ranked:
        assert [t.score for t in found.ties] == sorted((t.score for t in found.ties), reverse=True)


@given(st.lists(ODDS, min_size=1, max_size=30))
def test_together_lies_between_the_strongest_and_the_mean(scores):
    scores.sort(reverse=True)
    assert sum(scores) / len(scores) - 1e-9 <= together(scores) <= scores[0] + 1e-9


@given(st.lists(ODDS, min_size=1, max_size=30), st.integers(0, 29), st.floats(0, 5))
def test_a_stronger_tie_never_makes_an_incident_less_likely(scores, which, more):
    stronger = [*scores]
    stronger[which % len(scores)] += more
    assert together(sorted(stronger, reverse=True)) >= together(sorted(scores, reverse=True)) - 1e-9


@given(st.floats(-25, 25))
def test_log_odds_and_probabilities_are_one_another(odds):
    assert log_odds(min(1 - 1e-12, probability(odds))) == pytest.approx(odds, abs=0.1)


@given(st.lists(ODDS, min_size=len(FAST), max_size=len(FAST)))
def test_the_parts_of_a_score_add_up_to_it(values):
    """What a person is shown of each signal is what was decided on."""
    scorer, _ = scorers(shipped(), {})
    constant = shipped().fast.constant
    assert constant + sum(scorer.parts(values).values()) == pytest.approx(scorer.score(values), abs=1e-6)


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=len(FAST), max_size=len(FAST)))
def test_plain_facts_that_do_not_hold_count_nothing(values):
    some = sorted(OFTEN_ZERO)[:4]
    weights = Weights(constant=1.0, measures={}, products=tuple(Product("lag", name, 2.0) for name in some))
    scorer = Scorer(FAST, weights, {})
    by_hand = 1.0 + sum(2.0 * values[FAST.index("lag")] * values[FAST.index(name)] for name in some)
    assert scorer.score(values) == pytest.approx(by_hand)


def test_a_signal_that_an_operator_silenced_has_no_part(around):
    around.before(30, "cart")
    silent, _ = scorers(shipped(), {name: 0.0 for name, _ in SIGNALS})
    (tie,) = around.ties()
    assert silent.score(tie.values) == shipped().fast.constant
    assert set(silent.parts(tie.values).values()) == {0.0}


def test_a_bend_counts_what_lies_above_its_knot():
    scorer = Scorer(FAST, Weights(constant=0.0, measures={}, bends=(Bend("lag", 2.0, 3.0),)), {})
    values = [0.0] * len(FAST)
    for lag, score in ((1.0, 0.0), (2.0, 0.0), (2.5, 1.5)):
        values[FAST.index("lag")] = lag
        assert scorer.score(values) == score


def test_every_measure_belongs_to_a_signal_and_every_weight_to_a_measure():
    measures = {measure for _, of in SIGNALS for measure in of}
    assert measures >= set(FAST) | set(SLOW)
    model: Model = shipped()
    for weights, names in ((model.fast, FAST), (model.slow, SLOW)):
        used = {*weights.measures, *(b.measure for b in weights.bends)}
        used |= {m for p in weights.products for m in (p.measure, p.other)}
        assert used <= set(names)
        assert all(math.isfinite(w) for w in weights.measures.values())
