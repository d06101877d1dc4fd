"""Memory and rows stay bounded, however many kinds there are and whatever they are called."""

from __future__ import annotations

import pytest

from grouping import pruning
from grouping.kinds import Kind
from grouping.pruning import MAX_KINDS, SLICE, Pruning, is_overfull, prune
from grouping.relations import Calls
from grouping.rows import Changes
from grouping.statistics import Statistics
from grouping.volatility import MAX_HABITS, MAX_LABELS, MAX_VALUES, Volatility

NOW = 1_772_000_000.0
DAY = 86400.0


@pytest.fixture
def stats() -> Statistics:
    found = Statistics(Changes(), Calls())
    found.at(NOW)
    return found


def know(stats: Statistics, kinds: int, *, rules: int = 40) -> None:
    """So many kinds, the later ones the more often seen."""
    for n in range(kinds):
        kind = stats.kind(Kind(f"rule{n % rules}", f"service{n // rules}", "eu1"), "", "")
        kind.count, kind.last = stats.weight * (1 + n / kinds), stats.now
        stats.components[kind.component].count = stats.weight


def sweep(pruning_: Pruning, in_use=frozenset()) -> int:
    """Step until nothing is left to do; how many steps it took."""
    for steps in range(1, 10_000):
        pruning_.step(lambda: in_use)
        if pruning_._sweep is None:
            return steps
    raise AssertionError("the sweep never ended")


def test_of_more_than_a_hundred_thousand_kinds_the_rarest_go(stats):
    pruning_ = Pruning(stats)
    know(stats, 112_000)
    assert is_overfull(stats)
    sweep(pruning_)
    assert len(stats.kinds) == MAX_KINDS
    assert not is_overfull(stats)
    assert "rule39" in stats.rules
    assert min(k.id for k in stats.kinds.values()) > 12_000
    gone = [key for table, key in stats.changes.take() if table == "kind" and stats.row(table, key) is None]
    assert len(gone) == 12_000


def test_a_kind_in_use_stays_however_rare(stats):
    know(stats, 500)
    rarest = min(stats.kinds.values(), key=lambda k: k.count).id
    stats.at(NOW + 400 * DAY)
    prune(stats, {rarest})
    assert set(stats.kinds) == {rarest}


def test_the_least_of_too_many_pairs_go(stats, monkeypatch):
    monkeypatch.setattr(pruning, "MAX_PAIRS", 1000)
    pruning_ = Pruning(stats)
    know(stats, 100)
    numbers = list(stats.kinds)
    for n, a in enumerate(numbers):
        for b in numbers[n + 1 :]:
            stats.pairs.add(a, b, stats.weight * (1 + b), NOW, 300.0)
    assert len(stats.pairs) == 1100, "a full table takes nothing new in"
    sweep(pruning_)
    assert 800 <= len(stats.pairs) <= 1000
    kept = min(entry[0] for entry in stats.pairs.by_key.values())
    assert kept > stats.weight * (1 + numbers[1])


def test_habits_are_bounded_like_pairs(stats, monkeypatch):
    monkeypatch.setattr(pruning, "MAX_HABITS", 200)
    pruning_ = Pruning(stats)
    for key in range(500):
        stats.habits.add(key, stats.weight * (1 + key), 0.0)
    assert len(stats.habits) == 220
    sweep(pruning_)
    assert len(stats.habits) <= 200


def test_a_full_table_still_counts_what_it_knows(stats, monkeypatch):
    monkeypatch.setattr(pruning, "MAX_PAIRS", 1)
    Pruning(stats)
    stats.pairs.add(1, 2, 1.0, NOW, 300.0)
    stats.pairs.add(1, 3, 1.0, NOW, 300.0)
    stats.pairs.add(1, 2, 1.0, NOW + 301, 300.0)
    assert (stats.pairs.count(1, 2), stats.pairs.count(1, 3)) == (2.0, 0.0)


def test_no_alert_waits_for_a_sweep(stats):
    """A sweep over much is many small steps."""
    know(stats, 300)
    numbers = list(stats.kinds)
    for n, a in enumerate(numbers):
        for b in numbers[n + 1 :]:
            stats.pairs.add(a, b, stats.weight, NOW, 300.0)
    pruning_ = Pruning(stats)
    pruning_.step(set)
    stats.at(NOW + 1.1 * DAY)
    assert sweep(pruning_) > len(stats.pairs) // SLICE


def test_between_sweeps_nothing_is_done(stats):
    know(stats, 10)
    pruning_ = Pruning(stats)
    for hour in range(20):
        stats.at(NOW + hour * 3600.0)
        pruning_.step(lambda: pytest.fail("no sweep is due"))


def test_labels_and_values_that_are_made_anew_are_bounded():
    changes = Changes()
    volatility = Volatility(changes)
    for n in range(MAX_VALUES + 50):
        volatility.learn("Down", {"pod": f"pod-{n}"}, at=n)
    for n in range(MAX_LABELS + 50):
        volatility.learn("Down", {f"label{n}": "x"}, at=n)
    for n in range(MAX_HABITS + 50):
        volatility.learn(f"rule{n}", {"pod": "x"}, at=n)
    kept = [(table, key) for table, key in changes.take() if volatility.row(table, key) is not None]
    assert sum(table == "value" for table, _ in kept) <= MAX_VALUES + MAX_LABELS
    assert sum(table == "label_habit" for table, _ in kept) <= MAX_HABITS
