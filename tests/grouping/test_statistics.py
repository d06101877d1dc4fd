"""What is counted, and what the counts answer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping import neighbours
from grouping.counts import COMPANIONS
from grouping.decay import HALF_LIFE, WINDOW, observed_seconds, weight_at
from grouping.kinds import Kind
from grouping.learning import BASKET, learn
from grouping.relations import RELATIONS, Calls, Relation
from grouping.rows import Changes
from grouping.statistics import LAG_BINS, Statistics, habit_key, lag_bin

START = 1_772_000_000.0 // 86400 * 86400
DAY = 86400.0
HOUR = 3600.0


class Counted:
    """Statistics that are told of beginnings in order, as the grouper tells them."""

    def __init__(self, calls: Calls | None = None) -> None:
        self.changes = Changes()
        self.stats = Statistics(self.changes, calls or Calls())
        self.began: dict[int, float] = {}

    def begin(self, rule: str, thing: str, at: float, *, team: str = "", namespace: str = "", scope: str = "eu1"):
        self.stats.at(START + at)
        kind = self.stats.kind(Kind(rule, thing, scope), namespace, team)
        recent = {k: t for k, t in self.began.items() if t >= START + at - WINDOW}
        learn(self.stats, kind, START + at, recent)
        self.began.pop(kind.id, None)
        self.began[kind.id] = START + at
        return kind

    def reloaded(self) -> Statistics:
        again = Statistics(Changes(), self.stats.calls)
        tables: dict[str, list[tuple[str, str]]] = {}
        for table, key in self.changes.take():
            value = self.stats.row(table, key)
            if value is not None:
                tables.setdefault(table, []).append((key, value))
        again.load(tables)
        again.at(self.stats.now)
        return again


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_two_kinds_that_begin_within_five_minutes_are_counted_together_once(counted):
    a = counted.begin("Down", "db", 0)
    b = counted.begin("Errors", "shop", 60)
    counted.begin("Errors", "shop", 120)
    assert counted.stats.pair_count(a.id, b.id) == pytest.approx(1, rel=0.01)
    assert counted.stats.pair_count(b.id, a.id) == counted.stats.pair_count(a.id, b.id)
    assert counted.stats.tie_count(a.component, b.component) == pytest.approx(1, rel=0.01)


def test_what_begins_later_than_that_is_not(counted):
    a = counted.begin("Down", "db", 0)
    b = counted.begin("Errors", "shop", WINDOW + 1)
    assert counted.stats.pair_count(a.id, b.id) == 0


def test_a_count_is_half_after_a_half_life(counted):
    a = counted.begin("Down", "db", 0)
    b = counted.begin("Errors", "shop", 60)
    counted.stats.at(START + 60 + HALF_LIFE)
    assert counted.stats.pair_count(a.id, b.id) == pytest.approx(0.5, rel=0.01)


def test_a_kind_that_keeps_an_hour_is_expected_at_that_hour(counted):
    for day in range(20):
        night = counted.begin("Slow", "backup", day * DAY + 2 * HOUR)
        counted.begin("Errors", "shop", day * DAY + 14 * HOUR)
    counted.stats.at(START + 20 * DAY + 2 * HOUR)
    at_night = counted.stats.chance(night)
    counted.stats.at(START + 20 * DAY + 14 * HOUR)
    assert at_night > 3 * counted.stats.chance(night)


def test_a_frequent_kind_is_more_likely_by_chance_than_a_rare_one(counted):
    for hour in range(0, 24 * 20, 3):
        often = counted.begin("Slow", "shop", hour * HOUR)
    rare = counted.begin("Down", "db", 20 * DAY)
    assert counted.stats.chance(often) > 10 * counted.stats.chance(rare)
    assert 0 < counted.stats.chance(rare) < counted.stats.chance(often) < 1


def test_more_kinds_at_once_than_a_basket_holds_teach_nothing(counted):
    for n in range(BASKET + 20):
        counted.begin("Down", f"service{n}", n * 0.5)
    last = [k for k in counted.stats.kinds.values() if k.name[1] == f"service{BASKET + 19}"]
    assert [k.count for k in last] == [0.0]
    assert all(counted.stats.pair_count(last[0].id, k.id) == 0 for k in counted.stats.kinds.values())


def test_a_rule_that_follows_another_is_learned_beyond_what_the_same_hour_shows_by_chance(counted):
    for day in range(10):
        for n in range(3):
            at = day * DAY + n * 6 * HOUR + day * 1700
            counted.begin("Errors", f"s{n}", at)
            counted.begin("BudgetBurn", f"s{n}", at + 60)
    stats = counted.stats
    rule = stats.rules
    seen, by_chance = stats.habits.get(habit_key(rule["BudgetBurn"], rule["Errors"], Relation.SELF))
    assert seen / stats.weight > 20
    assert by_chance < seen / 10
    assert stats.terms(Relation.SELF).lift > 1


def test_two_rules_that_fire_at_noon_without_a_common_cause_are_explained_by_chance(counted):
    for day in range(30):
        counted.begin("Busy", "a", day * DAY + 12 * HOUR, team="x")
        counted.begin("Slow", "b", day * DAY + 12 * HOUR + 100, team="y")
    stats = counted.stats
    seen, by_chance = stats.habits.get(habit_key(stats.rules["Slow"], stats.rules["Busy"], int(Relation.FAR)))
    assert by_chance > 0.7 * seen


def test_each_of_three_days_before_has_a_third_of_the_say_in_what_chance_would_have_shown(counted):
    counted.begin("Boot", "a", 0, team="x")
    for day in (1, 2, 3):
        counted.begin(f"Busy{day}", "a", day * DAY + 12 * HOUR, team="x")
    counted.begin("Slow", "b", 4 * DAY + 12 * HOUR + 60, team="y")
    stats = counted.stats
    asked = [
        stats.habits.get(habit_key(stats.rules["Slow"], stats.rules[f"Busy{day}"], int(Relation.FAR)))
        for day in (1, 2, 3)
    ]
    assert asked == [[0.0, pytest.approx(stats.weight / 3)]] * 3


def test_the_catalog_says_how_two_things_stand_to_each_other():
    counted = Counted(Calls([("shop", "cart"), ("cart", "db"), ("pay", "db")]))
    shop, cart, db, pay, far = (
        counted.begin("Down", thing, 0, team=f"team-{thing}") for thing in ("shop", "cart", "db", "pay", "far")
    )
    relation = counted.stats.place
    assert relation(cart.component, shop.component) == Relation.CALLED_BY
    assert relation(shop.component, cart.component) == Relation.CALLS
    assert relation(cart.component, pay.component) == Relation.TWO_STEPS
    assert relation(far.component, db.component) == Relation.FAR


def test_a_place_says_whether_two_things_run_in_one_scope(counted):
    here = counted.begin("Down", "shop", 0)
    there = counted.begin("Down", "shop", 0, scope="us1")
    assert counted.stats.place(here.component, there.component) == Relation.SELF + RELATIONS


def test_a_thing_that_moves_to_another_team_stands_differently_from_then_on(counted):
    a = counted.begin("Down", "shop", 0, team="web")
    b = counted.begin("Down", "mail", 0, team="post")
    assert counted.stats.place(a.component, b.component) == Relation.FAR
    counted.begin("Down", "mail", DAY, team="web")
    assert counted.stats.place(a.component, b.component) == Relation.TEAM


def test_a_changed_catalog_holds_at_once(counted):
    a, b = counted.begin("Down", "shop", 0, team="x"), counted.begin("Down", "db", 0, team="y")
    assert counted.stats.place(a.component, b.component) == Relation.FAR
    counted.stats.know_calls(Calls([("shop", "db")]))
    assert counted.stats.place(a.component, b.component) == Relation.CALLS


BEGINNINGS = st.lists(
    st.tuples(
        st.sampled_from(["Down", "Slow", "Errors"]),
        st.sampled_from(["db", "shop", "cart", "mail"]),
        st.sampled_from(["eu1", "us1"]),
        st.floats(0, 4000),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(BEGINNINGS)
def test_a_restart_loses_no_count(beginnings):
    counted, at = Counted(Calls([("shop", "db")])), 0.0
    for rule, thing, scope, later in beginnings:
        at += later
        counted.begin(rule, thing, at, scope=scope)
    stats, again = counted.stats, counted.reloaded()
    for one in (stats, again):
        one.at(START + at + WINDOW)
    assert again.since == stats.since
    for a in stats.kinds.values():
        other = again.kinds[a.id]
        assert (other.name, other.count, other.last, other.hours) == (a.name, a.count, a.last, a.hours)
        assert again.chance(other) == stats.chance(a)
        for b in stats.kinds.values():
            assert again.pair_count(a.id, b.id) == stats.pair_count(a.id, b.id)
            assert again.tie_count(a.component, b.component) == stats.tie_count(a.component, b.component)
    for place in range(RELATIONS):
        assert again.terms(place) == stats.terms(place)
    assert again.arrived(0, math.inf) == stats.arrived(0, math.inf)


@settings(max_examples=60, deadline=None)
@given(BEGINNINGS)
def test_no_two_kinds_are_together_more_often_than_either_began(beginnings):
    counted, at = Counted(), 0.0
    for rule, thing, scope, later in beginnings:
        at += later
        counted.begin(rule, thing, at, scope=scope)
    stats = counted.stats
    for a in stats.kinds.values():
        assert 0 < stats.chance(a) < 1
        for b in stats.kinds.values():
            if a is not b:
                assert 0 <= stats.pair_count(a.id, b.id) <= (a.count + b.count) / stats.weight + 1e-9


def test_a_number_that_a_pair_still_names_is_given_to_nobody_else(counted):
    """A kind may be forgotten before its pairs are; after a restart in between its number must not come back."""
    a, b = counted.begin("Down", "db", 0), counted.begin("Errors", "shop", 60)
    counted.stats.drop_kinds({b.id})
    again = counted.reloaded()
    new = again.kind(Kind("Errors", "mail", "eu1"), "", "")
    assert again.pair_count(a.id, new.id) == 0
    assert new.id > b.id


def test_forgotten_rules_leave_no_row(counted):
    a = counted.begin("Down", "db", 0)
    counted.begin("Errors", "shop", 60)
    counted.stats.drop_kinds({a.id})
    assert set(counted.reloaded().rules) == {"Errors"}


@pytest.mark.parametrize(
    ("seconds", "bin_"), [(0, 0), (14.9, 0), (15, 1), (299, 4), (600, len(LAG_BINS)), (1e6, len(LAG_BINS))]
)
def test_lags_fall_into_bins(seconds, bin_):
    assert lag_bin(seconds) == bin_


@given(st.floats(0, 3000 * DAY))
def test_weights_keep_their_order_for_years(at):
    assert weight_at(START + at + DAY) > weight_at(START + at) > 0
    assert observed_seconds(START, START + at) <= HALF_LIFE / math.log(2)


CATALOG = Calls([("shop", "cart"), ("cart", "db"), ("mail", "relay")])


@settings(max_examples=60, deadline=None)
@given(BEGINNINGS)
def test_near_an_hour_later_are_the_thing_its_neighbours_where_it_runs_and_whom_it_often_began_with(beginnings):
    counted, at = Counted(CATALOG), 0.0
    for rule, thing, scope, later in beginnings:
        at += later
        counted.begin(rule, thing, at, scope=scope)
    for stats in (counted.stats, counted.reloaded()):
        everything = stats.components.keys()
        for a in stats.components.values():
            expected = set()
            for b in stats.components.values():
                is_neighbour = a.scope == b.scope and CATALOG.relation(a.thing, b.thing) <= Relation.TWO_STEPS
                is_companion = a.thing != b.thing and stats.tie_count(a.id, b.id) >= COMPANIONS
                if is_neighbour or is_companion:
                    expected.add(b.id)
            assert stats.near(a.id, everything) == expected
            assert stats.near(a.id, expected - {a.id}) == expected - {a.id}
            assert stats.near(a.id, set()) == set()


def test_within_two_steps_are_a_things_neighbours_and_theirs():
    calls = Calls([*((f"s{i}", "db") for i in range(3)), ("db", "disk"), ("disk", "rack")])
    assert calls.within_two("db") == {"db", "s0", "s1", "s2", "disk", "rack"}
    assert calls.within_two("s1") == {"s0", "s1", "s2", "db", "disk"}
    assert calls.within_two("far") == {"far"}


@pytest.mark.parametrize("most", [0, 3, 1000])
def test_who_is_near_stays_true_while_things_come_and_go(monkeypatch, most):
    """However few neighbours may be kept at hand."""
    monkeypatch.setattr(neighbours, "MOST", most)
    counted = Counted(CATALOG)
    stats = counted.stats
    cart = counted.begin("Down", "cart", 0)
    assert stats.near(cart.component, stats.components.keys()) == {cart.component}
    db, elsewhere = counted.begin("Down", "db", 700), counted.begin("Down", "db", 1400, scope="b")
    assert stats.near(cart.component, stats.components.keys()) == {cart.component, db.component}
    stats.drop_kinds({db.id})
    assert stats.near(cart.component, {cart.component, db.component}) == {cart.component}
    back = counted.begin("Down", "db", 2100)
    assert stats.near(cart.component, stats.components.keys()) == {cart.component, back.component}
    assert stats.near(elsewhere.component, stats.components.keys()) == {elsewhere.component}
    stats.know_calls(Calls())
    assert stats.near(cart.component, stats.components.keys()) == {cart.component}


def test_companions_that_fade_are_near_no_longer(counted):
    for day in range(3):
        a, b = counted.begin("Down", "shop", day * DAY), counted.begin("Down", "mail", day * DAY + 60)
    stats = counted.stats
    assert stats.near(a.component, {b.component}) == {b.component}
    stats.at(START + 90 * DAY)
    assert stats.near(a.component, {b.component}) == set()
    stats.at(START + 3 * DAY)
    first, second = sorted((a.component, b.component))
    stats.ties.drop(first << 32 | second)
    assert stats.near(a.component, {b.component}) == set()


def test_a_forgotten_kind_is_near_nothing(counted):
    a, b = counted.begin("Down", "shop", 0), counted.begin("Slow", "shop", 700)
    stats = counted.stats
    windows = [(START, START + 800)]
    assert [[k.id for k in near] for near in stats.arrived_near(a.component, windows, 10)] == [[a.id, b.id]]
    stats.drop_kinds({b.id})
    assert [[k.id for k in near] for near in stats.arrived_near(a.component, windows, 10)] == [[a.id]]


def test_where_too_much_began_nothing_is_said_about_who_was_near(counted):
    a = counted.begin("Down", "shop", 0)
    b = counted.begin("Slow", "shop", 60)
    counted.begin("Late", "shop", 61)
    windows = [(START, START + 10), (START + 50, START + 70), (START + 100, START + 200)]
    assert counted.stats.arrived_near(a.component, windows, 1) == [[a], None, []]
    assert counted.stats.arrived_near(a.component, [(START + 50, START + 60)], 1) == [[b]]


def test_places_are_told_anew_when_too_many_are_kept(counted, monkeypatch):
    monkeypatch.setattr("grouping.positions.MOST", 1)
    a, b = counted.begin("Down", "shop", 0), counted.begin("Down", "mail", 0)
    stats = counted.stats
    there_and_back = [(a.component, b.component), (b.component, a.component), (a.component, a.component)]
    first = [stats.place(*pair) for pair in there_and_back]
    assert [stats.place(*pair) for pair in there_and_back] == first
    assert first == [Relation.FAR, Relation.FAR, Relation.SELF]
