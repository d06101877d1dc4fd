"""A reason says only what is true, in words that need no second reading."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping import Basis, Call, Grouper, Settings
from grouping.cases import Told
from grouping.explain import sure, times
from grouping.relations import Calls, Relation
from grouping.settings import Bars
from tests.grouping.world import World


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_probability_below_a_bar_is_never_written_as_reaching_it(likely, bar):
    said, needed = (int(sure(p).split()[0]) for p in (likely, bar))
    assert 0 <= said <= 99
    assert likely >= bar or said <= needed


@pytest.mark.parametrize(
    ("likely", "words"), [(0.0, "0 % sure"), (0.29, "29 % sure"), (0.7499, "74 % sure"), (1.0, "99 % sure")]
)
def test_nothing_is_ever_quite_sure(likely, words):
    assert sure(likely) == words


@pytest.mark.parametrize(
    ("counted", "by_chance", "words"),
    [
        ("kinds", 0.0, "4 of 8 times lately, by chance almost never"),
        ("things", 0.63, "4 of 8 times lately, by chance 0.6"),
        ("habit", 12.4, "4 times lately, by chance 12"),
    ],
)
def test_what_was_seen_stands_beside_what_chance_would_give(counted, by_chance, words):
    told = Told(episode="1", counted=counted, together=4.0, of=8.0, by_chance=by_chance, probability=0.9)
    assert times(told) == words


@pytest.mark.parametrize("relation", Relation)
def test_each_way_two_things_stand_to_each_other_has_words_with_a_name(relation):
    said = relation.between("cart", "ledger")
    assert "cart" in said
    assert "{" not in said
    assert relation.words


def test_strangers_are_told_by_what_connects_their_things_with_both_names():
    world = World(Grouper(Settings(), Calls([("cart", "ledger")])))
    world.fire("Slow", "ledger", team="payments")
    assert "never seen together before, but cart calls ledger" in world.fire("Errors", "cart", at=4).reason


def test_a_caller_that_broke_first_is_told_the_other_way_round():
    world = World(Grouper(Settings(), Calls([("cart", "ledger")])))
    world.fire("Errors", "cart")
    assert "but cart calls ledger" in world.fire("Slow", "ledger", at=4, team="payments").reason


def test_what_came_together_once_is_not_said_to_be_never_seen():
    world = World()
    world.fire("Slow", "cart")
    world.fire("Errors", "cart", at=5)
    world.grouper.closed("i1")
    world.fire("Slow", "cart", at=90_000)
    again = world.fire("Errors", "cart", at=90_005)
    assert "hardly seen together before" in again.reason
    assert "never" not in again.reason


def _outage(world: World, at: float) -> list:
    first = world.page("DatabaseDown", "orders-db", at=at, team="data")
    second = world.page("Errors", "orders", at=at + 40, team="shop")
    third = world.page("QueueFull", "orders", at=at + 60, team="shop")
    for one in (first, second, third):
        world.grouper.closed(one.incident)
    return [first, second, third]


def test_a_team_whose_page_is_held_is_said_to_be_told_and_not_paged():
    world = World()
    for day in range(14):
        found = _outage(world, day * 86_400 * 1.3)
    assert [one.call for one in found] == [Call.PAGE, Call.HOLD, Call.NOTICE]
    assert found[1].reason.endswith("; shop is told, and paged unless data acknowledges")
    assert found[2].reason.endswith("; shop was told already")


def test_a_team_that_was_paged_is_said_to_be_paged():
    world = World()
    world.page("Errors", "cart")
    found = world.page("Slow", "cart", at=3)
    assert found.call is Call.NOTICE
    assert found.reason.endswith("; shop was paged already")


def test_a_reason_says_where_it_names_teams_so_that_people_read_their_names():
    world = World()
    for day in range(14):
        found = _outage(world, day * 86_400 * 1.3)
    assert [[team for _, team in one.teams] for one in found] == [[], ["shop", "data"], ["shop"]]
    for one in found:
        assert all(one.reason[at:].startswith(team) for at, team in one.teams)


def test_how_sure_it_is_and_by_how_many_alerts_stands_in_the_reason():
    world = World()
    world.fire("Slow", "cart")
    assert re.search(r"; \d\d % sure$", world.fire("Errors", "cart", at=3).reason)
    assert re.search(r"; \d\d % sure by this and 1 more alert$", world.fire("Full", "cart", at=5).reason)
    assert re.search(r"; \d\d % sure by this and 2 more alerts$", world.fire("Late", "cart", at=7).reason)


def test_why_it_did_not_join_says_what_was_needed():
    world = World()
    first = world.fire("Slow", "cart")
    other = world.fire("DiskFull", "backup", at=5, team="infra")
    assert other.incident != first.incident
    assert re.search(r"nothing known connects backup and cart; \d+ % sure, 75 % is needed$", other.near[0].sentence)


def test_an_alert_kept_apart_for_its_page_is_not_said_to_be_taken_by_another_incident():
    """The incident it was kept apart from is likely enough to join; what was too little is another measure."""
    world = World(Grouper(Settings(bars=Bars(same=0.9999))))
    first = world.page("Down", "cart")
    apart = world.page("Errors", "cart", at=5)
    assert (apart.basis, apart.forked_from) == (Basis.FORK, first.incident)
    (near,) = apart.near
    assert near.probability >= 0.75
    assert "took it" not in near.sentence
    assert near.sentence.endswith("by the alerts there that page, 99 % sure is needed")
    assert near.sentence in apart.reason


@pytest.mark.parametrize(
    ("lag", "words"),
    [(0, "at the same time as Slow of cart: "), (1, "1 s after Slow of cart: "), (400, "400 s after Slow of cart: ")],
)
def test_a_reason_begins_with_how_long_after_which_alert(lag, words):
    world = World()
    world.fire("Slow", "cart")
    assert world.fire("Errors", "cart", at=lag).reason.startswith(words)
